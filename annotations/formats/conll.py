"""CoNLL-2003 and its kin: a token and its tag per line, for sequence taggers.

Source: Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 Shared Task" (2003),
https://www.clips.uantwerpen.be/conll2003/ner/. Four columns, separated by one space (token,
part of speech, chunk, name), tagged in IOB2; ``-X-`` stands for what is not known::

    -DOCSTART- -X- -X- O

    Ulm -X- -X- B-GPE
    slept -X- -X- O
    . -X- -X- O

The two-column variant is what doccano's importer asks for: ``token<TAB>tag``, no line for the
start of a document. In both a blank line follows each sentence.

The format has no place for the text's white space or for offsets. A second file beside it
(``.offsets.tsv``) gives for every token line, in the same order, the article's id, the number
of the token in the article (from 1) and its start and end in code points. With the article's
text both together are reversible.

Sentences end where a zone ends, at a blank line, at a line break in zones whose lines stand
alone, and after sentence-final punctuation with the closing marks attached to it, unless the
next token starts with a small letter. None ends within a mention.

Files of other makers are read with the token and the tag in any column, separated by tabs or
spaces, in any scheme of `annotations.formats._tagging`. A blank line ends a sentence; a line with
``-DOCSTART-``, ``#begin document``, ``# newdoc``, ``# document_id`` (HIPE) or ``###MEDLINE:``
starts an article; other lines that begin with ``#`` and are not as wide as the others, or end in no
tag, are comments; a first line with the names of the columns is none of the tokens. In ``.iob``
files a line may be a sentence of ``token|tag`` or ``token|pos|tag``, as spaCy reads it.

With a file of offsets beside it, the tokens stand where they stood and the gaps between them are
filled with white space. Without, each sentence is a line; the spaces in it are those of the
``# text = …`` above it, or of the flags ``SpaceAfter=No`` or ``NoSpaceAfter`` in a column, or else
guessed (`annotations.formats._spacing`). HIPE's ``NoSpaceAfter`` also stands where a printed line
ends, so it is not believed between two letters, nor with ``EndOfLine`` unless there is a hyphen.
"""

import io
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby, pairwise, zip_longest
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final, NamedTuple, TextIO

from annotations.domain.alignment import Fit, align, flatten, iob2
from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    Metadata,
    ReviewStatus,
    Unplaced,
)
from annotations.domain.zones import Zone
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._lines import Lines, at_lines, check_article_so_far
from annotations.formats._spacing import spaced
from annotations.formats._tagging import (
    OUTSIDE,
    SCHEME_TITLES,
    Fault,
    Scheme,
    guess_scheme,
    is_bracketed,
    is_prefixed,
    is_tag,
    label_of,
    layers_of,
    read_tags,
)
from annotations.formats.base import (
    UNNAMED,
    Fidelity,
    FormatError,
    Misfit,
    Option,
    Source,
    WriteReport,
    why_no_example,
    why_no_tokens,
)
from annotations.formats.decoding import MAX_ARTICLE_CHARACTERS, check_article_length, decode
from annotations.formats.placing import Claim, Units, place, shortened

#: What a line may hold of a token: runs without white space of any kind. The hyphen of a
#: token that reads like the mark of a document's start is set apart, so that none is faked.
_PIECE: Final = re.compile(r"-(?=DOCSTART-)|\S+")
_FINAL: Final = frozenset(".!?…。！？؟۔।")
_CLOSING: Final = frozenset("\"'”’“»«›)]}」』") | _FINAL
#: Zones in which every line is an item of its own, with or without a full stop.
_LINE_ZONES: Final = frozenset({Zone.VIDEO, Zone.HIGHLIGHTS, Zone.LIST})

type _Pieces = list[tuple[int, int]]


class ColumnWriter(base.Writer):
    """Writes ``corpus.conll`` and ``corpus.offsets.tsv`` into an existing folder.

    A target that is not a folder is the path of the CoNLL file; the offsets go beside it.
    """

    suffix: ClassVar[str] = ""
    file_suffixes: ClassVar[tuple[str, ...]] = (".conll", ".iob", ".iob2", ".bio", ".txt", ".tsv")
    fidelity: ClassVar[Fidelity] = Fidelity(
        overlaps=False,
        exact_text=False,
        zones=False,
        unreviewed=False,
        losses=(
            "White space between tokens is lost; the offsets are in a file beside the corpus.",
            "Where mentions overlap, the longest is kept.",
            "Mentions that begin or end inside a token are left out.",
            "Articles that are not finished are left out, except in the layer of suggestions.",
            "Zones, metadata, scores and the state of each mention are lost.",
        ),
    )

    #: What stands before the first sentence of an article.
    document_start: ClassVar[str]
    #: What stands between a token and its tag.
    separator: ClassVar[str]

    def write(
        self, articles: Iterable[AnnotatedArticle], target: Path, corpus: CorpusCard = UNNAMED
    ) -> WriteReport:
        """Write the articles that are examples (`why_no_example`); one pass, one at a time."""
        columns = target / "corpus.conll" if target.is_dir() else target
        offsets = columns.with_suffix(".offsets.tsv")
        report = WriteReport(files=sorted([columns.name, offsets.name]))
        split_tokens = 0
        with (
            columns.open("w", encoding="utf-8", newline="\n") as lines,
            offsets.open("w", encoding="utf-8", newline="\n") as table,
        ):
            table.write("article\ttoken\tstart\tend\n")
            for article in articles:
                reason = why_no_example(article) or why_no_tokens(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                pieces = pieces_of(article)
                split_tokens += len(pieces) - _count_visible(article)
                self._write_sentences(article, pieces, lines, report)
                _write_offsets(article.id, pieces, table)
        if split_tokens:
            report.notes.append(
                "Tokens with white space inside were written as several: "
                f"{split_tokens} more lines than tokens."
            )
        return report

    def _write_sentences(
        self, article: AnnotatedArticle, pieces: _Pieces, lines: TextIO, report: WriteReport
    ) -> None:
        aligned = flatten(align(article.mentions, pieces))
        tags = iob2(aligned.fits, len(pieces))
        lines.write(self.document_start)
        for first, last in pairwise(
            [0, *sentence_starts(article, pieces, aligned.fits), len(pieces)]
        ):
            lines.writelines(
                f"{article.text[start:end]}{self.separator}{tag}\n"
                for (start, end), tag in zip(pieces[first:last], tags[first:last], strict=True)
            )
            if first < last:
                lines.write("\n")
        report.articles += 1
        report.mentions_in += len(article.mentions)
        report.mentions_out += len(aligned.fits)
        report.misfits += [Misfit.of(article, *misfit) for misfit in aligned.misfits]


class Writer(ColumnWriter):
    """The four columns of the shared task."""

    name: ClassVar[str] = "conll"
    title: ClassVar[str] = "CoNLL-2003 (IOB2, four columns)"
    document_start: ClassVar[str] = "-DOCSTART- -X- -X- O\n\n"
    separator: ClassVar[str] = " -X- -X- "


def _count_visible(article: AnnotatedArticle) -> int:
    """How many tokens are more than white space."""
    return sum(not article.text[start:end].isspace() for start, end in article.tokens)


def pieces_of(article: AnnotatedArticle) -> _Pieces:
    """The tokens cut at white space, as ``(start, end)`` in the article."""
    return [
        piece.span()
        for start, end in article.tokens
        for piece in _PIECE.finditer(article.text, start, end)
    ]


def _write_offsets(article: int, pieces: _Pieces, table: TextIO) -> None:
    table.writelines(
        f"{article}\t{number}\t{start}\t{end}\n"
        for number, (start, end) in enumerate(pieces, start=1)
    )


def sentence_starts(
    article: AnnotatedArticle, pieces: _Pieces, fits: Iterable[Fit]
) -> Iterator[int]:
    """The indices of the pieces that start a sentence, without the first; ascending."""
    within_mention = {i for fit in fits for i in range(fit.first + 1, fit.last)}
    layout = set(_layout_cuts(article, pieces))
    ended = False  # the piece before closes a sentence
    previous_end = 0
    for index, (start, end) in enumerate(pieces):
        token = article.text[start:end]
        goes_on = ended and start == previous_end and _CLOSING.issuperset(token)
        cut = index in layout or (ended and not goes_on and not token[0].islower())
        if cut and index and index not in within_mention:
            yield index
        ended = goes_on or (token[-1] in _FINAL and _FINAL.issuperset(token))
        previous_end = end


def _layout_cuts(article: AnnotatedArticle, pieces: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The indices of the pieces before which the page itself breaks the text."""
    starts = [start for start, _ in pieces]
    for edge in {edge for zone in article.zones for edge in (zone.start, zone.end)}:
        yield bisect_left(starts, edge)
    line_zones = [zone for zone in article.zones if zone.zone in _LINE_ZONES]
    zone_starts = [zone.start for zone in line_zones]
    for index, breaks in _line_breaks(article.text, pieces, starts).items():
        before = starts[index - 1]
        zone = bisect_right(zone_starts, before) - 1
        if breaks > 1 or (zone >= 0 and before < line_zones[zone].end):
            yield index


def _line_breaks(
    text: str, pieces: Sequence[tuple[int, int]], starts: Sequence[int]
) -> Counter[int]:
    """How many line breaks stand before which piece, the first piece apart.

    Looked for from the breaks, of which there are few, not from the pieces.
    """
    found: Counter[int] = Counter()
    place = text.find("\n")
    while place >= 0:
        index = bisect_left(starts, place)
        if 0 < index < len(pieces) and pieces[index - 1][1] <= place:
            found[index] += 1
        place = text.find("\n", place + 1)
    return found


# --- Reading ----------------------------------------------------------------------------------

#: What is looked at to find the columns and the scheme, in bytes.
_SAMPLE: Final = 128_000
#: The least share of a column's values that must be tags for it to be the column of tags.
_MOSTLY: Final = 0.9
#: The labels of chunks, whose tags look like those of names.
_CHUNKS: Final = frozenset({
    "ADJP", "ADVP", "AP", "CONJP", "INTJ", "LST", "NP", "NX", "PC", "PP", "PRT", "SBAR", "UCP",
    "VC", "VP", "VX",
})  # fmt: skip
_DOCUMENT_START: Final = "-DOCSTART-"
#: How many lines tell the shape of a file at least.
_FEW: Final = 2
_NEW_DOCUMENT: Final = re.compile(
    r"-DOCSTART-|#\s*(?:newdoc|begin document|(?:\w+:)?document_id)\b|###MEDLINE:"
)
_TOLD_TEXT: Final = re.compile(r"#\s*text\s*=\s*(.*\S)\s*")
#: What a column of tokens is called in the first line, where that names the columns.
_TOKEN_NAMES: Final = frozenset({"token", "tokens", "word", "words", "form"})
#: What says that no space follows a token, in a column of flags.
_HIPE_GLUE: Final = "NoSpaceAfter"
_GLUES: Final = frozenset({_HIPE_GLUE, "SpaceAfter=No"})
#: The flag of a token at the end of a printed line, and what joins such a line to the next.
_LINE_ENDS: Final = "EndOfLine"
_HYPHENS: Final = frozenset("-¬⸗\u00ad\u2010")
#: Endings that only files with columns have; under all others the content has to be clear.
_OWN_SUFFIXES: Final = frozenset(
    {".conll", ".conll2", ".gold_conll", ".v4_gold_conll", ".iob", ".iob2", ".bio"}
)
#: The language in front of every token of WikiANN: “en:Ulm”.
_LANGUAGE_MARK: Final = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:(?=.)")
_BLANKS: Final = re.compile("[ \t]+")
_LINE_END: Final = re.compile("\r\n|\r|\n")
_OFFSETS: Final = ".offsets.tsv"

_RECONSTRUCTED: Final = (
    "The file holds tokens and no white space: the text was put together from them, a sentence a "
    "line, and its spaces were guessed."
)
_TOLD: Final = (
    "The file holds tokens: the text was put together from them, a sentence a line, with the "
    "spaces that the file tells."
)
_FILLED: Final = (
    "The file holds tokens and no white space: the text was put together from them and their "
    "offsets. Gaps were filled with spaces, between sentences with line ends."
)


#: WebAnno's own formats: version 3, and 1 and 2, whose columns hold several layers.
_WEBANNO: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:#FORMAT=WebAnno| ?# ?[\w.]+\.[\w.]+ \| )")


class Reader(base.Reader):
    """Reads files with a token and its tag per line."""

    title: ClassVar[str] = "CoNLL (a token and its tag per line)"
    suffixes: ClassVar[tuple[str, ...]] = (
        *sorted(_OWN_SUFFIXES), ".tsv", ".txt", "",
        ".train", ".dev", ".test", ".testa", ".testb", ".ner",
    )  # fmt: skip
    holds_many: ClassVar[bool] = True
    companions: ClassVar[tuple[str, ...]] = (_OFFSETS,)

    def recognises(self, source: Source) -> bool:
        """A table may be called ``.tsv`` and prose ``.txt``: there a column must hold tags."""
        if _WEBANNO.match(source.data):
            return False
        sample = _sampled(source)
        if source.suffix in _OWN_SUFFIXES:
            return _holds_names(sample) or not sample.is_conllu
        if source.suffix == ".tsv":
            return len(sample.rows) > 1 and _holds_names(sample)
        return sample.is_regular and _holds_names(sample)

    def options(self, source: Source) -> tuple[Option, ...]:
        """The columns, the scheme, and where articles start."""
        sample = _sampled(source)
        tag = _guessed_tag(sample)
        token = _guessed_token(sample, tag)
        columns = tuple((str(n + 1), sample.described(n)) for n in range(sample.width))
        chosen = _number_of(source.options.get("tag_column", ""), sample.width)
        scheme = guess_scheme(sample.tags(tag if chosen is None else chosen))
        return (
            Option("token_column", "Column of the token", str(token + 1), columns),
            Option("tag_column", "Column of the tag", str(tag + 1), columns),
            Option("scheme", "Tagging scheme", scheme.value, _SCHEMES),
            Option("articles", "An article starts", "marks", _ARTICLE_STARTS),
        )

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each document that holds tokens.

        Raises FormatError where no column holds tags, or what was chosen is not there.
        """
        layout = _layout(source)
        file = _File(source, Lines(source), layout)
        places, problem = _places(file)
        notes = (*file.lines.notes, *([problem] if problem else []), *_unread(layout))
        found = False
        for document in _documents(file, places):
            draft = _draft(document, file, notes)
            if draft.text.strip():  # a token may be all of what cannot be stored
                found = True
                yield draft
        if not found:
            raise FormatError(f"{source.name} holds no tokens.")


_SCHEMES: Final = tuple((scheme.value, title) for scheme, title in SCHEME_TITLES.items())
_ARTICLE_STARTS: Final = (
    ("marks", "where the file marks a document, such as -DOCSTART-"),
    ("blank lines", "after every blank line"),
)


# --- What the columns are ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sample:
    """The first lines of a file, cut into columns; ``rows`` are those that are ``width`` wide.

    ``lines`` is how many lines there are that say anything; ``bars`` is how many bars each token of
    a file with a sentence a line has, and 0 in all others.
    """

    has_tabs: bool
    width: int
    sentences: list[list[list[str]]]
    lines: int
    bars: int = 0

    @property
    def rows(self) -> list[list[str]]:
        return [row for rows in self.sentences for row in rows]

    @property
    def is_regular(self) -> bool:
        """True where nearly all lines have as many columns, as no prose has."""
        return len(self.rows) > _FEW and len(self.rows) >= _MOSTLY * self.lines

    @property
    def is_conllu(self) -> bool:
        """Ten columns with tabs between, the first a number: CoNLL-U, which has its own reader."""
        return (
            self.has_tabs
            and self.width == 10
            and all(row[0].replace("-", "").replace(".", "").isdecimal() for row in self.rows)
        )

    def column(self, number: int) -> list[str]:
        return [row[number] for row in self.rows]

    def tags(self, number: int) -> list[list[str]]:
        return [[layers_of(row[number])[0] for row in rows] for rows in self.sentences]

    def described(self, number: int) -> str:
        """The column as a person can recognise it: its number and its first different values."""
        values = list(dict.fromkeys(self.column(number)[:200]))[:4]
        return f"{number + 1}: {', '.join(map(shortened, values))}"


def _sampled(source: Source) -> _Sample:
    text = _head(source)
    lines = _LINE_END.split(text)
    if len(source.data) > _SAMPLE:
        del lines[-1]  # which is cut off
    lines = [line for line in lines if not _NEW_DOCUMENT.match(line)]
    bars = _bars_of(lines) if source.suffix.startswith(".iob") else 0
    if bars:
        lines = [row for line in lines for row in _unbarred(line, bars)]
    filled = [line for line in lines if line.strip()]
    # Unless there is nothing else, which then are tokens.
    filled = [line for line in filled if not line.startswith("# ")] or filled
    if filled and _is_header(_columns(filled[0], has_tabs="\t" in filled[0])):
        lines.remove(filled.pop(0))
    has_tabs = sum("\t" in line for line in filled) * 2 >= max(1, len(filled))
    widths = Counter(len(_columns(line, has_tabs=has_tabs)) for line in filled)
    # Of widths that are equally common the larger: comments are often short.
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    sentences = [
        [row for line in block if len(row := _columns(line, has_tabs=has_tabs)) == width]
        for is_filled, block in groupby(lines, key=lambda line: bool(line.strip()))
        if is_filled
    ]
    return _Sample(has_tabs, width, [rows for rows in sentences if rows], len(filled), bars)


def _is_header(cells: Sequence[str]) -> bool:
    """True for the names of columns, among which is that of the tokens and no tag."""
    names = {cell.casefold() for cell in cells}
    return not names.isdisjoint(_TOKEN_NAMES) and not any(
        cell in OUTSIDE or is_prefixed(cell) or cell.isdecimal() for cell in cells
    )


def _bars_of(lines: Iterable[str]) -> int:
    """How many bars each token has where a line is a sentence: one or two; else 0."""
    filled = [line.split() for line in lines if line.strip()][:_FEW]
    counts = {token.count("|") for tokens in filled for token in tokens}
    return counts.pop() if len(counts) == 1 and counts <= {1, 2} else 0


def _unbarred(line: str, bars: int) -> list[str]:
    """A sentence of ``token|tag`` as lines with tabs, and the blank line that ends it."""
    return [*("\t".join(token.rsplit("|", bars)) for token in line.split()), ""]


def _head(source: Source) -> str:
    """The first characters of a file; none is missing, though some may be wrong."""
    head = source.data[:_SAMPLE]
    if b"\0" in head:  # as UTF-16 has
        with suppress(FormatError):
            return decode(head, chosen=source.encoding).text
    try:
        return head.decode(source.encoding or "utf-8-sig", "replace")
    except (LookupError, UnicodeError):
        return head.decode("utf-8-sig", "replace")


def _columns(line: str, *, has_tabs: bool) -> list[str]:
    """The cells of a line. Only tabs and plain spaces separate: a token may hold any other."""
    line = line.rstrip(" \t")
    if has_tabs:
        return [cell.strip(" ") for cell in line.split("\t")]
    return _BLANKS.split(line.lstrip(" \t"))


@dataclass(frozen=True, slots=True)
class _Profile:
    """How a column looks as a column of tags, by numbers of values."""

    values: int
    outside: int
    prefixed: int
    bare: int
    kinds: int
    is_chunks: bool
    is_brackets: bool

    @classmethod
    def of(cls, values: Sequence[str]) -> "_Profile":
        counts = Counter(values)
        prefixed = {value: count for value, count in counts.items() if is_prefixed(value)}
        bare = {v: n for v, n in counts.items() if v not in prefixed and v not in OUTSIDE}
        opened = sum(n for v, n in counts.items() if v.startswith("(") and v.endswith("*"))
        # The last sentence of a sample may be cut off in a name.
        is_balanced = opened - counts["*)"] in {0, 1} and len(counts) > 1
        brackets = is_balanced and all(map(is_bracketed, counts))
        return cls(
            len(values),
            counts["O"],
            sum(prefixed.values()),
            sum(bare.values()),
            len(bare),
            bool(prefixed) and {label_of(value) for value in prefixed} <= _CHUNKS,
            brackets,
        )

    @property
    def is_prefixed(self) -> bool:
        return self.prefixed > 0 and self.bare <= (1 - _MOSTLY) * self.values

    @property
    def is_bare(self) -> bool:
        """Labels without a letter before them: few of them, many times, and often O."""
        few = 2 * self.kinds <= max(self.bare, 4)
        return not self.prefixed and self.outside * 5 >= self.values > 0 and few

    @property
    def rank(self) -> tuple[int, int]:
        """Names before what could be anything before chunks; of equals the one with the most."""
        if self.is_prefixed:
            return (1 if self.is_chunks else 3, self.prefixed)
        if self.is_brackets:
            return (3, self.values)
        return (2, self.bare) if self.is_bare else (0, 0)


def _profiles(sample: _Sample) -> list[_Profile]:
    return [_Profile.of(sample.column(number)) for number in range(sample.width)]


def _holds_names(sample: _Sample) -> bool:
    """True where a column surely holds tags of names: a table of words and numbers has none."""
    return sample.width > 1 and any(
        profile.is_prefixed or profile.is_brackets or (profile.is_bare and profile.bare > 1)
        for profile in _profiles(sample)
    )


def _guessed_tag(sample: _Sample) -> int:
    """The column of the tag, from 0; the last where none is better."""
    ranks = [(profile.rank, number) for number, profile in enumerate(_profiles(sample))]
    return max(ranks, default=((0, 0), 0))[1]


#: What stands for a value that is not known.
_NOTHING: Final = frozenset({"-X-", "_"})


def _guessed_token(sample: _Sample, tag: int) -> int:
    """The first column that holds neither tags nor numbers, nor always the same or nothing."""
    others = [number for number in range(sample.width) if number != tag]
    for number in others:
        values = sample.column(number)
        is_number = all(value.replace("-", "").isdecimal() for value in values)
        is_constant = len(values) > 3 and len(set(values)) == 1
        is_constant = is_constant or set(values) <= _NOTHING
        if not is_number and not is_constant and not _Profile.of(values).is_prefixed:
            return number
    return others[0] if others else 0


class _Layout(NamedTuple):
    """How a file is to be read; columns count from 0, the last is -1."""

    has_tabs: bool
    width: int
    token: int
    tag: int
    scheme: Scheme
    by_blank_lines: bool
    #: The column of flags that tell of spaces; None where there is none.
    flags: int | None
    #: What stands in front of every token and is none of it.
    mark: str
    #: How many bars each token has in a file with a sentence a line, else 0.
    bars: int
    #: Further columns with tags, by number from 1.
    unread: tuple[int, ...]


def _layout(source: Source) -> _Layout:
    """The layout as chosen, or as guessed where nobody chose."""
    sample = _sampled(source)
    if sample.width < 2:
        raise FormatError(f"{source.name} has no columns: a token and its tag per line are needed.")
    tag = _chosen_column(source, "tag_column", sample, _guessed_tag(sample))
    token = _chosen_column(source, "token_column", sample, _guessed_token(sample, tag))
    if token == tag:
        raise FormatError(f"{source.name}: the column of the token cannot be that of the tag.")
    chosen = source.options.get("scheme", "")
    try:
        scheme = Scheme(chosen) if chosen else guess_scheme(sample.tags(tag))
    except ValueError as error:
        raise FormatError(f"“{shortened(chosen)}” is no tagging scheme.") from error
    tags = sample.column(tag)
    if 2 * sum(is_tag(one, scheme) for one in tags) <= len(tags) or not (
        chosen or scheme is not Scheme.IO or _Profile.of(tags).is_bare
    ):
        wrong = next((one for one in tags if not is_tag(one, scheme)), tags[0])
        raise FormatError(
            f"{source.name} has no tags such as B-ORG and O in column {tag + 1}: "
            f"“{shortened(wrong)}” is none."
        )
    return _Layout(
        sample.has_tabs,
        sample.width,
        token,
        # Where a line has more cells than most, its last one is the tag all the same.
        -1 if tag == sample.width - 1 else tag,
        scheme,
        source.options.get("articles") == "blank lines",
        _flags_column(sample),
        _mark_of(sample.column(token)),
        sample.bars,
        tuple(
            number + 1
            for number, profile in enumerate(_profiles(sample))
            if number != tag and profile.is_prefixed and not profile.is_chunks
        ),
    )


def _flags_column(sample: _Sample) -> int | None:
    """The column that tells after which tokens there is no space."""
    for number in range(sample.width):
        if any(not _GLUES.isdisjoint(value.split("|")) for value in sample.column(number)):
            return number
    return None


def _mark_of(tokens: Sequence[str]) -> str:
    """The language that stands in front of every token; "" where none does."""
    match = _LANGUAGE_MARK.match(tokens[0])
    if match is None or len(tokens) <= _FEW:
        return ""
    return match[0] if all(token.startswith(match[0]) for token in tokens) else ""


def _chosen_column(source: Source, name: str, sample: _Sample, guess: int) -> int:
    chosen = source.options.get(name, "")
    if not chosen:
        return guess
    number = _number_of(chosen, sample.width)
    if number is None:
        raise FormatError(
            f"{source.name} has {sample.width} columns; “{shortened(chosen)}” is none of them."
        )
    return number


def _number_of(chosen: str, width: int) -> int | None:
    """The number of a column from 0, for what a person chose; None where it is none."""
    if len(chosen) > 4 or not chosen.isdecimal():
        return None
    return int(chosen) - 1 if 1 <= int(chosen) <= width else None


def _unread(layout: _Layout) -> Iterator[str]:
    if layout.unread:
        columns = " and ".join(map(str, layout.unread))
        several = f"Columns {columns} hold" if layout.unread[1:] else f"Column {columns} holds"
        yield f"{several} tags as well, which were not read; another column can be chosen."


# --- From lines to documents ------------------------------------------------------------------


class _File(NamedTuple):
    """A file, its lines, and how they are to be read."""

    source: Source
    lines: Lines
    layout: _Layout


class _Row(NamedTuple):
    """One token; ``tag`` is None where there is none, ``glue`` the flag that no space follows."""

    line: int
    token: str
    tag: str | None
    glue: str = ""


class _Told(NamedTuple):
    """The text of the sentence that follows, as a comment tells it."""

    text: str


class _Mark(Enum):
    SENTENCE_ENDS = auto()
    DOCUMENT_STARTS = auto()
    NO_TOKEN = auto()


def _events(file: _File) -> Iterator[tuple[int, _Row | _Mark | _Told]]:
    """What each line says, with its number; nothing for comments."""
    layout = file.layout
    may_be_header = True
    for number, line in _split(file):
        if not line.strip():
            yield number, _Mark.SENTENCE_ENDS
        elif _NEW_DOCUMENT.match(line):
            yield number, _Mark.DOCUMENT_STARTS
        else:
            cells = _columns(line, has_tabs=layout.has_tabs)
            tag = _tag_of(cells, layout)
            if line.startswith("#") and _is_comment(cells, tag, layout):
                if told := _TOLD_TEXT.fullmatch(line):
                    yield number, _Told(told[1])
                continue
            if not (may_be_header and _is_header(cells)):
                yield number, _event(number, cells, tag, layout)
            may_be_header = False


def _split(file: _File) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; of a file with a sentence a line, one for each token."""
    bars = file.layout.bars
    for number, line in file.lines.numbered():
        if not bars:
            yield number, line
            continue
        for row in _unbarred(line, bars):
            yield number, row


def _event(number: int, cells: Sequence[str], tag: str | None, layout: _Layout) -> _Row | _Mark:
    token = cells[layout.token] if layout.token < len(cells) else ""
    token = token.removeprefix(layout.mark)
    if token == _DOCUMENT_START:
        return _Mark.DOCUMENT_STARTS
    if token.strip():
        return _Row(number, token, tag, _glue_of(token, cells, layout))
    # Tokens are counted from 1, and a 0 stands where a sentence ends (neat).
    return _Mark.SENTENCE_ENDS if cells[0] == "0" else _Mark.NO_TOKEN


def _tag_of(cells: Sequence[str], layout: _Layout) -> str | None:
    if layout.tag < 0:
        return cells[-1] if len(cells) > layout.token + 1 else None
    return cells[layout.tag] if layout.tag < len(cells) else None


def _is_comment(cells: Sequence[str], tag: str | None, layout: _Layout) -> bool:
    is_tagged = tag is not None and is_tag(tag, layout.scheme)
    return len(cells) != layout.width or not is_tagged


def _glue_of(token: str, cells: Sequence[str], layout: _Layout) -> str:
    """The flag that no space follows a token; "" where there is none, or where a line ends."""
    if layout.flags is None or layout.flags >= len(cells):
        return ""
    flags = cells[layout.flags].split("|")
    if _LINE_ENDS in flags and token[-1] not in _HYPHENS:
        return ""
    return next((flag for flag in flags if flag in _GLUES), "")


class _Place(NamedTuple):
    """Where a token stood in its article, in code points."""

    article: str
    is_first: bool
    start: int
    end: int


@dataclass(slots=True)
class _Document:
    """The sentences of one article, and the place of each token where places are known.

    ``told`` are the texts of sentences by their index, where comments tell them.
    """

    sentences: list[list[_Row]] = field(default_factory=lambda: [[]])
    places: list[_Place] = field(default_factory=list)
    without_token: list[int] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.sentences)


def _documents(file: _File, places: Iterable[_Place] | None) -> Iterator[_Document]:
    """The documents that hold tokens; of one that has none there is nothing to tell."""
    document = _Document()
    characters = 0
    following = iter(places or ())
    for line, event in _events(file):
        at = next(following, None) if isinstance(event, _Row) else None
        if document and _starts_article(event, at, file.layout):
            yield document
            document, characters = _Document(), 0
        if isinstance(event, _Row):
            characters += len(event.token)
            check_article_so_far(characters, file.source.name, line)
            document.sentences[-1].append(event)
            document.places += (at,) if at is not None else ()
        elif isinstance(event, _Told):
            document.told[len(document.sentences) - 1] = event.text
        elif event is _Mark.NO_TOKEN:
            document.without_token.append(line)
        elif document.sentences[-1]:
            document.sentences.append([])
    if document:
        yield document


def _starts_article(event: _Row | _Mark | _Told, at: _Place | None, layout: _Layout) -> bool:
    """Whether what follows belongs to another article than what was before."""
    if event is _Mark.DOCUMENT_STARTS or (at is not None and at.is_first):
        return True
    return layout.by_blank_lines and event is _Mark.SENTENCE_ENDS


# --- Where the tokens stood -------------------------------------------------------------------


def _places(file: _File) -> tuple[Iterable[_Place] | None, str]:
    """The places of all tokens, where a table beside the file knows them; else why not."""
    name = file.source.stem + _OFFSETS
    beside = file.source.beside.items()
    table = next((data for path, data in beside if PurePosixPath(path).name == name), None)
    if table is None:
        return None, ""
    rows = (event for _, event in _events(file) if isinstance(event, _Row))
    try:
        for row, at in zip_longest(rows, _Table(table)):
            if row is None or at is None:
                return None, f"{name} has not as many rows as the file has tokens: it was not used."
            if at.end - at.start != len(row.token):
                return None, f"{name} does not fit the token in line {row.line}: it was not used."
    except ValueError as error:
        return None, f"{name} cannot be read ({error}): it was not used."
    return _Table(table), ""


class _Table:
    """The rows of a table of offsets; ValueError for what is none."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[_Place]:
        article, position = "", 0
        stream = io.TextIOWrapper(io.BytesIO(self._data), "utf-8-sig", newline=None)
        for number, line in enumerate(stream, start=1):
            if number == 1 or not line.strip():
                continue
            cells = line.split("\t")
            if len(cells) != 4:
                raise ValueError(f"line {number} has {len(cells)} columns, not 4")
            start, end = int(cells[2]), int(cells[3])
            is_first = cells[0] != article or cells[1] == "1"
            article, position = cells[0], 0 if is_first else position
            if not position <= start < end <= MAX_ARTICLE_CHARACTERS:
                raise ValueError(f"line {number} holds no place after the one before")
            position = end
            yield _Place(article, is_first, start, end)


# --- From documents to drafts -----------------------------------------------------------------


def _draft(document: _Document, file: _File, file_notes: Sequence[str]) -> ArticleDraft:
    source = file.source
    sentences = [rows for rows in document.sentences if rows]
    gaps, is_told = _gaps_of(document, file)
    text, starts = _text_of(sentences, document.places, gaps)
    check_article_length(text, source.name)
    names = _names_of(sentences, starts, file.layout.scheme)
    placed = place(text, names.claims, units=Units.CODE_POINTS)
    return ArticleDraft(
        text=placed.text,
        metadata=Metadata(language=source.language),
        zones=find_zones(placed.text),
        mentions=placed.mentions,
        # The marks of a person may be all that there is or a part: the file does not say.
        status=ReviewStatus.OPEN if placed.mentions else ReviewStatus.UNREVIEWED,
        encoding=file.lines.encoding,
        changes=placed.changes,
        notes=(*file_notes, *_notes(document, names, is_told=is_told), *placed.notes),
        unplaced=(*placed.unplaced, *names.unplaced),
        number=_number(document.places),
    )


def _number(places: Sequence[_Place]) -> int | None:
    article = places[0].article if places else ""
    return int(article) if re.fullmatch("[1-9][0-9]{0,17}", article) else None


def _gaps_of(document: _Document, file: _File) -> tuple[list[list[str]], bool]:
    """What stood before each token of each sentence, and whether the file tells all of it."""
    gaps: list[list[str]] = []
    guessed = 0
    for index, rows in enumerate(document.sentences):
        tokens = [row.token for row in rows]
        if not rows or document.places:
            told: list[str] | None = [""] * len(rows)
        elif file.layout.flags is not None:
            told = ["", *(" " if _is_apart(*pair) else "" for pair in pairwise(rows))]
        else:
            told = _gaps_in(document.told.get(index, ""), tokens)
        guessed += told is None
        if rows:
            gaps.append(told or spaced(tokens, file.source.language))
    return gaps, not guessed


def _is_apart(row: _Row, following: _Row) -> bool:
    """Whether a space stands between two tokens whose flags tell of spaces."""
    if row.glue == _HIPE_GLUE and row.token[-1].isalpha() and following.token[0].isalpha():
        return True
    return not row.glue


def _gaps_in(text: str, tokens: Sequence[str]) -> list[str] | None:
    """The white space before each token in a text; None where they are not all of it."""
    gaps = []
    position = 0
    for token in tokens:
        start = text.find(token, position)
        if start < 0 or text[position:start].strip():
            return None
        gaps.append(text[position:start])
        position = start + len(token)
    return None if text[position:].strip() else gaps


def _text_of(
    sentences: Sequence[Sequence[_Row]], places: Sequence[_Place], gaps: Sequence[Sequence[str]]
) -> tuple[str, list[int]]:
    """The text of an article, and where each token starts in it."""
    parts: list[str] = []
    starts: list[int] = []
    position = 0
    for rows, before in zip(sentences, gaps, strict=True):
        tokens = [row.token for row in rows]
        for index, (gap, token) in enumerate(zip(before, tokens, strict=True)):
            opens_sentence = index == 0 and bool(starts)
            filler = "\n" if opens_sentence else gap
            if places:
                width = places[len(starts)].start - position
                filler = ("\n" if opens_sentence else " ") * width
            parts += (filler, token)
            starts.append(position + len(filler))
            position += len(filler) + len(token)
    return "".join(parts), starts


@dataclass(slots=True)
class _Names:
    claims: list[Claim] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    faults: dict[Fault, list[int]] = field(default_factory=lambda: defaultdict(list))
    without_tag: list[int] = field(default_factory=list)


def _names_of(sentences: Iterable[Sequence[_Row]], starts: Sequence[int], scheme: Scheme) -> _Names:
    """The names that the tags mark, as spans of the text, and what was wrong with the tags."""
    names = _Names()
    offset = 0
    for rows in sentences:
        names.without_tag += [row.line for row in rows if row.tag is None]
        for tags in _layers_of([row.tag or "O" for row in rows]):
            _add_names(names, rows, starts[offset : offset + len(rows)], tags, scheme)
        offset += len(rows)
    return names


def _layers_of(tags: Sequence[str]) -> Iterator[list[str]]:
    """The tags of a sentence; where cells hold those of several layers, each layer by itself."""
    cells = [layers_of(tag) for tag in tags]
    for layer in range(max(map(len, cells))):
        yield [cell[layer] if layer < len(cell) else "O" for cell in cells]


def _add_names(
    names: _Names, rows: Sequence[_Row], starts: Sequence[int], tags: Sequence[str], scheme: Scheme
) -> None:
    """Add what the tags of one sentence mark, whose tokens start at ``starts``."""
    reading = read_tags(tags, scheme)
    for first, last, label in reading.names:
        end = starts[last - 1] + len(rows[last - 1].token)
        names.claims.append(Claim(starts[first], end, label, line=rows[first].line))
    for index, fault in reading.faults:
        names.faults[fault].append(rows[index].line)
    for index in reading.invalid:
        row, start = rows[index], starts[index]
        reason = f"“{shortened(row.tag or '')}” is no tag of the scheme {scheme.upper()}"
        end = start + len(row.token)
        names.unplaced.append(Unplaced(start, end, "", row.token, reason, row.line))


def _notes(document: _Document, names: _Names, *, is_told: bool) -> Iterator[str]:
    if document.places:
        yield _FILLED
    else:
        yield _TOLD if is_told else _RECONSTRUCTED
    for fault, lines in names.faults.items():
        yield f"{at_lines(lines)}: {fault}"
    if names.without_tag:
        yield f"{at_lines(names.without_tag)}: a token has no tag; it was taken to be in no name"
    if document.without_token:
        yield f"{at_lines(document.without_token)}: there is no token; left out"
