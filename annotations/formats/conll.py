"""CoNLL-2003: a token and its tag per line, for sequence taggers.

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
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Final, TextIO

from annotations.domain.alignment import Fit, align, flatten, iob2
from annotations.domain.articles import AnnotatedArticle
from annotations.domain.zones import Zone
from annotations.formats.base import Fidelity, Misfit, WriteReport, why_no_example

#: What a line may hold of a token: runs without white space of any kind. The hyphen of a
#: token that reads like the mark of a document's start is set apart, so that none is faked.
_PIECE: Final = re.compile(r"-(?=DOCSTART-)|\S+")
_FINAL: Final = frozenset(".!?…。！？؟۔।")
_CLOSING: Final = frozenset("\"'”’“»«›)]}」』") | _FINAL
#: Zones in which every line is an item of its own, with or without a full stop.
_LINE_ZONES: Final = frozenset({Zone.VIDEO, Zone.HIGHLIGHTS, Zone.LIST})

type _Pieces = list[tuple[int, int]]


class _ColumnWriter:
    """Writes ``corpus.conll`` and ``corpus.offsets.tsv`` into an existing folder.

    A target that is not a folder is the path of the CoNLL file; the offsets go beside it.
    """

    suffix: ClassVar[str] = ""
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

    def write(self, articles: Iterable[AnnotatedArticle], target: Path) -> WriteReport:
        """Write the articles that are examples (`why_no_example`); one pass, one at a time."""
        corpus = target / "corpus.conll" if target.is_dir() else target
        offsets = corpus.with_suffix(".offsets.tsv")
        report = WriteReport(files=sorted([corpus.name, offsets.name]))
        split_tokens = 0
        with (
            corpus.open("w", encoding="utf-8", newline="\n") as lines,
            offsets.open("w", encoding="utf-8", newline="\n") as table,
        ):
            table.write("article\ttoken\tstart\tend\n")
            for article in articles:
                reason = why_no_example(article) or _why_no_tokens(article)
                if reason is not None:
                    report.articles_left_out[reason] += 1
                    continue
                pieces = _pieces(article)
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
        for first, last in pairwise([0, *_cuts(article, pieces, aligned.fits), len(pieces)]):
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


class Writer(_ColumnWriter):
    """The four columns of the shared task."""

    name: ClassVar[str] = "conll"
    title: ClassVar[str] = "CoNLL-2003 (IOB2, four columns)"
    document_start: ClassVar[str] = "-DOCSTART- -X- -X- O\n\n"
    separator: ClassVar[str] = " -X- -X- "


class TwoColumnWriter(_ColumnWriter):
    """Token and tag with a tab between, as doccano reads it.

    Its parser refuses any line without exactly one tab and makes an example of every stretch
    between blank lines, so a line for the start of a document would become an example.
    """

    name: ClassVar[str] = "conll2"
    title: ClassVar[str] = "CoNLL, token and tag (IOB2, two columns)"
    document_start: ClassVar[str] = ""
    separator: ClassVar[str] = "\t"


def _why_no_tokens(article: AnnotatedArticle) -> str | None:
    if article.tokens or not article.text.strip():
        return None
    return "The article has not been split into tokens."


def _count_visible(article: AnnotatedArticle) -> int:
    """How many tokens are more than white space."""
    return sum(not article.text[start:end].isspace() for start, end in article.tokens)


def _pieces(article: AnnotatedArticle) -> _Pieces:
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


def _cuts(article: AnnotatedArticle, pieces: _Pieces, fits: Iterable[Fit]) -> Iterator[int]:
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
        ended = goes_on or _FINAL.issuperset(token)
        previous_end = end


def _layout_cuts(article: AnnotatedArticle, pieces: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The indices of the pieces before which the page itself breaks the text."""
    edges = sorted({edge for zone in article.zones for edge in (zone.start, zone.end)})
    line_zones = [zone for zone in article.zones if zone.zone in _LINE_ZONES]
    starts = [zone.start for zone in line_zones]
    for index, (before, after) in enumerate(pairwise(pieces), start=1):
        breaks = article.text.count("\n", before[1], after[0])
        crosses_edge = bisect_right(edges, before[0]) != bisect_right(edges, after[0])
        if crosses_edge or breaks > 1:
            yield index
        elif breaks:
            zone = bisect_right(starts, before[0]) - 1
            if zone >= 0 and before[0] < line_zones[zone].end:
                yield index
