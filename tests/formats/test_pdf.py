"""PDF: letters on pages become paragraphs, and every guess on the way is told."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from annotations.domain.articles import ArticleDraft
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError, Source
from annotations.formats.pdf import Reader, extract

GOLDEN = Path(__file__).parent.parent / "samples/formats/pdf/ferry.pdf"
REAL = Path(__file__).parents[3] / "shared/samples/formats/pdf/2023-06-20-PV.pdf"
real = pytest.mark.skipif(not REAL.exists(), reason="the sample PDF is not on this machine")

type Placed = tuple[float, float, float, str]  # left and baseline in points, size, text


def pdf(*pages: Sequence[Placed], title: str = "", more: str = "") -> bytes:
    """A PDF of lines of text, each at its place; ``more`` are entries of the trailer."""
    first_page = 5
    numbers = [first_page + 2 * index for index in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /CreationDate (D:20310304233000+01'00') /Author (Orla Winslade) /Title <FEFF"
        + title.encode("utf-16-be").hex().encode()
        + b"> >>",
    ]
    for number, lines in zip(numbers, pages, strict=True):
        content = b"\n".join(
            f"BT /F1 {size} Tf {x} {y} Td <{text.encode('cp1252').hex()}> Tj ET".encode()
            for x, y, size, text in lines
        )
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    written = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R /Info 4 0 R %b >>\n"
        b"startxref\n%d\n%%%%EOF\n"
    ) % (len(objects) + 1, table, len(objects) + 1, more.encode(), len(written))


def column(*lines: str, left: float = 72, top: float = 700, step: float = 14) -> list[Placed]:
    """Lines of 11 points below each other; a tab at the start is an indent, "" a gap."""
    return [
        (left + 18 * line.startswith("\t"), top - step * index, 11, line.strip("\t"))
        for index, line in enumerate(lines)
        if line
    ]


def framed(number: int, *lines: Placed) -> list[Placed]:
    """A page with a running header and a footer."""
    return [
        (72, 800, 8, "Harbour Gazette, 4 March 2031"),
        *lines,
        (290, 30, 8, f"Page {number} of 3"),
    ]


def ferry() -> bytes:
    """The PDF of the golden file: three pages with a headline, divided words and a frame."""
    return pdf(
        framed(
            1,
            (72, 740, 24, "Ferry line returns to Port Alder"),
            *column(
                "By Orla Winslade",
                "",
                "PORT ALDER (Coast Wire) — Mayor Ines Okafor cut a ribbon on Monday as the first",
                "ferry since 2009 left for Tern Island. Nobody had expected so many passen-",
                "gers, and the well-known “Alder” was full. The fleet is US-",
                "made.",
                "",
                "The line is run by Alder Marine Co. and costs 4.50 euros. It was said to be too",
                "dear for the islanders.",
            ),
        ),
        framed(
            2,
            (72, 740, 14, "A long wait"),
            *column(
                "\t“We waited long enough,” Okafor said on the pier. She had been elected on a",
                "promise to bring back the ferry, which her predecessor had sold, and she thanked",
                "the islanders for the patience.",
                "\tCritics at the Tern Island Council were not convinced at all that the well-",
                "known ship could cross in winter. It will be tried, they said, and the town will",
            ),
        ),
        framed(3, *column("pay for it.")),
        title="ferry.indd",
    )


def read(data: bytes, **options: str) -> ArticleDraft:
    [draft] = Reader().read(Source("ferry.pdf", data, language="cy", options=options))
    return draft


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def paragraphs(*pages: Sequence[Placed]) -> list[str]:
    """The text block by block, read without the process around."""
    found = extract(pdf(*pages), "x.pdf")
    return [text for _, text in json.loads(json.dumps(found["blocks"]))]


def test_the_golden_pdf_is_the_one_built_here() -> None:
    assert GOLDEN.read_bytes() == ferry()


def test_lines_become_paragraphs_and_sizes_headings() -> None:
    draft = read(GOLDEN.read_bytes())
    assert zones(draft) == [
        (Zone.HEADLINE, "Ferry line returns to Port Alder"),
        (Zone.BYLINE, "By Orla Winslade"),
        (Zone.DATELINE, "PORT ALDER (Coast Wire) —"),
        (
            Zone.PARAGRAPH,
            (
                "Mayor Ines Okafor cut a ribbon on Monday as the first ferry since 2009 left for "
                "Tern Island. Nobody had expected so many passengers, and the well-known “Alder” "
                "was full. The fleet is US-made."
            ),
        ),
        (
            Zone.PARAGRAPH,
            (
                "The line is run by Alder Marine Co. and costs 4.50 euros. It was said to be too "
                "dear for the islanders."
            ),
        ),
        (Zone.SUBHEADING, "A long wait"),
        (
            Zone.PARAGRAPH,
            (
                "“We waited long enough,” Okafor said on the pier. She had been elected on a "
                "promise to bring back the ferry, which her predecessor had sold, and she thanked "
                "the islanders for the patience."
            ),
        ),
        (
            Zone.PARAGRAPH,
            (
                "Critics at the Tern Island Council were not convinced at all that the well-known "
                "ship could cross in winter. It will be tried, they said, and the town will pay "
                "for it."
            ),
        ),
    ]
    assert [zone.zone for zone in draft.zones if not zone.certain] == [
        Zone.HEADLINE,
        Zone.SUBHEADING,
    ]


def test_every_guess_is_told() -> None:
    draft = read(GOLDEN.read_bytes())
    assert draft.changes == (
        (
            "The lines of the pages were joined to paragraphs by their places and sizes, in the "
            "order in which the file draws them."
        ),
        (
            "6 lines were left out as running headers, footers or page numbers: “Harbour Gazette, "
            "4 March 2031”, “Page 1 of 3”, “Page 2 of 3” and “Page 3 of 3”."
        ),
        "Hyphens at line ends were taken out (1): passengers.",
        "Hyphens at line ends were kept (2): US-made and well-known.",
    )
    assert draft.notes == (
        (
            "“Ferry line returns to Port Alder” was taken as the headline, since it is set largest "
            "on the first page."
        ),
        "The day of publication, 2031-03-04, is the one on which the PDF was made.",
    )


def test_metadata_come_from_the_text_before_the_properties() -> None:
    metadata = read(GOLDEN.read_bytes()).metadata
    assert metadata.title == "Ferry line returns to Port Alder"  # and not “ferry.indd”
    assert metadata.byline == "Orla Winslade"
    assert metadata.published_on == date(2031, 3, 4)
    assert metadata.language == "cy"


def test_the_title_of_the_properties_finds_the_headline() -> None:
    lines = column("Zoë — home again", "", "The ferry came home on Monday, to everyone's joy.")
    draft = read(pdf(lines, title="Zoë — home again"))
    assert zones(draft)[0] == (Zone.HEADLINE, "Zoë — home again")
    assert draft.metadata.byline == "Orla Winslade"  # the author, since the text names nobody


def test_the_other_reading_finds_the_same_letters() -> None:
    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text))

    document = pypdfium2.PdfDocument(GOLDEN.read_bytes())
    raw = "".join(page.get_textpage().get_text_range() for page in document)
    for number in (1, 2, 3):
        raw = raw.replace("Harbour Gazette, 4 March 2031", "").replace(f"Page {number} of 3", "")
    assert letters(read(GOLDEN.read_bytes()).text) == letters(raw)


@real
def test_a_pdf_that_nobody_here_wrote() -> None:
    [draft] = Reader().read(Source(REAL.name, REAL.read_bytes()))
    assert (
        "ATTENDU QUE le projet vise la préservation, la restauration et la pérennisation de la "
        "partie avant du bâtiment patrimonial;" in draft.text.split("\n\n")
    )
    assert "2023-0379;" in draft.text
    assert draft.metadata.title.startswith("Comité de démolition - Procès-verbal")
    assert draft.metadata.published_on == date(2023, 6, 21)
    document = pypdfium2.PdfDocument(REAL.read_bytes())
    raw = "".join(page.get_textpage().get_text_range() for page in document)
    assert list(filter(str.isalnum, draft.text)) == list(filter(str.isalnum, raw))


FULL = "The harbour master said on Tuesday that the ferry would stay on the rocks and"


def test_an_indent_starts_a_paragraph_and_what_follows_it_does_not() -> None:
    lines = column("\t" + FULL, FULL, "\t" + FULL, FULL, FULL)
    assert paragraphs(lines) == [f"{FULL} {FULL}", f"{FULL} {FULL} {FULL}"]


def test_paragraphs_of_one_indented_line_stay_apart() -> None:
    lines = column(FULL, FULL, FULL, "\t“No.”", "\t“Yes.”", "\t" + FULL, FULL, FULL, FULL)
    assert paragraphs(lines) == [
        f"{FULL} {FULL} {FULL}",
        "“No.”",
        "“Yes.”",
        f"{FULL} {FULL} {FULL} {FULL}",
    ]


def test_a_short_line_ends_a_paragraph_where_nothing_else_does() -> None:
    lines = column(FULL, "nobody went near it.", FULL, FULL, "it broke.", FULL, FULL)
    assert paragraphs(lines) == [
        f"{FULL} nobody went near it.",
        f"{FULL} {FULL} it broke.",
        f"{FULL} {FULL}",
    ]


def test_bullets_are_items_with_their_further_lines() -> None:
    # The second line hangs below the words of the first.
    lines = column(FULL, FULL, f"• {FULL}", "\tuntil spring", "• and then not", FULL)
    assert paragraphs(lines)[:3] == [f"{FULL} {FULL}", f"• {FULL} until spring", "• and then not"]


def test_columns_are_read_one_after_the_other() -> None:
    left = column("The ferry came home on", "Monday, to the joy of all", "who had been waiting for")
    right = column("it since the winter before", "last.", left=320)
    [text] = paragraphs([*left, *right])
    assert text.endswith("who had been waiting for it since the winter before last.")


def test_a_paragraph_runs_on_over_pages_until_its_sentence_ends() -> None:
    assert paragraphs(column(FULL, FULL), column("left.")) == [f"{FULL} {FULL} left."]
    apart = paragraphs(column(FULL, "they left."), column(f"But {FULL}", FULL))
    assert apart == [f"{FULL} they left.", f"But {FULL} {FULL}"]


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("passen-", "gers came", "passengers came"),
        ("a well-", "known ship", "a wellknown ship"),  # nothing tells that it has a hyphen
        ("the US-", "China talks", "the US-China talks"),
        ("in 2023-", "2024 it", "in 2023-2024 it"),
        ("a dash -", "not more", "a dash - not more"),
        ("a dash—", "not more", "a dash—not more"),
    ],
)
def test_hyphens_at_line_ends(end: str, start: str, joined: str) -> None:
    [text] = paragraphs(column(f"{FULL} {end}", f"{start} {FULL}"))
    assert text == f"{FULL} {joined} {FULL}"


def test_a_hyphen_that_the_file_writes_within_a_line_is_kept() -> None:
    [text] = paragraphs(column(f"{FULL} a well-", f"known ship, as Well-Known as {FULL}"))
    assert "a well-known ship, as Well-Known as" in text


def test_a_hyphen_in_capitals_is_taken_out_where_the_file_writes_the_whole_word() -> None:
    [text] = paragraphs(column(f"{FULL} a NATION-", f"AL park, as national as {FULL}"))
    assert "a NATIONAL park" in text


def test_lines_that_repeat_within_pages_or_at_other_heights_are_kept() -> None:
    pages = [column(f"Page {n} says:", "Nothing new.", "x " * n, top=700 - 50 * n) for n in (1, 2)]
    assert " ".join(paragraphs(*pages)).count("Nothing new.") == 2


def test_a_file_of_nothing_but_headers_keeps_them() -> None:
    assert paragraphs([(72, 800, 8, "Gazette")], [(72, 800, 8, "Gazette")])


def test_a_typed_text_is_taken_instead() -> None:
    typed = "Ferry returns\r\n\r\nBy Ada Lund\r\n\r\nPORT ALDER (AP) — It came home on Monday.\r\n"
    draft = read(GOLDEN.read_bytes(), text=typed)
    assert draft.text == typed.replace("\r\n", "\n")
    assert (Zone.DATELINE, "PORT ALDER (AP) —") in zones(draft)
    assert draft.metadata.byline == "Ada Lund"
    assert draft.metadata.published_on == date(2031, 3, 4)
    assert any("typed" in change for change in draft.changes)
    assert read(GOLDEN.read_bytes(), text="  \n") == read(GOLDEN.read_bytes())


def test_the_text_is_an_option_to_be_typed() -> None:
    [option] = Reader().options(Source("x.pdf", b""))
    assert (option.name, option.guess, option.choices) == ("text", "", ())


def test_a_picture_of_text_can_be_typed_out() -> None:
    assert read(pdf([]), text="It came home.").text == "It came home."


def test_only_pdf_is_recognised() -> None:
    assert Reader().recognises(Source("x.pdf", ferry()))
    assert Reader().recognises(Source("x.pdf", b"\r\n" + ferry()))
    assert not Reader().recognises(Source("x.pdf", b"text about %PDF"))
    assert not Reader().recognises(Source("x.pdf", b""))


ENCRYPTED = "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >> /ID [<00> <00>]"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (pdf([]), "ferry.pdf holds no text, only pictures of it perhaps. Recognise its text"),
        (pdf([(72, 700, 11, "   ")]), "ferry.pdf holds no text"),
        (pdf(column("x"), more=ENCRYPTED.format("7a" * 32)), "ferry.pdf is encrypted"),
        (b"%PDF-1.4 and nothing else", "ferry.pdf is damaged"),
        (b"", "ferry.pdf is damaged"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=f"^{sentence}"):
        read(data)


def test_a_page_without_text_is_named() -> None:
    draft = read(pdf(column(FULL), [], column(FULL)))
    assert any(note.startswith("Page 2 holds no text") for note in draft.notes)


def test_damage_anywhere_is_survived() -> None:
    whole = ferry()
    read_anyway = 0
    for place in range(0, len(whole), 499):
        damaged = whole[:place] + b"\xff(<[" + whole[place + 4 :]
        with suppress(FormatError):
            read_anyway += bool(extract(damaged, "x.pdf")["blocks"])
    assert read_anyway
