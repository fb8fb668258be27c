"""spaCy's binary corpus: what ``spacy train`` reads.

Source: https://spacy.io/api/data-formats#binary-training and https://spacy.io/api/docbin.

The text is split by the blank tokenizer of its language at export, since that is how a
pipeline will see it when it is trained; ``doc.text`` is exactly the article's text. In each doc
``spans["mentions"]`` holds every mention that lies on token edges, ``ents`` those of them that
do not overlap (`annotations.domain.alignment.flatten`), ``spans["zones"]`` the zones, widened
to whole tokens, and ``user_data`` the article's id, title and metadata.

A folder holds ``train.spacy``, ``dev.spacy``, ``test.spacy``, a ``config.cfg`` that trains a
named-entity recognizer on a CPU, and a ``README.txt``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from annotations.domain.alignment import Aligned, Fit, align, flatten
from annotations.domain.articles import AnnotatedArticle
from annotations.formats.base import Fidelity, Misfit, WriteReport, why_no_example

# Loading spaCy takes seconds: the export page, which asks each format for its title, must not
# wait for it. Whoever writes the format does.
if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, DocBin

#: The parts of a split, in the order in which they are filled where articles are few.
PARTS: Final = ("train", "dev", "test")
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
By article, without a random seed: the first eight hexadecimal digits of the SHA-256 of the
text, modulo 10, put an article into train (0 to 7), dev (8) or test (9). It stays there when
the corpus grows. Where that leaves a part empty, it takes from the largest other part the
article with the smallest SHA-256; where there are fewer than three articles, train comes
first, then dev. Articles without any text are in train.
{notes}"""


class Writer:
    """Writes a folder ready for ``spacy train``, or one ``.spacy`` file if the target is named so.

    The format puts a table of all strings and the length of every doc at its end, so the
    tokens of the whole corpus are held in memory until then: about 24 bytes per token.
    """

    name: ClassVar[str] = "spacy"
    title: ClassVar[str] = "spaCy training data (DocBin)"
    suffix: ClassVar[str] = ""
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

    def write(self, articles: Iterable[AnnotatedArticle], target: Path) -> WriteReport:
        """Write the articles that are examples (`why_no_example`)."""
        report = WriteReport()
        tokenizers = _Tokenizers()
        samples: list[_Sample] = []
        overlapped = 0
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
            samples.append(_Sample(article.text_sha256, len(doc) > 0, _bin([doc])))
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


class _Sample(NamedTuple):
    """One article ready to be written; spaCy skips those without tokens when it trains."""

    digest: str
    has_tokens: bool
    packed: DocBin


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
        if doc.text != article.text:
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


def split(digests: Sequence[str]) -> list[str]:
    """The part of `PARTS` for each article, by the SHA-256 of its text; 80, 10 and 10 %.

    An article's part does not depend on the others, so that what was a test article once stays
    one, except that no part stays empty where there are three articles or more.
    """
    by_bucket = ["train"] * 8 + ["dev", "test"]
    parts = [by_bucket[int(digest[:8], 16) % 10] for digest in digests]
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
    places = [token.i for token in doc if not token.is_space]
    tokens = [(doc[i].idx, doc[i].idx + len(doc[i])) for i in places]
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
    """As `split`, with what has no tokens in train, so that no other part holds only that."""
    parts = iter(split([sample.digest for sample in samples if sample.has_tokens]))
    return [next(parts) if sample.has_tokens else "train" for sample in samples]


def _write_folder(
    samples: Sequence[_Sample], language: str, folder: Path, report: WriteReport
) -> None:
    from spacy.cli.init_config import init_config

    folder.mkdir(exist_ok=True)
    parts = _parts(samples)
    sizes = Counter(parts)
    if not sizes["dev"]:
        report.notes.append(
            "spaCy needs at least two articles to train: one to learn, one to check."
        )
    for name in PARTS:
        chosen = (sample for sample, part in zip(samples, parts, strict=True) if part == name)
        _merged(chosen).to_disk(folder / f"{name}.spacy")

    config = init_config(lang=language, pipeline=["ner"], optimize="efficiency", gpu=False)
    config["paths"].update(train="train.spacy", dev="dev.spacy")
    config.to_disk(folder / "config.cfg")

    counts = "\n".join(f"Articles in {name}.spacy: {sizes[name]}" for name in PARTS)
    notes = "".join(f"- {note}\n" for note in report.notes)
    readme = _README.format(
        counts=counts, language=language, notes=notes and f"\nNotes\n-----\n{notes}"
    )
    (folder / "README.txt").write_text(readme, encoding="utf-8", newline="\n")
    report.files = sorted([*(f"{name}.spacy" for name in PARTS), "config.cfg", "README.txt"])
