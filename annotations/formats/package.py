"""A corpus as it is published: one zip that says what it is, who made it and how it may be used.

With the texts it holds::

    README.md            the card of a Hugging Face data set, with data/ and tokens/ that it loads
    corpus.jsonl         every article, lossless (`annotations.formats.jsonl`)
    formats/NAME/        the other formats that were asked for
    formats/reports.json what each of them could not carry

and without them, since a publisher's text is seldom ours to give away::

    README.md            a card
    annotations.jsonl    the same lines without the texts; each mention keeps its own words
    rebuild.py           puts the texts back for whoever has them, each checked by its SHA-256

and in both ``labels.json``, ``guidelines.md``, ``splits.json``, ``agreement.json`` where two people
finished the same articles, ``provenance.json``, ``LICENSE.txt``, ``CITATION.cff`` and
``croissant.json`` (Croissant 1.0, https://docs.mlcommons.org/croissant/docs/croissant-spec.html),
last ``checksums.sha256`` over all the others. The same corpus gives the same bytes: nothing in it
tells when it was made.
"""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from annotations.domain.articles import AnnotatedArticle, CorpusCard
from annotations.domain.splits import PARTS
from annotations.formats import base, jsonl
from annotations.formats._croissant import croissant
from annotations.formats.base import UNNAMED, Fidelity, WriteReport

#: Formats that need not be asked for.
IN_EVERY_PACKAGE: Final = frozenset({"jsonl", "huggingface", "package"})
_REBUILD: Final = Path(__file__).with_name("_rebuild.py")


class Writer(base.Writer):
    """Writes the package's folder; holds one article at a time."""

    name: ClassVar[str] = "package"
    title: ClassVar[str] = "Corpus package (data, card, licence, checksums)"
    suffix: ClassVar[str] = ""
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=True,
        unreviewed=True,
        losses=("Without the texts only the words of the mentions themselves are in it.",),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write every article; those that are no examples are in JSON Lines alone."""
        counts = _Counts()
        with tempfile.TemporaryDirectory(prefix="package-") as scratch:
            # Each format wants a pass of its own; the database is read once.
            whole = (target if corpus.packing.texts else Path(scratch)) / "corpus.jsonl"
            report = jsonl.Writer().write(counts.passing(articles, corpus), whole, corpus)
            if corpus.packing.texts:
                self._write_formats(whole, target, corpus, report)
            else:
                _write_annotations(whole, target / "annotations.jsonl")
                (target / "rebuild.py").write_bytes(_REBUILD.read_bytes())
                (target / "README.md").write_text(_card(corpus, counts), encoding="utf-8")
        _write_facts(target, corpus, counts)
        _write_json(target / "croissant.json", croissant(target, corpus))
        _write_checksums(target)
        report.files = sorted(_files(target))
        return report

    def _write_formats(
        self, whole: Path, target: Path, corpus: CorpusCard, report: WriteReport
    ) -> None:
        # The registry knows this module, too.
        from annotations.formats import writer_for

        reports: dict[str, Any] = {}
        for name in ("huggingface", *sorted(set(corpus.packing.formats) - IN_EVERY_PACKAGE)):
            writer = writer_for(name)
            folder = target if name == "huggingface" else target / "formats" / name
            folder.mkdir(parents=True, exist_ok=True)
            place = folder / f"corpus{writer.suffix}" if writer.suffix else folder
            made = writer.write(jsonl.articles_in(whole), place, corpus)
            reports[name] = _as_json(made)
            if made.misfits or made.articles_left_out:
                report.notes.append(
                    f"{writer.title}: {made.mentions_out:,} of {made.mentions_in:,} mentions, "
                    f"{made.articles_left_out.total():,} articles left out; see "
                    "formats/reports.json."
                )
        (target / "formats").mkdir(exist_ok=True)
        _write_json(target / "formats" / "reports.json", reports)


class _Counts:
    """What is counted while the articles pass."""

    def __init__(self) -> None:
        self.parts: dict[str, list[int]] = {part: [] for part in PARTS}
        self.labels = Counter[str]()
        self.states = Counter[str]()
        self.sources = Counter[str]()
        self.statuses = Counter[str]()

    def passing(
        self, articles: Iterable[AnnotatedArticle], corpus: CorpusCard
    ) -> Iterator[AnnotatedArticle]:
        for article in articles:
            self.parts[corpus.part_of(article)].append(article.id)
            self.statuses[article.status.value] += 1
            for mention in article.mentions:
                self.labels[mention.label] += 1
                self.states[mention.state.value] += 1
                self.sources[mention.source] += 1
            yield article


def _write_annotations(whole: Path, target: Path) -> None:
    """The lines of ``whole`` without the articles' texts."""
    with whole.open(encoding="utf-8") as lines, target.open("wb") as stream:
        for line in lines:
            record = json.loads(line)
            del record["text"]
            stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _write_facts(target: Path, corpus: CorpusCard, counts: _Counts) -> None:
    _write_json(
        target / "labels.json",
        {
            "overlaps": corpus.policy,
            "labels": [
                {
                    "name": label.name,
                    "description": label.description,
                    "mentions": counts.labels[label.name],
                }
                for label in corpus.labels
            ],
        },
    )
    _write_json(
        target / "splits.json",
        {
            "method": (
                "By article. Near-duplicates, and articles of one day that tell one story, are in "
                "the same part."
                if corpus.splits
                else "By article, by the SHA-256 of its text."
            ),
            "seed": corpus.packing.seed,
            "parts": counts.parts,
        },
    )
    _write_json(
        target / "provenance.json",
        {
            **corpus.provenance,
            "articles_by_status": dict(sorted(counts.statuses.items())),
            "mentions_by_state": dict(sorted(counts.states.items())),
            "mentions_by_source": dict(sorted(counts.sources.items())),
        },
    )
    if corpus.agreement:
        _write_json(target / "agreement.json", corpus.agreement)
    texts = {
        "guidelines.md": corpus.guideline.strip() or "No guideline was written down.",
        "LICENSE.txt": _licence(corpus),
        "CITATION.cff": _citation(corpus),
    }
    for name, text in texts.items():
        (target / name).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _licence(corpus: CorpusCard) -> str:
    annotations = corpus.licence or "No licence was given: ask before you use them."
    if not corpus.packing.texts:
        return f"Annotations: {annotations}\nThe texts are not part of this package."
    texts = corpus.text_licence or "No licence was given: they belong to their publishers."
    return f"Annotations: {annotations}\nTexts: {texts}"


def _citation(corpus: CorpusCard) -> str:
    """A Citation File Format 1.2.0 document. JSON strings are YAML strings as well."""
    lines = [
        "cff-version: 1.2.0",
        f"message: {json.dumps(corpus.citation or 'Please cite this corpus by its name.')}",
        "type: dataset",
        f"title: {json.dumps(corpus.name)}",
        f"authors:\n  - name: {json.dumps(f'The annotators of {corpus.name}')}",
    ]
    if corpus.version:
        lines.append(f"version: {json.dumps(corpus.version)}")
    if corpus.licence.replace("-", "").replace(".", "").isalnum():
        lines.append(f"license: {json.dumps(corpus.licence)}")
    return "\n".join(lines)


def _card(corpus: CorpusCard, counts: _Counts) -> str:
    """The card of a package without texts."""
    rows = "".join(
        f"| {label.name} | {label.description} | {counts.labels[label.name]:,} |\n"
        for label in corpus.labels
    )
    parts = ", ".join(f"{part} {len(ids):,}" for part, ids in counts.parts.items())
    return f"""---
pretty_name: {json.dumps(corpus.name)}
language: [{json.dumps(corpus.language)}]
license: other
task_categories: [token-classification]
task_ids: [named-entity-recognition]
---

# {corpus.name}

{corpus.description or "No description was given."}

These are the annotations alone: the articles' texts belong to their publishers. `annotations.jsonl`
has one article a line, with its address, the SHA-256 of its text (UTF-8), and every mention as
`[start, end)` in Unicode code points with its own words.

Whoever has the texts puts them back, each checked by its SHA-256:

    python rebuild.py TEXTS corpus.jsonl

`TEXTS` is a folder of `.txt` files, or a JSON Lines file whose lines have a `text`.

Articles: {parts}.

| label | meaning | mentions |
| --- | --- | --- |
{rows}
How it was annotated stands in `guidelines.md`, by whom and by what in `provenance.json`, what may
be done with it in `LICENSE.txt`.
"""


def _as_json(report: WriteReport) -> dict[str, Any]:
    return {
        "articles": report.articles,
        "mentions_in": report.mentions_in,
        "mentions_out": report.mentions_out,
        "misfits": [
            {
                "article": one.article,
                "start": one.start,
                "end": one.end,
                "label": one.label,
                "text": one.text,
                "reason": one.reason,
            }
            for one in report.misfits
        ],
        "articles_left_out": dict(sorted(report.articles_left_out.items())),
        "notes": report.notes,
        "files": report.files,
    }


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _files(target: Path) -> Iterator[str]:
    for path in target.rglob("*"):
        if path.is_file():
            yield path.relative_to(target).as_posix()


def _write_checksums(target: Path) -> None:
    lines = []
    for name in sorted(_files(target)):
        with (target / name).open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}\n")
    (target / "checksums.sha256").write_text("".join(lines), encoding="utf-8", newline="\n")
