"""Markdown: what a reader sees is annotated."""

from datetime import date

import pytest

from annotations.domain.articles import ArticleDraft
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError, Source
from annotations.formats.markdown import Reader


def read(markdown: str) -> ArticleDraft:
    (draft,) = Reader().read(Source("lead.md", markdown.encode(), language="en"))
    return draft


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def test_blocks_become_zones() -> None:
    draft = read(
        "# Mill *sold*\n\nBy Agnieszka Böhm\n\n"
        "The town sold the mill on Sunday, the mayor\nsaid.\n\n"
        "## What is planned\n\n- a roof,\n- a wheel.\n\n> A gift with a bill attached.\n\n"
        "Another chapter\n===\n"
    )
    assert zones(draft) == [
        (Zone.HEADLINE, "Mill sold"),
        (Zone.BYLINE, "By Agnieszka Böhm"),
        (Zone.PARAGRAPH, "The town sold the mill on Sunday, the mayor said."),
        (Zone.SUBHEADING, "What is planned"),
        (Zone.LIST, "a roof,"),
        (Zone.LIST, "a wheel."),
        (Zone.QUOTE, "A gift with a bill attached."),
        (Zone.SUBHEADING, "Another chapter"),
    ]
    assert draft.metadata.title == "Mill sold"
    assert draft.metadata.byline == "Agnieszka Böhm"
    assert draft.text == "\n\n".join(text for _, text in zones(draft))


def test_a_dateline_is_recognised_in_a_paragraph() -> None:
    draft = read("OBERLUND (Reuters) - The council voted on **Sunday**.")
    assert zones(draft) == [
        (Zone.DATELINE, "OBERLUND (Reuters) -"),
        (Zone.PARAGRAPH, "The council voted on Sunday."),
    ]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold**, *slanted*, ~~gone~~ and `code`.", "bold, slanted, gone and code."),
        (
            'a [link](https://mill.example "title") and <https://b.example>',
            "a link and https://b.example",
        ),
        ("Fish &amp; chips &copy; \\*2031\\*", "Fish & chips © *2031*"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree"),
        ("one<br>two", "one\ntwo"),
        ("soft\nbreak", "soft break"),
        ("<b>bold</b> and <!-- hidden --> seen", "bold and seen"),
        ("before <script>alert(1)</script>after", "before after"),
        ("a\u00a0b\u200d\u00adc", "a\u00a0b\u200d\u00adc"),
        ("[ref]\n\n[ref]: https://mill.example", "ref"),
        ("    indented *code*", "indented *code*"),
        ("one\n\n***\n\ntwo", "one\n\ntwo"),
        ("1. one\n\n   more\n2. two\n   - inner", "one\n\nmore\n\ntwo\n\ninner"),
        ("| a | b |\n|---|---|\n| 1 | *2* |", "a\tb\n1\t2"),
    ],
)
def test_the_text_is_what_a_reader_sees(markdown: str, text: str) -> None:
    assert read(markdown).text == text


def test_images_are_left_out_and_counted() -> None:
    draft = read('Before ![a mill](mill.jpg "The mill") after.\n\n![](b.png)')
    assert draft.text == "Before after."
    assert draft.changes == ("2 images were left out, with the description.",)


def test_raw_html_is_left_out_and_shown_where_it_begins() -> None:
    draft = read("Before.\n\n<div class='ad'>\nBuy now\n</div>\n\nAfter.")
    assert draft.text == "Before.\n\nAfter."
    assert draft.changes == ("1 block of raw HTML was left out, from “<div class='ad'>” on.",)


def test_front_matter_is_metadata_and_no_text() -> None:
    draft = read(
        "---\ntitle: \"Mill: sold\"\nauthor: [Agnieszka Böhm, 'Jörg Anselm']\n"
        "date: 2031-07-14T06:30:00+02:00\nsource: Valley Courier\nurl: https://mill.example/1\n"
        "lang: de\ntags:\n  - town\n---\nThe mill was sold.\n"
    )
    assert draft.text == "The mill was sold."
    assert draft.metadata.title == "Mill: sold"
    assert draft.metadata.byline == "Agnieszka Böhm, Jörg Anselm"
    assert draft.metadata.published_on == date(2031, 7, 14)
    assert draft.metadata.source == "Valley Courier"
    assert draft.metadata.url == "https://mill.example/1"
    assert draft.metadata.language == "de"


@pytest.mark.parametrize("value", ["14 July 2031", "2031-13-45", "soon"])
def test_a_date_that_is_not_iso_is_not_guessed(value: str) -> None:
    assert read(f"---\ndate: {value}\n---\nThe mill was sold.").metadata.published_on is None


@pytest.mark.parametrize("markdown", ["---\n\nOne.\n\n---\n\nTwo.", "---\ntitle: open\n\nTwo."])
def test_a_rule_at_the_top_is_no_front_matter(markdown: str) -> None:
    assert "Two." in read(markdown).text
    assert read(markdown).metadata.title != "open"


@pytest.mark.parametrize(
    "markdown", ["![only](a.png)", "<div>only</div>", "---\ntitle: only\n---\n"]
)
def test_a_file_that_shows_nothing_is_empty(markdown: str) -> None:
    with pytest.raises(FormatError, match=r"lead\.md is empty"):
        read(markdown)


def test_brackets_that_would_stall_the_parser_are_refused() -> None:
    with pytest.raises(FormatError, match="square brackets"):
        read("[" * 900_000)


def test_quotes_may_be_nested_deeply() -> None:
    assert read("> " * 40 + "deep").text == "deep"


def test_front_matter_may_be_toml() -> None:
    draft = read(
        '+++\ntitle = "Night in Ulm"\ndate = 2031-03-04\nauthor = "Ada"\n+++\n\nUlm slept.'
    )
    assert (draft.text, draft.metadata.title) == ("Ulm slept.", "Night in Ulm")
    assert (draft.metadata.byline, draft.metadata.published_on) == ("Ada", date(2031, 3, 4))


def test_front_matter_may_fold_a_value_and_list_several() -> None:
    draft = read(
        "---\ntitle: >-\n  Night in\n  Ulm\nauthors:\n  - name: Ada\n    mail: a@ulm.example\n"
        "  - Bo\nsource:\n- Ulm Wire\ntags:\n---\nUlm slept."
    )
    assert (draft.text, draft.metadata.title) == ("Ulm slept.", "Night in Ulm")
    assert draft.metadata.source == "Ulm Wire"
    assert draft.metadata.byline == "Ada, Bo"


def test_raw_html_that_is_text_is_taken() -> None:
    draft = read(
        "<p align='center'>Ulm <b>slept</b>.</p>\n\n<figure>\n<img src=x>\n"
        "<figcaption>Ulm by night</figcaption>\n</figure>\n\nBonn woke."
    )
    assert draft.text == "Ulm slept.\n\nUlm by night\n\nBonn woke."
    assert draft.zones[1].zone is Zone.CAPTION
    assert draft.changes == ("1 image was left out, with the description.",)


def test_marks_of_footnotes_are_taken_out() -> None:
    draft = read("Ulm[^1] slept[^b].\n\n[^1]: A town.\n[^b]: Said she.")
    assert draft.text == "Ulm slept.\n\nA town.\n\nSaid she."
    assert draft.changes == (
        "2 marks of footnotes were taken out; the notes stand where they stood.",
    )
    assert read("A[^1] is no note.").text == "A[^1] is no note."
