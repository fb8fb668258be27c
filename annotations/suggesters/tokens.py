"""Where the words of a text begin and end, by the rules that the pipelines use.

Edges move by these tokens, so a mention that was corrected by key always fits the tokens
of the exported training data.
"""

import re
from functools import cache
from threading import Lock
from typing import Final

import spacy
from spacy.language import Language
from spacy.tokens import Doc

_lock = Lock()
#: The language of a code. spaCy imports a module of that name, so nothing else may get there.
_CODE: Final = re.compile(r"[A-Za-z]{2,3}(?=[-_]|\Z)")
#: spaCy's code for rules that no language has to itself.
_NEUTRAL: Final = "xx"


def tokenize(text: str, language: str = "en") -> list[tuple[int, int]]:
    """The tokens as sorted, disjoint ``(start, end)`` in code points, without white space ones.

    ``language`` is a code with or without a region (``en``, ``en-GB``). Languages that spaCy
    doesn't know are cut by its language-neutral rules.
    """
    code = _CODE.match(language)
    # The tokenizer fills a cache of its own while it works; threads take turns.
    with _lock:
        doc = _blank(code[0].lower() if code else _NEUTRAL).make_doc(text)
    return token_spans(doc)


def token_spans(doc: Doc) -> list[tuple[int, int]]:
    """The tokens of a parsed text, as `tokenize` gives them."""
    # As arrays: an object for each token takes as long as the tokenizer itself.
    length, spacy_after, is_space = doc.to_array(["LENGTH", "SPACY", "IS_SPACE"]).astype(int).T
    ends = (length + spacy_after).cumsum() - spacy_after
    shown = is_space == 0
    return list(zip((ends - length)[shown].tolist(), ends[shown].tolist(), strict=True))


@cache
def _blank(code: str) -> Language:
    try:
        nlp = spacy.blank(code)
    except ImportError:  # spaCy's own word for "no such language", or one with missing parts
        return _blank(_NEUTRAL)
    # The limit guards the parser's memory; the tokenizer alone needs none.
    nlp.max_length = 10_000_000
    return nlp
