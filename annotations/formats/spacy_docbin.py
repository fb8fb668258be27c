"""spaCy's binary corpus: what ``spacy train`` reads.

Source: https://spacy.io/api/data-formats#binary-training and https://spacy.io/api/docbin.

The text is split by the blank tokenizer of its language at export, since that is how a
pipeline will see it when it is trained; ``doc.text`` is exactly the article's text. In each doc
``spans["mentions"]`` holds every mention that lies on token edges, ``ents`` those of them that
do not overlap (`annotations.domain.alignment.flatten`), ``spans["zones"]`` the zones, widened
to whole tokens, and ``user_data`` the article's id, title and metadata.

A folder holds ``train.spacy``, ``dev.spacy``, ``test.spacy``, a ``config.cfg`` that trains a
named-entity recognizer on a CPU, and a ``README.txt``.

A file is zlib around MessagePack. It is read without spaCy's own reader: that keeps pointers into
a doc as the file has them, and its MessagePack builds NumPy objects. The arrays are taken as
plain numbers, the pointers are checked, nothing is unpickled, and what unpacking may take is
limited. Read are the text, the entities or one span group, and zones; from ``user_data`` only
what the writer below has put there, which it proves by the digest of the text. Categories, parts
of speech, dependencies and links to a knowledge base are left out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from annotations.domain.alignment import Aligned, Fit, align, flatten
from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
    Unplaced,
    is_plain,
    sha256_of,
)
from annotations.domain.mentions import MentionState
from annotations.domain.splits import PARTS, part_of
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan, cover
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._dates import day_of
from annotations.formats.base import (
    SUGGESTIONS_LAYER,
    UNNAMED,
    Fidelity,
    FormatError,
    Misfit,
    Option,
    Source,
    WriteReport,
    why_no_example,
)
from annotations.formats.decoding import MAX_ARTICLE_CHARACTERS
from annotations.formats.placing import Claim, Placement, Units, place

# Loading spaCy takes seconds: the export page, which asks each format for its title, must not
# wait for it. Whoever writes the format does.
if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, DocBin

#: spaCy's language class for "any language".
ANY_LANGUAGE: Final = "xx"
#: The token attributes that are stored beside the words: entities, and nothing guessed.
_ATTRIBUTES: Final = ("ENT_IOB", "ENT_TYPE")
_LANGUAGE_CODE: Final = re.compile(r"[a-z]{2,3}")

_README: Final = """\
Training data for spaCy 3
=========================

{counts}

Train a named-entity recognizer, in this folder:

    python -m spacy train config.cfg --output model --paths.train train.spacy --paths.dev dev.spacy

Measure it on articles that it has never seen:

    python -m spacy evaluate model/model-best test.spacy

Reading
-------
    import spacy
    from spacy.tokens import DocBin
    docs = DocBin().from_disk("train.spacy").get_docs(spacy.blank("{language}").vocab)

doc.ents               mentions that do not overlap; of overlapping ones the longest
doc.spans["mentions"]  all mentions
doc.spans["zones"]     headline, dateline, paragraph and so on, widened to whole tokens
doc.user_data          article_id, text_sha256, title, status, layer and the metadata

Split
-----
{split}
{notes}"""

_SPLIT_BY_DIGEST: Final = """\
By article, without a random seed: the first eight hexadecimal digits of the SHA-256 of the
text, modulo 10, put an article into train (0 to 7), dev (8) or test (9). It stays there when
the corpus grows. Where that leaves a part empty, it takes from the largest other part the
article with the smallest SHA-256; where there are fewer than three articles, train comes
first, then dev. Articles without any text are in train."""

_SPLIT_BY_CORPUS: Final = """\
By article, as the corpus lays down, and the same in every format. An article that it says
nothing of goes by the first eight hexadecimal digits of the SHA-256 of its text, modulo 10:
train (0 to 7), dev (8) or test (9). A part may be empty."""


#: The most that a file may hold once it is unpacked, in bytes: about ten million tokens with the
#: attributes that are written here, two million with all that spaCy has.
MAX_UNPACKED_BYTES: Final = 256_000_000
#: How many values may stand in the lists and maps of one message. Each takes up to 100 bytes of
#: memory, though it may be a single byte in the file.
_MAX_VALUES: Final = 4_000_000

#: Span groups that hold the names where nobody has chosen: ours, then spaCy's usual one.
_USUAL_KEYS: Final = ("mentions", "sc")
_ZONES_KEY: Final = "zones"
#: The value of the option that stands for ``doc.ents``.
_ENTS: Final = "doc.ents"
#: What the writer puts into ``user_data`` beside the metadata.
_USER_DATA_KEYS: Final = frozenset({
    "article_id", "text_sha256", "title", "published_on", "language", "status", "layer",
    "source", "byline", "url",
})  # fmt: skip
#: A span of a group as spaCy packs it: id, link, label, first token, end, first character, end.
_SPAN: Final = struct.Struct(">QQQllll")
#: Values of ENT_IOB; 0 means that nothing is known of the token.
_INSIDE, _OUTSIDE, _BEGINNING = 1, 2, 3


class Reader(base.Reader):
    """Reads the articles of one ``.spacy`` file."""

    title: ClassVar[str] = "spaCy training data (DocBin)"
    suffixes: ClassVar[tuple[str, ...]] = (".spacy",)
    companions: ClassVar[tuple[str, ...]] = ("config.cfg", "README.txt")
    is_binary: ClassVar[bool] = True
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the two bytes that zlib starts with (RFC 1950)."""
        head = source.data[:2]
        return len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head) % 31 == 0

    def options(self, source: Source) -> tuple[Option, ...]:
        """Which span group holds the names, or ``doc.ents``."""
        try:
            packed = _opened(source)
            keys = _keys(packed)
        except FormatError:
            return ()
        choices = ((_ENTS, "Entities (doc.ents)"), *((key, f"Span group “{key}”") for key in keys))
        return (Option("spans_key", "Names", _guessed_key(keys), choices),)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft a doc.

        Raises FormatError for what is no DocBin, and for one that is too large or damaged.
        """
        packed = _opened(source)
        key = source.options.get("spans_key") or _guessed_key(_keys(packed))
        first = 0
        for index, length in enumerate(packed.lengths):
            name = f"{source.name}, article {index + 1},"
            try:
                doc = _doc(packed, index, first, length, name)
                yield _draft(doc, _names(doc, key), key, source)
            except (KeyError, struct.error):
                raise _damaged(name) from None
            first += length


@dataclass(frozen=True, slots=True)
class _Packed:
    """A DocBin with its parts checked for their types and their number."""

    name: str
    #: Token after token the values of all attributes, which are called by spaCy's numbers.
    values: memoryview[int]
    attributes: Sequence[object]
    spaces: bytes
    lengths: Sequence[int]
    #: The string of a number; KeyError for a number that has none.
    string: Callable[[int], str]
    span_groups: Sequence[object]
    user_data: Sequence[object]
    flags: Sequence[object]


@dataclass(frozen=True, slots=True)
class _Doc:
    """One doc: its text, where its tokens are, and what is said of them.

    ``marks`` and ``labels`` are ENT_IOB and ENT_TYPE, None where the file says nothing of
    entities; ``groups`` are span groups, still packed; ``string`` is that of `_Packed`.
    """

    name: str
    text: str
    tokens: Sequence[tuple[int, int]]
    marks: Sequence[int] | None
    labels: Sequence[int] | None
    groups: Mapping[str, bytes]
    user_data: Mapping[object, object]
    has_spaces: bool
    string: Callable[[int], str]


def _opened(source: Source) -> _Packed:
    from spacy.attrs import ORTH  # type: ignore[import-not-found]
    from spacy.strings import StringStore

    name = source.name
    message = _message(_inflated(source.data, name), name)
    if not isinstance(message, dict):
        raise _damaged(name)
    attributes = _list(message.get("attrs"))
    strings = [one for one in _list(message.get("strings")) if isinstance(one, str)]
    try:
        tokens = memoryview(message["tokens"]).cast("Q")
        spaces = bytes(memoryview(message["spaces"]))
        lengths = memoryview(message["lengths"]).cast("i").tolist()
        string = StringStore(strings).__getitem__
    except (KeyError, TypeError):
        raise _damaged(name) from None
    is_whole = (
        ORTH in attributes
        and all(type(one) is int for one in attributes)
        and all(length >= 0 for length in lengths)
        and len(tokens) == len(spaces) * len(attributes)
        and len(spaces) == sum(lengths)
    )
    if not is_whole:
        raise _damaged(name)
    return _Packed(
        name,
        tokens,
        attributes,
        spaces,
        lengths,
        string,
        *(_list(message.get(part)) for part in ("span_groups", "user_data", "flags")),
    )


def _inflated(data: bytes, name: str) -> bytes:
    """What zlib holds, of which no more than the limit is ever unpacked."""
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(data, MAX_UNPACKED_BYTES)
    except zlib.error:
        raise _damaged(name) from None
    if inflater.unconsumed_tail:
        raise FormatError(
            f"{name} holds more than {MAX_UNPACKED_BYTES // 1_000_000} MB once it is unpacked. "
            "Split it."
        )
    if not inflater.eof:
        raise _damaged(name)
    return raw


def _damaged(name: str) -> FormatError:
    return FormatError(f"{name} is no DocBin of spaCy 3, or it is damaged.")


def _message(data: bytes, name: str, *, hashable: bool = False) -> object:
    """What MessagePack holds; ``hashable`` makes its lists tuples, which may be keys."""
    from srsly import msgpack  # type: ignore[import-untyped]

    left = _MAX_VALUES

    def spend[Values: (list[object], tuple[object, ...])](values: Values) -> Values:
        nonlocal left
        left -= len(values) + 1
        if left < 0:
            raise ValueError("too many values")
        return values

    try:
        return msgpack.unpackb(
            data,
            raw=False,
            use_list=not hashable,
            # With a hook for pairs none is called that builds NumPy arrays.
            object_pairs_hook=lambda pairs: dict(spend(pairs)),
            list_hook=spend,
            max_array_len=_MAX_VALUES,
            max_map_len=_MAX_VALUES,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException):
        raise _damaged(name) from None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _keys(packed: _Packed) -> list[str]:
    """The names of all span groups in the file but that of the zones, sorted."""
    keys = {key for data in packed.span_groups for key in _groups(data, packed.name)}
    return sorted(keys - {_ZONES_KEY})


def _guessed_key(keys: Iterable[str]) -> str:
    return next((key for key in _USUAL_KEYS if key in set(keys)), _ENTS)


def _groups(data: object, name: str) -> dict[str, bytes]:
    """The span groups of one doc by their keys, still packed.

    They are a map of each group to its keys; early versions of spaCy 3 have a list of groups, whose
    names are their keys.
    """
    message = _message(data, name) if isinstance(data, bytes) and data else {}
    if isinstance(message, list):
        packed = [one for one in message if isinstance(one, bytes)]
        return {str(_group(one, name).get("name")): one for one in packed}
    if not isinstance(message, dict):
        raise _damaged(name)
    return {
        key: one
        for one, keys in message.items()
        if isinstance(one, bytes)
        for key in _list(keys)
        if isinstance(key, str)
    }


def _group(packed: bytes, name: str) -> dict[object, object]:
    group = _message(packed, name)
    if not isinstance(group, dict):
        raise _damaged(name)
    return group


def _doc(packed: _Packed, index: int, first: int, length: int, name: str) -> _Doc:
    """The doc at ``index``, whose ``length`` tokens begin with the one numbered ``first``."""
    from spacy.attrs import ENT_IOB, ENT_TYPE, ORTH

    def column(attribute: int) -> list[int] | None:
        if attribute not in packed.attributes:
            return None
        width = len(packed.attributes)
        start = first * width + packed.attributes.index(attribute)
        return packed.values[start : (first + length) * width : width].tolist()

    if length > MAX_ARTICLE_CHARACTERS:
        raise _too_long(name)
    words = [packed.string(number) for number in column(ORTH) or ()]
    flags = packed.flags[index] if index < len(packed.flags) else {}
    has_spaces = not (isinstance(flags, dict) and flags.get("has_unknown_spaces"))
    spaces = packed.spaces[first : first + length] if has_spaces else bytes([1]) * length
    pairs = list(zip(words, spaces, strict=True))
    starts = [0, *accumulate(len(word) + bool(space) for word, space in pairs)]
    # Before the words are joined: each may be long and come again and again.
    if starts[-1] > MAX_ARTICLE_CHARACTERS:
        raise _too_long(name)
    return _Doc(
        name,
        "".join([f"{word} " if space else word for word, space in pairs]),
        [(start, start + len(word)) for start, word in zip(starts, words, strict=False)],
        column(ENT_IOB),
        column(ENT_TYPE),
        _groups(packed.span_groups[index], name) if index < len(packed.span_groups) else {},
        _facts(packed.user_data[index]) if index < len(packed.user_data) else {},
        has_spaces,
        packed.string,
    )


def _too_long(name: str) -> FormatError:
    return FormatError(
        f"{name} has more than {MAX_ARTICLE_CHARACTERS:,} characters, the limit for one article. "
        "Split it into articles."
    )


def _names(doc: _Doc, key: str) -> list[Claim | Unplaced]:
    return list(_entities(doc) if key == _ENTS else _spans(doc, key))


def _entities(doc: _Doc) -> Iterator[Claim]:
    """The entities of ``doc.ents``: each goes on from its first token while the mark is I."""
    if doc.marks is None or doc.labels is None:
        return
    begun: int | None = None
    for index, mark in enumerate([*doc.marks, _OUTSIDE]):
        if mark > _BEGINNING or (mark == _INSIDE and begun is None):
            raise FormatError(f"{doc.name} has an entity that goes on without having begun.")
        if mark == _INSIDE:
            continue
        if begun is not None:
            label = doc.string(doc.labels[begun])
            yield Claim(doc.tokens[begun][0], doc.tokens[index - 1][1], label)
        begun = index if mark == _BEGINNING and doc.labels[index] else None


def _spans(doc: _Doc, key: str) -> Iterator[Claim | Unplaced]:
    """The spans of a group; each says twice where it is, by its tokens and by its characters."""
    packed = _group(doc.groups[key], doc.name).get("spans") if key in doc.groups else []
    for one in _list(packed):
        _, _, number, first, last, start, end = _SPAN.unpack(one if isinstance(one, bytes) else b"")
        label = doc.string(number)
        has_tokens = 0 <= first < last <= len(doc.tokens)
        if has_tokens and (start, end) == (doc.tokens[first][0], doc.tokens[last - 1][1]):
            yield Claim(start, end, label)
        else:
            yield Unplaced(start, end, label, "", "its tokens and its characters do not agree")


def _facts(packed: object) -> Mapping[object, object]:
    """``user_data`` as it is; nothing where it cannot be read, as no article depends on it."""
    if not isinstance(packed, bytes):
        return {}
    try:
        data = _message(packed, "", hashable=True)
    except FormatError:
        return {}
    return data if isinstance(data, dict) else {}


def _draft(doc: _Doc, names: Iterable[Claim | Unplaced], key: str, source: Source) -> ArticleDraft:
    is_ours = doc.user_data.get("text_sha256") == sha256_of(doc.text)
    facts = doc.user_data if is_ours else {}
    layer = _string(facts, "layer")
    state = MentionState.SUGGESTED if layer == SUGGESTIONS_LAYER else MentionState.ADDED
    claims = [
        Claim(one.start, one.end, normalise(one.label).text, state=state)
        for one in names
        if isinstance(one, Claim)
    ]
    placed = place(doc.text, claims, units=Units.CODE_POINTS)
    title = _string(facts, "title")
    return ArticleDraft(
        text=placed.text,
        metadata=Metadata(
            title=title,
            source=_string(facts, "source"),
            byline=_string(facts, "byline"),
            url=_string(facts, "url"),
            published_on=day_of(_string(facts, "published_on")),
            language=_string(facts, "language") or source.language,
        ),
        zones=_zones(doc, placed, title),
        mentions=placed.mentions,
        unplaced=(*placed.unplaced, *(one for one in names if isinstance(one, Unplaced))),
        status=_status(facts, placed),
        layer=layer,
        changes=placed.changes,
        notes=(*placed.notes, *_notes(doc, key)),
        number=_number(facts),
        extra={
            name: value
            for name, value in facts.items()
            if isinstance(name, str) and name not in _USER_DATA_KEYS and is_plain(value)
        },
    )


def _string(facts: Mapping[object, object], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) and "\0" not in value else ""


def _number(facts: Mapping[object, object]) -> int | None:
    number = facts.get("article_id")
    return number if type(number) is int and 0 < number < 2**63 else None


def _status(facts: Mapping[object, object], placed: Placement) -> ReviewStatus:
    """As our writer says, else open where somebody has marked something."""
    status = facts.get("status")
    if isinstance(status, str) and status in set(ReviewStatus):
        return ReviewStatus(status)
    return ReviewStatus.OPEN if placed.mentions else ReviewStatus.UNREVIEWED


def _notes(doc: _Doc, key: str) -> Iterator[str]:
    if not doc.has_spaces:
        yield "The file does not say where spaces were: one was put after every token."
    if key == _ENTS and (doc.marks is None or doc.labels is None):
        yield "The file says nothing of entities."


def _zones(doc: _Doc, placed: Placement, title: str) -> tuple[ZonedSpan, ...]:
    """The zones of the doc, or those found in the text where they don't cover it."""
    zones = tuple(
        ZonedSpan(one.start, one.end, Zone(one.label))
        for one in _spans(doc, _ZONES_KEY)
        if isinstance(one, Claim) and one.label in set(Zone)
    )
    if zones and placed.text == doc.text and cover(zones, doc.text):
        return zones
    return find_zones(placed.text, headline=title)


class Writer(base.Writer):
    """Writes a folder ready for ``spacy train``, or one ``.spacy`` file if the target is named so.

    The format puts a table of all strings and the length of every doc at its end, so the
    tokens of the whole corpus are held in memory until then: about 24 bytes per token.
    """

    name: ClassVar[str] = "spacy"
    title: ClassVar[str] = "spaCy training data (DocBin)"
    suffix: ClassVar[str] = ""
    uses_tokens: ClassVar[bool] = False
    file_suffixes: ClassVar[tuple[str, ...]] = (".spacy",)
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=False,
        losses=(
            "Mentions that begin or end inside a token of spaCy's are left out.",
            "Where mentions overlap, doc.ents has the longest; all are in doc.spans.",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Scores and the state of each mention are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`)."""
        report = WriteReport()
        tokenizers = _Tokenizers()
        samples: list[_Sample] = []
        overlapped = 0
        with _encoders_looked_up_once():
            for article in articles:
                reason = why_no_example(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                doc, aligned, flat = _annotated(article, tokenizers.tokenize(article))
                overlapped += len(aligned.fits) - len(flat.fits)
                report.articles += 1
                report.mentions_in += len(article.mentions)
                report.mentions_out += len(aligned.fits)
                report.misfits += [Misfit.of(article, *misfit) for misfit in aligned.misfits]
                part = corpus.part_of(article) if corpus.splits else ""
                samples.append(_Sample(article.text_sha256, len(doc) > 0, _bin([doc]), part))
        report.notes += tokenizers.notes
        if overlapped:
            report.notes.append(
                f"{overlapped} mentions overlap a longer one: they are in "
                'doc.spans["mentions"], not in doc.ents.'
            )
        if target.suffix == ".spacy":
            _merged(samples).to_disk(target)
            report.files = [target.name]
        else:
            _write_folder(samples, tokenizers.commonest, target, report)
        return report


@contextmanager
def _encoders_looked_up_once() -> Iterator[None]:
    """MessagePack's encoders are what they were at the beginning, until the block is left.

    srsly, which spaCy packs with, looks for them among all that is installed at every value, four
    times a doc: that took as long as everything else that is written.
    """
    from srsly.msgpack import msgpack_encoders  # type: ignore[import-untyped]

    known = msgpack_encoders.get_all()
    msgpack_encoders.get_all = lambda: known
    try:
        yield
    finally:
        # Another export, in another thread, may have taken it away already.
        vars(msgpack_encoders).pop("get_all", None)


class _Sample(NamedTuple):
    """One article ready to be written; spaCy skips those without tokens when it trains.

    ``part`` is that of `PARTS` which the corpus lays down, "" where it lays down none.
    """

    digest: str
    has_tokens: bool
    packed: DocBin
    part: str


class _Tokenizers:
    """Blank pipelines by language, loaded once, with what had to be replaced."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._by_language: dict[str, Language] = {}
        self._uses: Counter[str] = Counter()

    @property
    def commonest(self) -> str:
        """spaCy's code of the language that most articles were split with."""
        return max(self._uses, key=lambda code: (self._uses[code], code), default=ANY_LANGUAGE)

    def tokenize(self, article: AnnotatedArticle) -> Doc:
        """The article as a doc whose text is exactly the article's."""
        nlp = self._pipeline(article.language)
        # Not nlp.make_doc: its limit of a million characters is for parsers, not tokenizers.
        doc = nlp.tokenizer(article.text)
        if not _is_faithful(nlp, doc, article.text):
            self.notes.append(
                f"Article {article.id}: the tokenizer for “{article.language}” changes the text; "
                "it was split by the one for any language."
            )
            nlp = self._pipeline(ANY_LANGUAGE)
            doc = nlp.tokenizer(article.text)
        self._uses[nlp.meta["lang"]] += 1
        return doc

    def _pipeline(self, language: str) -> Language:
        if language not in self._by_language:
            self._by_language[language] = self._load(language)
        return self._by_language[language]

    def _load(self, language: str) -> Language:
        """A blank pipeline for a BCP 47 tag; the one for any language where there is none."""
        import spacy

        code = re.split("[-_]", language)[0].lower()
        # spaCy imports the code as a module's name: nothing but a code may reach it.
        if _LANGUAGE_CODE.fullmatch(code):
            try:
                return spacy.blank(code)
            except ImportError:  # unknown, or its tokenizer needs a package that isn't here
                pass
        self.notes.append(
            f"spaCy has no tokenizer here for “{language}”; the one for any language was used."
        )
        return spacy.blank(ANY_LANGUAGE)


def _is_faithful(nlp: Language, doc: Doc, text: str) -> bool:
    """True when a doc's text is the text; spaCy's own tokenizer only ever cuts."""
    return type(nlp.tokenizer).__module__ == "spacy.tokenizer" or doc.text == text


def split(digests: Sequence[str]) -> list[str]:
    """The part of `PARTS` for each article, by the SHA-256 of its text; 80, 10 and 10 %.

    An article's part does not depend on the others, so that what was a test article once stays
    one, except that no part stays empty where there are three articles or more.
    """
    parts = [part_of(digest) for digest in digests]
    for rank, part in enumerate(PARTS):
        sizes = Counter(parts)
        # A part that was filled before gives away all but its last article.
        donors = [other for other in PARTS if sizes[other] > (other in PARTS[:rank])]
        if part not in sizes and donors:
            donor = max(donors, key=lambda other: sizes[other])
            moved = min(
                (index for index, other in enumerate(parts) if other == donor),
                key=lambda index: digests[index],
            )
            parts[moved] = part
    return parts


def _annotated(article: AnnotatedArticle, doc: Doc) -> tuple[Doc, Aligned, Aligned]:
    """The doc with everything on it, the alignment, and the flat one that is in ``doc.ents``."""
    from spacy.tokens import Span

    # Mentions are aligned with the tokens that hold more than white space: an entity with
    # white space at its edge is an error for spaCy's own checks.
    # As arrays: objects for all tokens take longer than the tokenizer itself.
    length, space_after, is_space = doc.to_array(["LENGTH", "SPACY", "IS_SPACE"]).astype(int).T
    ends = (length + space_after).cumsum() - space_after
    shown = is_space == 0
    places = shown.nonzero()[0].tolist()
    tokens = list(zip((ends - length)[shown].tolist(), ends[shown].tolist(), strict=True))
    aligned = align(article.mentions, tokens)
    flat = flatten(aligned)

    def spans(fits: Iterable[Fit]) -> list[Span]:
        return [
            Span(doc, places[first], places[last - 1] + 1, label=mention.label)
            for mention, first, last in fits
        ]

    # Also where the list is empty: it says "no names here" instead of "not known".
    doc.set_ents(spans(flat.fits), default="outside")
    doc.spans["mentions"] = spans(aligned.fits)
    zones = [
        doc.char_span(zone.start, zone.end, label=zone.zone.value, alignment_mode="expand")
        for zone in article.zones
    ]
    doc.spans["zones"] = [zone for zone in zones if zone is not None]
    doc.user_data.update(_user_data(article))
    return doc, aligned, flat


def _user_data(article: AnnotatedArticle) -> dict[str, object]:
    return {
        **article.meta,
        "article_id": article.id,
        "text_sha256": article.text_sha256,
        "title": article.title,
        "published_on": article.meta.get("published_on"),
        "language": article.language,
        "status": article.status.value,
        "layer": article.layer,
    }


def _bin(docs: Iterable[Doc]) -> DocBin:
    from spacy.tokens import DocBin

    return DocBin(attrs=_ATTRIBUTES, store_user_data=True, docs=docs)


def _merged(samples: Iterable[_Sample]) -> DocBin:
    whole = _bin([])
    for sample in samples:
        whole.merge(sample.packed)
    return whole


def _parts(samples: Sequence[_Sample]) -> list[str]:
    """As the corpus lays down, or as `split`.

    In the latter what has no tokens is in train, so that no other part holds only that.
    """
    if any(sample.part for sample in samples):
        return [sample.part for sample in samples]
    parts = iter(split([sample.digest for sample in samples if sample.has_tokens]))
    return [next(parts) if sample.has_tokens else "train" for sample in samples]


@cache
def _config(language: str) -> str:
    """spaCy's own recommendation for training on the folder; making it takes 0.3 s."""
    from spacy.cli.init_config import init_config

    config = init_config(lang=language, pipeline=["ner"], optimize="efficiency", gpu=False)
    config["paths"].update(train="train.spacy", dev="dev.spacy")
    return str(config.to_str())


def _write_folder(
    samples: Sequence[_Sample], language: str, folder: Path, report: WriteReport
) -> None:
    folder.mkdir(exist_ok=True)
    parts = _parts(samples)
    sizes = Counter(parts)
    is_laid_down = any(sample.part for sample in samples)
    if not sizes["dev"]:
        report.notes.append(
            "The corpus has no article in dev, which spaCy needs to train."
            if is_laid_down
            else "spaCy needs at least two articles to train: one to learn, one to check."
        )
    for name in PARTS:
        chosen = (sample for sample, part in zip(samples, parts, strict=True) if part == name)
        _merged(chosen).to_disk(folder / f"{name}.spacy")

    config = _config(language)
    (folder / "config.cfg").write_text(config, encoding="utf-8", newline="\n")
    counts = "\n".join(f"Articles in {name}.spacy: {sizes[name]}" for name in PARTS)
    notes = "".join(f"- {note}\n" for note in report.notes)
    readme = _README.format(
        counts=counts,
        language=language,
        split=_SPLIT_BY_CORPUS if is_laid_down else _SPLIT_BY_DIGEST,
        notes=notes and f"\nNotes\n-----\n{notes}",
    )
    (folder / "README.txt").write_text(readme, encoding="utf-8", newline="\n")
    report.files = sorted([*(f"{name}.spacy" for name in PARTS), "config.cfg", "README.txt"])
