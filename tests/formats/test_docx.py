"""Word documents: styles become zones, and a document that was built to break breaks nothing."""

import json
import zipfile
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import mammoth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError, Source
from annotations.formats.docx import Reader, extract
from tests.formats import cast

GOLDEN = Path(__file__).parent.parent / "samples/formats/docx/ferry.docx"
REAL = Path(__file__).parents[3] / "shared/samples/formats/docx"
real = pytest.mark.skipif(not REAL.exists(), reason="the sample documents are not on this machine")

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = (
    '<cp:coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>{title}</dc:title>'
    "<dc:creator>Orla Winslade</dc:creator>"
    "<dcterms:created>2031-03-04T23:30:00Z</dcterms:created></cp:coreProperties>"
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="s{number}"><w:name w:val="{name}"/></w:style>'
    for number, name in enumerate(
        ["Title", "heading 1", "heading 2", "Quote", "caption", "Quotations"]
    )
)
STYLE_IDS = {"Title": "s0", "h1": "s1", "h2": "s2", "Quote": "s3", "caption": "s4"}


def paragraph(text: str, style: str = "", more: str = "") -> str:
    said = f'<w:pPr><w:pStyle w:val="{STYLE_IDS[style]}"/></w:pPr>' if style else ""
    return f'<w:p>{said}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>{more}</w:p>'


def item(text: str) -> str:
    numbering = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    return f"<w:p>{numbering}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: list[str]) -> str:
    cells = (
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{''.join(cells)}</w:tbl>"


def parts(body: str, title: str = "", **more: str) -> dict[str, str]:
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>"
        ),
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/styles" Target="styles.xml"/>'
            f'<Relationship Id="r2" Type="{OFFICE}/footnotes" Target="footnotes.xml"/>'
            f'<Relationship Id="r3" Type="{OFFICE}/numbering" Target="numbering.xml"/>'
            "</Relationships>"
        ),
        "word/styles.xml": f"<w:styles {W}>{STYLES}</w:styles>",
        "word/numbering.xml": (
            f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
            '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1">'
            '<w:abstractNumId w:val="0"/></w:num></w:numbering>'
        ),
        "docProps/core.xml": CORE.format(title=escape(title)),
        **more,
    }


def packed(members: Mapping[str, str | bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2031, 3, 4, 0, 0, 0))
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def document(body: str, title: str = "", **more: str) -> bytes:
    return packed(parts(body, title, **more))


FOOTNOTE_MARK = '<w:r><w:footnoteReference w:id="2"/></w:r>'
FOOTNOTES = (
    f'<w:footnotes {W}><w:footnote w:id="2"><w:p><w:r><w:t>Not counting the crew.</w:t></w:r></w:p>'
    "</w:footnote></w:footnotes>"
)


def ferry() -> bytes:
    """The document of the golden file."""
    return document(
        paragraph("Ferry line returns to Port Alder", "Title")
        + paragraph("By Orla Winslade")
        + paragraph(
            "PORT ALDER (Coast Wire) — Mayor Ines Okafor cut a ribbon on\u00a0Monday. 😀",
            more=FOOTNOTE_MARK + "<w:r><w:t> She smiled.</w:t></w:r>",
        )
        + paragraph("A long wait", "h2")
        + paragraph("“We waited long enough.”", "Quote")
        + paragraph("The ferry at dawn, before its first trip.", "caption")
        + item("Fare: 4.50 euros")
        + item("Crossing: 40 minutes")
        + table(["Day", "Boats"], ["Monday", "4"])
        + paragraph("Second chapter", "h1"),
        title="Document1",
        **{"word/footnotes.xml": FOOTNOTES},
    )


def read(data: bytes, name: str = "ferry.docx") -> ArticleDraft:
    [draft] = Reader().read(Source(name, data, language="cy"))
    return draft


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def test_the_golden_document_is_the_one_built_here() -> None:
    with zipfile.ZipFile(GOLDEN) as golden, zipfile.ZipFile(BytesIO(ferry())) as built:
        assert golden.namelist() == built.namelist()
        assert all(golden.read(name) == built.read(name) for name in golden.namelist())


def test_styles_become_zones_in_reading_order() -> None:
    draft = read(GOLDEN.read_bytes())
    assert zones(draft) == [
        (Zone.HEADLINE, "Ferry line returns to Port Alder"),
        (Zone.BYLINE, "By Orla Winslade"),
        (Zone.DATELINE, "PORT ALDER (Coast Wire) —"),
        (Zone.PARAGRAPH, "Mayor Ines Okafor cut a ribbon on\u00a0Monday. 😀 She smiled."),
        (Zone.SUBHEADING, "A long wait"),
        (Zone.QUOTE, "“We waited long enough.”"),
        (Zone.CAPTION, "The ferry at dawn, before its first trip."),
        (Zone.LIST, "Fare: 4.50 euros"),
        (Zone.LIST, "Crossing: 40 minutes"),
        (Zone.PARAGRAPH, "Day\tBoats\nMonday\t4"),
        (Zone.SUBHEADING, "Second chapter"),
        (Zone.PARAGRAPH, "Not counting the crew."),
    ]


def test_metadata_come_from_the_text_before_the_properties() -> None:
    draft = read(GOLDEN.read_bytes())
    assert draft.metadata.title == "Ferry line returns to Port Alder"  # and not “Document1”
    assert draft.metadata.byline == "Orla Winslade"
    assert draft.metadata.published_on == date(2031, 3, 4)
    assert draft.metadata.language == "cy"
    assert any("2031-03-04" in note for note in draft.notes)


def test_the_title_of_the_properties_marks_the_headline_where_no_style_does() -> None:
    body = paragraph("Ferry returns") + paragraph("It came home on Monday.")
    assert zones(read(document(body, title="ferry returns")))[0] == (
        Zone.HEADLINE,
        "Ferry returns",
    )
    draft = read(document(body, title="Document1"))
    assert (Zone.HEADLINE, "Ferry returns") not in [
        (zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones if zone.certain
    ]
    assert draft.metadata.byline == "Orla Winslade"  # the creator, since the text names nobody


def test_footnotes_stand_at_the_end_and_their_marks_are_gone() -> None:
    draft = read(GOLDEN.read_bytes())
    assert draft.text.endswith("\n\nNot counting the crew.")
    assert "[1]" not in draft.text
    assert "↑" not in draft.text
    assert draft.changes == ("1 footnote stands at the end of the text; the marks were taken out.",)


def test_tracked_insertions_are_taken_deletions_and_comments_are_not() -> None:
    body = (
        "<w:p><w:r><w:t>The ferry </w:t></w:r>"
        "<w:del><w:r><w:delText>sank</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>floats</w:t></w:r></w:ins></w:p>"
    )
    comments = f'<w:comments {W}><w:comment w:id="1"><w:p/></w:comment></w:comments>'
    draft = read(document(body, **{"word/comments.xml": comments}))
    assert draft.text == "The ferry floats"
    assert any("tracked changes" in note for note in draft.notes)
    assert any("comments" in note for note in draft.notes)


def test_the_other_reader_finds_the_same_words() -> None:
    def words(text: str) -> list[str]:
        return text.split()

    raw = mammoth.extract_raw_text(BytesIO(GOLDEN.read_bytes())).value
    ours = read(GOLDEN.read_bytes()).text.removesuffix("Not counting the crew.")
    assert words(ours) == words(raw)


@settings(deadline=None, max_examples=40)
@given(st.lists(cast.texts | st.just(cast.TORTURE), min_size=1, max_size=5))
def test_the_characters_of_paragraphs_are_kept(texts: list[str]) -> None:
    # In a process of its own each example would cost a third of a second.
    lines = [" ".join(part for part in text.split("\n") if part) for text in texts]
    found = extract(document("".join(map(paragraph, lines))), "x.docx")
    blocks = json.loads(json.dumps(found["blocks"]))
    assert "".join("".join(text.split()) for _, text in blocks).lstrip("\ufeff") == "".join(
        "".join(normalise(line).text.split()) for line in lines
    ).lstrip("\ufeff")


def test_torture_comes_back_character_by_character() -> None:
    lines = [" ".join(line.split("\t")) for line in cast.TORTURE.split("\n")]
    draft = read(document("".join(map(paragraph, lines))))
    assert draft.text == "\n\n".join(line.strip() for line in lines)


@real
def test_documents_that_nobody_here_wrote() -> None:
    def text(name: str) -> str:
        return read((REAL / name).read_bytes(), name).text

    assert text("single-paragraph.docx") == "Walking on imported air"
    assert text("tables.docx") == (
        "Above\n\nTop left\tTop right\nBottom left\tBottom right\n\nBelow"
    )
    assert text("footnote-hyperlink.docx") == "Example"
    for name in ("empty.docx", "tiny-picture.docx"):
        with pytest.raises(FormatError, match=f"^{name} holds no text.$"):
            text(name)


def test_only_documents_are_recognised() -> None:
    def recognised(data: bytes) -> bool:
        return Reader().recognises(Source("x.docx", data))

    assert recognised(ferry())
    assert not recognised(packed({"xl/workbook.xml": "<x/>"}))
    assert not recognised(b"")
    assert not recognised(b"word/document.xml")
    assert not recognised(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def bomb() -> bytes:
    return packed({**parts(""), "word/document.xml": b" " * 15_000_000})


def entities() -> bytes:
    bad = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    return packed({**parts(""), "word/document.xml": f"{bad}<x>&b;</x>"})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04 no zip", "x.docx is not a complete zip archive"),
        (ferry()[:-200], "x.docx is not a complete zip archive"),
        (bomb(), "x.docx cannot be read: word/document.xml: it unpacks to more than 200 times"),
        (entities(), "x.docx cannot be read: word/document.xml declares a document type"),
        (packed({"word/document.xml": "<broken"}), "x.docx cannot be read: it is damaged"),
        (packed({"readme.xml": "<x/>"}), "x.docx cannot be read: it is damaged"),
        (document("<w:p/>"), "x.docx holds no text."),
        (document("<w:tbl><w:tr><w:tc>" * 3_000), "x.docx cannot be read: it is damaged"),
    ],
    ids=["no zip", "cut", "bomb", "entities", "no XML", "no parts", "no text", "open elements"],
)
def test_a_document_that_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=f"^{sentence}"):
        read(data, "x.docx")


def test_an_embedded_document_is_left_out() -> None:
    sheet = packed({"xl/workbook.xml": "<x/>"})
    members: dict[str, str | bytes] = {
        **parts(paragraph("Before.")),
        "word/embeddings/sheet.xlsx": sheet,
    }
    assert read(packed(members)).text == "Before."


def test_images_are_left_out_and_linked_files_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG secret")
    picture = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006'
        '/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/'
        f'picture"><pic:blipFill><a:blip xmlns:r="{OFFICE}" r:link="r9"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    links = parts("")["word/_rels/document.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="r9" Type="{OFFICE}/image" Target="{secret.as_uri()}" '
        'TargetMode="External"/></Relationships>',
    )
    draft = read(
        document(paragraph("Before.") + picture, **{"word/_rels/document.xml.rels": links})
    )
    assert draft.text == "Before."
    assert draft.changes == ("1 image was left out.",)


def test_style_rules_that_a_document_brings_are_not_followed() -> None:
    rules = {"mammoth/style-map": "p => h1:fresh"}
    links = parts("")["word/_rels/document.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rMammothStyleMap" Target="/mammoth/style-map" '
        'Type="http://schemas.zwobble.org/mammoth/style-map"/></Relationships>',
    )
    draft = read(document(paragraph("One."), **rules, **{"word/_rels/document.xml.rels": links}))
    assert [zone for zone, _ in zones(draft)] == [Zone.PARAGRAPH]


def test_a_drop_cap_begins_the_paragraph_that_follows() -> None:
    cap = (
        '<w:p><w:pPr><w:framePr w:dropCap="drop" w:lines="3"/></w:pPr><w:r><w:t>U</w:t></w:r></w:p>'
    )
    body = cap + paragraph("lm slept.", "Quote") + cap + paragraph("lm woke.")
    assert read(document(body)).text == "Ulm slept.\n\nUlm woke."
