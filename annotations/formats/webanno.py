"""WebAnno TSV 3: a token a row, a column for each feature, as WebAnno and INCEpTION write it.

Source: the chapter "WebAnno TSV 3.3 File format" of INCEpTION's user guide and, where that is
silent, INCEpTION's own reader and writer, both in
https://github.com/inception-project/inception/tree/main/inception/inception-io-webanno-tsv. One
file is one article. Columns are separated by tabs, and each row ends with one::

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value


    #Text=Ulm-West beat New Ulm
    1-1<TAB>0-8<TAB>Ulm-West<TAB>*<TAB>ORG<TAB>
    1-1.1<TAB>0-3<TAB>Ulm<TAB>*<TAB>GPE<TAB>
    1-2<TAB>9-13<TAB>beat<TAB>_<TAB>_<TAB>
    1-3<TAB>14-17<TAB>New<TAB>*[1]<TAB>GPE[1]<TAB>
    1-4<TAB>18-21<TAB>Ulm<TAB>*[1]<TAB>GPE[1]<TAB>

Offsets count UTF-16 code units, end exclusive. ``_`` is no annotation, ``*`` one without a value.
A number in brackets joins the rows of one annotation; annotations that share a row are separated
by ``|``. A row with a point in its id is a part of the token above it. Text stands in ``#Text=``
lines, one for each line of a sentence; the space between two sentences is known only by its length:
a line feed and then spaces. What is written here therefore counts such space as the end of the
sentence before it, and comes back as it was, except for white space before the first word.

Read is one span layer (``#T_SP``): the one that a person chose, or else named entities, or else the
first. Its feature ``value``, or else its first, is the label; where there is no value, the layer's
name stands for it. Other layers, relations (``#T_RL``) and chains (``#T_CH``) are left. Files of
other makers may count code points: what fits the tokens is taken.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from annotations.domain.alignment import Fit
from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
)
from annotations.domain.mentions import Mention
from annotations.domain.units import Utf16
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._article_files import number_in, stem_of
from annotations.formats.base import (
    UNNAMED,
    Fidelity,
    FormatError,
    Misfit,
    Option,
    Source,
    WriteReport,
    why_no_example,
)
from annotations.formats.conll import pieces_of, sentence_starts
from annotations.formats.decoding import (
    MAX_ARTICLE_CHARACTERS,
    check_article_length,
    check_text,
    decode,
)
from annotations.formats.placing import Claim, Units, place

_FORMAT: Final = "#FORMAT=WebAnno TSV 3"
_NAMED_ENTITY: Final = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
#: The first line of version 2, which names layers and their features.
_VERSION_2: Final = re.compile(r" ?# ?\w+(?:\.\w+)+ \| ")
_OPTION: Final = "layer"
#: Enough of a file to hold its header.
_HEADER_BYTES: Final = 100_000

_LAYER: Final = re.compile(r"#T_(?P<kind>SP|CH|RL)=(?P<name>[^|]+)(?P<features>.*)", re.DOTALL)
_TEXT: Final = "#Text="
_ROW: Final = re.compile(
    r"[0-9]+-[0-9]+(?:\.[0-9]+)?\t(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9})"
    r"\t(?P<token>[^\t]*)(?:\t(?P<cells>.*))?",
    re.DOTALL,
)
#: One of the annotations that share a row, up to the next unescaped bar.
_STACKED: Final = re.compile(r"(?:\\.|[^\\|])+", re.DOTALL)
_NUMBERED: Final = re.compile(r"(?P<value>(?:\\.|[^\\])*?)(?:\[(?P<number>[0-9]+)\])?", re.DOTALL)
_NO_ANNOTATION: Final = "_"
_NO_VALUE: Final = frozenset({"*", "_"})

_ESCAPED_IN_VALUE: Final = re.compile(r"\\(->|[\\\[\]|_;*tn])")
_ESCAPED_IN_TEXT: Final = re.compile(r"\\([\\tnfrb\x00-\x07\x0e-\x1f])")
#: Until version 3.1, text was escaped as in Java.
_ESCAPED_IN_JAVA: Final = re.compile(r"\\(u+[0-9A-Fa-f]{4}|[\\tnfrb\"'/])")
_UNESCAPED: Final = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "b": "\b"}
_TO_ESCAPE: Final = re.compile(r"->|[\\\[\]|_;*\t\n]")
_ESCAPES: Final = {"\t": r"\t", "\n": r"\n"}


class Reader(base.Reader):
    """Reads one file as one article."""

    title: ClassVar[str] = "WebAnno TSV 3"
    suffixes: ClassVar[tuple[str, ...]] = (".tsv",)

    def recognises(self, source: Source) -> bool:
        """True for a file that says so in its first line, also in that of versions not read."""
        start = source.data[:1000].decode(errors="replace").lstrip("\ufeff")
        return start.startswith(_FORMAT) or _is_version_2(start)

    def options(self, source: Source) -> tuple[Option, ...]:
        """Which of several span layers holds the mentions."""
        start = source.data[:_HEADER_BYTES].decode(errors="replace")
        layers = [layer for layer in _layers(start.split("\n")) if layer.kind == "SP"]
        if len(layers) < 2:
            return ()
        choices = tuple((layer.name, layer.short_name) for layer in layers)
        return (Option(_OPTION, "Layer", _likeliest(layers).name, choices),)

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """Yield the one article; its status is *open* where anything is marked in it.

        Raises FormatError with the number of a line that is no row, or whose offsets cannot be.
        """
        decoded = decode(source.data, chosen=source.encoding, name=source.name)
        lines = decoded.text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
        if _is_version_2(lines[0]):
            raise FormatError(
                f"{source.name} is WebAnno TSV of version 2, which is not read. Have WebAnno or "
                "INCEpTION export it as WebAnno TSV 3 or as UIMA CAS XMI."
            )
        if not lines[0].startswith(_FORMAT):
            raise FormatError(f"{source.name} does not begin with “{_FORMAT}”", line=1)
        layers = _layers(lines)
        layer = _chosen(layers, source)
        document = _document(lines, sum(each.width for each in layers))
        text, units, misfits = _assembled(document, source.name)
        check_article_length(text, source.name)
        check_text(text, source.name)
        claims, unnamed = _claims(document.rows, layer, misfits) if layer else ([], 0)
        placement = place(text, claims, units=units)
        yield ArticleDraft(
            text=placement.text,
            metadata=Metadata(language=source.language),
            zones=find_zones(placement.text),
            mentions=placement.mentions,
            status=ReviewStatus.OPEN if placement.mentions else ReviewStatus.UNREVIEWED,
            unplaced=placement.unplaced,
            encoding=decoded.encoding,
            changes=placement.changes,
            notes=(*decoded.notes, *placement.notes, *_notes(layers, layer, unnamed)),
            number=number_in(source.stem),
        )


class Writer(base.Writer):
    """Writes a folder with ``article-<id>.tsv`` for each article, mentions as named entities."""

    name: ClassVar[str] = "webanno"
    title: ClassVar[str] = "WebAnno TSV 3.3"
    suffix: ClassVar[str] = ""
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=True,
        exact_text=True,
        zones=False,
        unreviewed=False,
        losses=(
            "White space before the first word becomes spaces, one for each character.",
            "Mentions that begin or end in white space are left out.",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Zones, metadata, scores and the state of each mention are lost.",
        ),
    )

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`); one pass, one at a time."""
        report = WriteReport()
        for article in articles:
            pieces = pieces_of(article)
            reason = why_no_example(article) or (None if pieces else _NO_TOKENS)
            if reason is not None:
                report.articles_left_out[reason] += 1
                continue
            places = _places(article, pieces, report)
            name = f"{stem_of(article)}.tsv"
            with (target / name).open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(_lines(article, pieces, places))
            report.files.append(name)
            report.articles += 1
            report.mentions_in += len(article.mentions)
            report.mentions_out += len(places)
        report.files.sort()
        return report


# --- Reading: the header ----------------------------------------------------------------------


def _is_version_2(start: str) -> bool:
    return _VERSION_2.match(start) is not None


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as the header declares it; its columns begin at ``first`` after a row's token."""

    kind: str
    name: str
    features: tuple[str, ...]
    first: int

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def width(self) -> int:
        """How many columns it has: one that only says where, if it has no features."""
        return len(self.features) or 1

    @property
    def label_column(self) -> int | None:
        """The column of the feature that is the label; None where there are only links."""
        plain = [i for i, name in enumerate(self.features) if not self._is_link(i)]
        if not plain:
            return None
        return self.first + next((i for i in plain if self.features[i] == "value"), plain[0])

    def columns(self) -> list[tuple[int, bool]]:
        """Its columns, the label's first, and whether each holds the ids of its own rows."""
        columns = [
            (self.first + i, not (self._is_link(i) and not self._is_role(i)))
            for i in range(self.width)
        ]
        return sorted(columns, key=lambda column: column[0] != self.label_column)

    def _is_role(self, index: int) -> bool:
        return index < len(self.features) and self.features[index].startswith("ROLE_")

    def _is_link(self, index: int) -> bool:
        """True for one of the two columns of a link: its role, and the row it leads to."""
        return self._is_role(index) or (index > 0 and self._is_role(index - 1))


def _layers(lines: Iterable[str]) -> list[_Layer]:
    """The layers that the header declares, in the order of their columns."""
    layers: list[_Layer] = []
    first = 0
    for line in lines:
        if line.startswith(_TEXT):
            break
        if match := _LAYER.fullmatch(line.removesuffix("\r")):
            features = tuple(name for name in match["features"].split("|") if name)
            layers.append(_Layer(match["kind"], match["name"], features, first))
            first += layers[-1].width
    return layers


def _likeliest(spans: Sequence[_Layer]) -> _Layer:
    return next((layer for layer in spans if layer.name.endswith("NamedEntity")), spans[0])


def _chosen(layers: Iterable[_Layer], source: Source) -> _Layer | None:
    """The layer to read; None in a file without span layers."""
    spans = [layer for layer in layers if layer.kind == "SP"]
    chosen = source.options.get(_OPTION, "")
    if not chosen:
        return _likeliest(spans) if spans else None
    for layer in spans:
        if layer.name == chosen:
            return layer
    there = ", ".join(layer.name for layer in spans) or "none"
    raise FormatError(f"{source.name} has no layer “{chosen}”; what it has: {there}.")


# --- Reading: the rows ------------------------------------------------------------------------


class _Row(NamedTuple):
    """A token or a part of one, with offsets as the file has them."""

    line: int
    start: int
    end: int
    token: str
    cells: list[str]


class _Sentence(NamedTuple):
    """A sentence's text and where it begins, as the file counts."""

    line: int
    start: int
    text: str


@dataclass(slots=True)
class _Document:
    sentences: list[_Sentence] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)


def _document(lines: Sequence[str], width: int) -> _Document:
    """The sentences and rows of a file whose rows have ``width`` columns after the token."""
    document = _Document()
    unescape = _text_escapes(lines[0])
    text: list[str] = []
    for number, line in enumerate([*lines[1:], ""], start=2):
        if line.startswith("#"):
            if line.startswith(_TEXT):
                text.append(unescape(line.removeprefix(_TEXT)))
        elif not line:
            if "".join(text).strip():
                raise FormatError(
                    "The sentence has no tokens, so its place is unknown", line=number
                )
            text = []
        else:
            row = _row(line, number, width)
            if text:
                document.sentences.append(_Sentence(number, row.start, "\n".join(text)))
                text = []
            elif not document.sentences:
                raise FormatError("There is no “#Text=” before the first token", line=number)
            document.rows.append(row)
    return document


def _row(line: str, number: int, width: int) -> _Row:
    match = _ROW.fullmatch(line)
    if match is None:
        raise FormatError("This is no row of WebAnno TSV: “id, offsets, token, …”", line=number)
    cells = (match["cells"] or "").split("\t")
    if len(cells) < width:
        raise FormatError(
            f"The row has {len(cells)} columns after the token, the header declares {width}",
            line=number,
        )
    return _Row(number, int(match["start"]), int(match["end"]), match["token"], cells)


def _text_escapes(first_line: str) -> Callable[[str], str]:
    """What undoes the escapes of ``#Text=`` lines in this version of the format."""
    is_old = first_line.removeprefix(_FORMAT).strip() in {"", ".0", ".1"}
    pattern = _ESCAPED_IN_JAVA if is_old else _ESCAPED_IN_TEXT

    def unescape(text: str) -> str:
        if "\\" not in text:
            return text
        text = pattern.sub(_unescaped, text)
        # Java writes a character beyond the first 65,536 as two escapes.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    return unescape


def _unescaped(match: re.Match[str]) -> str:
    escaped = match[1]
    if escaped[0] == "u":
        return chr(int(escaped.lstrip("u"), 16))
    return _UNESCAPED.get(escaped, escaped)


def _assembled(document: _Document, name: str) -> tuple[str, Units, set[int]]:
    """The text, what the offsets count, and the lines of the tokens that stand elsewhere.

    What most tokens hold by is what the offsets count. Raises FormatError where the sentences fit
    in no way.
    """
    if not document.sentences:
        raise FormatError(f"{name} holds no sentence.")
    # UTF-16 first: where both ways are as good, it is the format's own.
    ways = [Units.UTF_16, Units.CODE_POINTS]
    if not any(Utf16(sentence.text).differs for sentence in document.sentences):
        ways = ways[:1]
    readings: list[tuple[str, Units, set[int]]] = []
    errors: list[FormatError] = []
    for units in ways:
        try:
            text = _joined(document.sentences, units)
        except FormatError as error:
            errors.append(error)
        else:
            readings.append((text, units, _misfits(text, document.rows, units)))
    if not readings:
        raise errors[0]
    return min(readings, key=lambda reading: len(reading[2]))


def _joined(sentences: Iterable[_Sentence], units: Units) -> str:
    """The text of the sentences, a line feed and spaces filling what lies between them."""
    parts: list[str] = []
    length = 0
    for line, start, text in sentences:
        if start > 2 * MAX_ARTICLE_CHARACTERS:
            raise FormatError(
                f"A text of {start:,} characters is longer than any article", line=line
            )
        if length == start + 1:
            parts.pop()  # the line feed after a sentence that the next one follows at once
        elif length > start:
            raise FormatError(
                f"A sentence begins at {start}, but the text before it ends at {length - 1}",
                line=line,
            )
        parts += [" " * (start - length), text, "\n"]
        length = start + (Utf16(text).length if units is Units.UTF_16 else len(text)) + 1
    return "".join(parts[:-1])


def _misfits(text: str, rows: Iterable[_Row], units: Units) -> set[int]:
    """The lines of the tokens that do not stand where their offsets say."""
    if units is Units.CODE_POINTS:
        return {row.line for row in rows if text[row.start : row.end] != row.token}
    point = Utf16(text).point
    return {row.line for row in rows if text[point(row.start) : point(row.end)] != row.token}


def _claims(
    rows: Iterable[_Row], layer: _Layer, misfits: Container[int]
) -> tuple[list[Claim], int]:
    """The annotations of a layer, and how many of them have no value."""
    columns, label_column = layer.columns(), layer.label_column
    found: dict[str, tuple[str, list[_Row]]] = {}
    for row in rows:
        for column, has_numbers in columns:
            if row.cells[column] == _NO_ANNOTATION:
                continue
            for index, stacked in enumerate(_STACKED.findall(row.cells[column])):
                value, number = _value_and_number(stacked)
                has_label = column == label_column and value not in _NO_VALUE
                key = number if has_numbers and number else f"{row.line}-{index}"
                label = _plain(value) if has_label else ""
                found.setdefault(key, (label, []))[1].append(row)
            break  # the other columns repeat where the annotations are
    claims = [_claim(label or layer.short_name, units, misfits) for label, units in found.values()]
    return claims, sum(not label for label, _ in found.values())


def _value_and_number(stacked: str) -> tuple[str, str | None]:
    match = _NUMBERED.fullmatch(stacked)
    return (match["value"], match["number"]) if match else (stacked, None)


def _claim(label: str, rows: Sequence[_Row], misfits: Container[int]) -> Claim:
    """An annotation; its words are said only where a token of it does not hold."""
    start, end = min(row.start for row in rows), max(row.end for row in rows)
    holds = not any(row.line in misfits for row in rows)
    quote = None if holds else " ".join(row.token for row in rows)
    return Claim(start, end, label, quote, rows[0].line)


def _plain(value: str) -> str:
    return _ESCAPED_IN_VALUE.sub(lambda match: _UNESCAPED.get(match[1], match[1]), value)


def _notes(layers: Sequence[_Layer], layer: _Layer | None, unnamed: int) -> Iterator[str]:
    kinds = {"SP": "", "CH": " (chains)", "RL": " (relations)"}
    others = [f"{one.short_name}{kinds[one.kind]}" for one in layers if one != layer]
    if layer is None:
        yield "The file has no layer of spans, so nothing in it is a mention."
    elif others:
        yield f"The layer {layer.short_name} was read; left were {', '.join(others)}."
    if layer is not None and unnamed:
        yield (
            f"Annotations without a value: {unnamed:,}. The name of their layer, "
            f"{layer.short_name}, became their label."
        )


# --- Writing ----------------------------------------------------------------------------------

_NO_TOKENS: Final = "The article has not been split into tokens."
_IN_WHITE_SPACE: Final = "It starts or ends outside every token, in white space."
_WRITTEN_HEADER: Final = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={_NAMED_ENTITY}|identifier|value\n\n"

type _Pieces = list[tuple[int, int]]
#: By a token's index: the labels on it and on parts of it, escaped, each with its number or "".
type _Cells = dict[int, dict[tuple[int, int], list[tuple[str, str]]]]


class _Place(NamedTuple):
    """A mention and the tokens that it touches: ``first`` up to, but not including, ``last``."""

    mention: Mention
    first: int
    last: int


def _places(article: AnnotatedArticle, pieces: _Pieces, report: WriteReport) -> list[_Place]:
    """Where the mentions that can be written stand; the others are reported."""
    starts, ends = [start for start, _ in pieces], [end for _, end in pieces]
    places: list[_Place] = []
    for mention in article.mentions:
        first = bisect_right(ends, mention.start)
        last = bisect_left(starts, mention.end)
        if first < last and starts[first] <= mention.start and mention.end <= ends[last - 1]:
            places.append(_Place(mention, first, last))
        else:
            report.misfits.append(Misfit.of(article, mention, _IN_WHITE_SPACE))
    return places


def _cells(pieces: _Pieces, places: Sequence[_Place]) -> _Cells:
    """What stands on each token. What has several rows or shares one gets a number."""
    rows: dict[tuple[int, int, int], list[int]] = {}
    for index, (mention, first, last) in enumerate(places):
        for token in range(first, last):
            start, end = pieces[token]
            key = (token, max(start, mention.start), min(end, mention.end))
            rows.setdefault(key, []).append(index)
    several = {index for index, (_, first, last) in enumerate(places) if last - first > 1}
    sharing = {index for indices in rows.values() if len(indices) > 1 for index in indices}
    numbers = {index: f"[{n}]" for n, index in enumerate(sorted(several | sharing), start=1)}
    labels = [(_escaped(place.mention.label), numbers.get(i, "")) for i, place in enumerate(places)]
    cells: _Cells = {}
    for (token, start, end), indices in rows.items():
        cells.setdefault(token, {})[start, end] = [labels[index] for index in indices]
    return cells


def _lines(article: AnnotatedArticle, pieces: _Pieces, places: Sequence[_Place]) -> Iterator[str]:
    """The file: its header, and each sentence with its rows."""
    yield _WRITTEN_HEADER
    text, offsets = article.text, Utf16(article.text)
    units = offsets.units if offsets.differs else int
    cells = _cells(pieces, places)
    within = [Fit(*place) for place in places]
    cuts = [0, *sentence_starts(article, pieces, within), len(pieces)]
    for sentence, (first, last) in enumerate(pairwise(cuts), start=1):
        yield _text_lines(text, pieces, first, last)
        rows = [
            f"{sentence}-{number}\t{units(start)}-{units(end)}\t{text[start:end]}\t_\t_\t\n"
            for number, (start, end) in enumerate(pieces[first:last], start=1)
        ]
        for index, token in enumerate(pieces[first:last]):
            if labels := cells.get(first + index):
                name = f"{sentence}-{index + 1}"
                rows[index] = "".join(
                    f"{row}\t{units(start)}-{units(end)}\t{text[start:end]}\t"
                    f"{_columns(labels.get((start, end), ()))}\t\n"
                    for row, (start, end) in _rows(name, token, labels)
                )
        yield "".join(rows)


def _rows(
    name: str, token: tuple[int, int], labels: Iterable[tuple[int, int]]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """The id and place of a token's row and of those of its parts that bear labels."""
    yield name, token
    parts = sorted(set(labels) - {token}, key=lambda part: (part[0], -part[1]))
    for number, part in enumerate(parts, start=1):
        yield f"{name}.{number}", part


def _columns(labels: Sequence[tuple[str, str]]) -> str:
    """The identifiers, of which none is known, and the labels."""
    identifiers = "|".join(f"*{number}" for _, number in labels) or _NO_ANNOTATION
    values = "|".join(f"{label}{number}" for label, number in labels) or _NO_ANNOTATION
    return f"{identifiers}\t{values}"


def _text_lines(text: str, pieces: _Pieces, first: int, last: int) -> str:
    """A blank line and the text of a sentence with all that stands before the next one."""
    if last == len(pieces):
        covered = text[pieces[first][0] :]
    else:
        # A reader puts one line feed between two sentences.
        covered = text[pieces[first][0] : pieces[last][0]].removesuffix("\n")
    # A stored text has no other controls that the format escapes.
    escaped = covered.replace("\\", r"\\").replace("\t", r"\t")
    return "".join(["\n", *(f"{_TEXT}{line}\n" for line in escaped.split("\n"))])


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], f"\\{match[0]}"), value)
