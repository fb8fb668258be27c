"""Plain text is annotated as it stands."""

import pytest

from annotations.domain.articles import ArticleDraft
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats.base import FormatError, Source
from annotations.formats.plain_text import Block, Reader, block, zoned

ARTICLE = """Ferry runs aground off Grey Point

By Orla Winslade

DUNMALLOW (Gazette) — A passenger ferry ran onto the rocks on Tuesday, the coastguard said.

“We heard a long scrape,” said Mirela\u00a0Stanku, who was on her way to work.
"""


def read(data: bytes, *, name: str = "lead.txt", encoding: str = "") -> ArticleDraft:
    (draft,) = Reader().read(Source(name, data, encoding=encoding, language="cy"))
    return draft


def test_the_text_stays_as_it_is() -> None:
    draft = read(ARTICLE.encode())
    assert draft.text == ARTICLE
    assert draft.changes == ()
    assert draft.encoding == "utf-8"


def test_line_ends_are_unified_and_reported() -> None:
    draft = read(ARTICLE.replace("\n", "\r\n").encode())
    assert draft.text == ARTICLE
    assert "CRLF" in draft.changes[0]


def test_a_byte_order_mark_is_dropped_and_reported() -> None:
    draft = read(ARTICLE.encode("utf-8-sig"))
    assert draft.text == ARTICLE
    assert "byte order mark" in draft.changes[0]


def test_the_metadata_are_what_the_lines_say() -> None:
    metadata = read(ARTICLE.encode()).metadata
    assert metadata.title == "Ferry runs aground off Grey Point"
    assert metadata.byline == "Orla Winslade"
    assert metadata.language == "cy"
    assert metadata.published_on is None


def test_a_headline_is_reported_as_a_guess() -> None:
    assert "was taken as the headline" in read(ARTICLE.encode()).notes[0]


def test_a_text_without_a_headline_gets_no_title() -> None:
    draft = read(b"The ferry sank on Tuesday. Nobody was hurt, the coastguard said.")
    assert draft.metadata.title == ""
    assert draft.notes == ()


def test_a_guessed_encoding_is_noted() -> None:
    draft = read(ARTICLE.encode("cp1252"))
    assert draft.text == ARTICLE
    assert draft.encoding == "windows-1252"
    assert "guess" in draft.notes[0]


def test_a_chosen_encoding_is_used() -> None:
    assert read("O’Dwyer".encode("mac-roman"), encoding="macintosh").text == "O’Dwyer"


@pytest.mark.parametrize("accident", ["â€™", "Ã©", "Â£", "&amp;", "&nbsp;", "&#8217;"])
def test_mojibake_and_entities_are_left_and_noted(accident: str) -> None:
    text = f"The mayor said {accident} on Tuesday."
    draft = read(text.encode())
    assert draft.text == text
    assert accident in draft.notes[0]
    assert "left as they are" in draft.notes[0]


def test_ordinary_accents_are_no_mojibake() -> None:
    assert read("À São Tomé, l’été. Fish & chips; AT&T.".encode()).notes == ()


def test_a_text_beyond_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(FormatError, match=r"has 1,000,001 characters\. The limit is 1,000,000"):
        read(b"a" * 1_000_001)
    assert len(read(b"a" * 1_000_000).text) == 1_000_000


def test_a_file_of_which_nothing_can_be_stored_is_empty() -> None:
    with pytest.raises(FormatError, match=r"lead\.txt is empty"):
        read(b"\x1b")


def test_blocks_are_joined_by_blank_lines_and_keep_their_zones() -> None:
    text, zones = zoned(
        [
            Block("Mill sold", Zone.HEADLINE),
            Block("The town sold the mill on Sunday for one crown, the mayor said."),
            Block("a roof,", Zone.LIST),
        ]
    )
    assert text.split("\n\n") == [
        "Mill sold",
        "The town sold the mill on Sunday for one crown, the mayor said.",
        "a roof,",
    ]
    assert [(text[z.start : z.end], z.zone) for z in zones] == [
        ("Mill sold", Zone.HEADLINE),
        ("The town sold the mill on Sunday for one crown, the mayor said.", Zone.PARAGRAPH),
        ("a roof,", Zone.LIST),
    ]


def test_a_dateline_within_a_block_is_recognised() -> None:
    text, zones = zoned([Block("OBERLUND (Reuters) - The council voted on Sunday.")])
    assert [(text[z.start : z.end], z.zone) for z in zones] == [
        ("OBERLUND (Reuters) -", Zone.DATELINE),
        ("The council voted on Sunday.", Zone.PARAGRAPH),
    ]


def test_a_heading_that_no_markup_declares_is_uncertain() -> None:
    prose = Block("The council voted on Sunday night to sell the mill, the mayor said.")
    _, zones = zoned([prose, Block("What the bakers promise"), prose])
    assert [(z.zone, z.certain) for z in zones] == [
        (Zone.PARAGRAPH, True),
        (Zone.SUBHEADING, False),
        (Zone.PARAGRAPH, True),
    ]


def test_a_list_below_story_highlights_is_highlights() -> None:
    _, zones = zoned(
        [
            Block("Story highlights", Zone.SUBHEADING),
            Block("Mill sold for one crown", Zone.LIST),
            Block("The council voted on Sunday night, the mayor said.", None),
        ]
    )
    assert [z.zone for z in zones] == [Zone.HIGHLIGHTS, Zone.HIGHLIGHTS, Zone.PARAGRAPH]


def test_a_block_of_several_lines_is_one_zone() -> None:
    assert zoned([Block("one\ntwo", Zone.QUOTE)])[1] == (ZonedSpan(0, 7, Zone.QUOTE),)


@pytest.mark.parametrize("text", ["", " \n", "\ufeff", "\x00", "\ufeff \ufeff"])
def test_nothing_to_read_is_no_block(text: str) -> None:
    assert block(text) is None


def test_a_block_is_normalised_to_the_last() -> None:
    assert block(" \ufeff \ufeffa\r\nb \n") == Block("a\nb")


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ('<?xml version="1.0"?>\n<nitf/>', ".xml"),
        ('[\n {"headline": "Night in Ulm"}]', ".json"),
        ("Received: by ulm;\n\tfriday\nSubject: Night\nMIME-Version: 1.0\n\nUlm slept.", ".eml"),
    ],
)
def test_a_file_of_another_format_is_pointed_out(text: str, ending: str) -> None:
    [note] = read(text.encode()).notes
    assert f"With the ending {ending} it is read as what it is." in note
    assert not [note for note in read(ARTICLE.encode()).notes if "ending" in note]
