"""Which format a file has, and what every reader of articles promises."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.formats import (
    accepted_suffixes,
    belongs_to,
    companions_of,
    format_of,
    is_archive,
    reader_for,
    readers,
    writer_for,
    writers,
)
from annotations.formats.base import FormatError, Reader, Source

ARTICLE_FORMATS = ("plain_text", "markdown", "html")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lead.txt", "plain_text"),
        ("LEAD.TXT", "plain_text"),
        ("lead.text", "plain_text"),
        ("lead", "plain_text"),
        ("2031.03/lead", "plain_text"),
        ("lead.md", "markdown"),
        ("lead.markdown", "markdown"),
        ("lead.html", "html"),
        ("lead.htm", "html"),
        ("lead.xhtml", "html"),
        ("corpus.jsonl", "jsonl"),
        ("corpus.ndjson", "jsonl"),
    ],
)
def test_the_ending_tells_the_format(name: str, expected: str) -> None:
    assert format_of(Source(name, b"The ferry sank.")) == expected


@pytest.mark.parametrize(
    "start",
    [
        "<!doctype html>",
        "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        "\n  <html lang=en>",
        "<?xml version='1.0'?>\n<!DOCTYPE html>",
        "<!-- saved from url=(0014)about:internet -->\n<html>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_page_that_is_named_as_text_is_html(start: str, encoding: str) -> None:
    assert format_of(Source("lead.txt", (start + "<p>x").encode(encoding))) == "html"


def test_a_text_about_html_is_text() -> None:
    assert format_of(Source("lead.txt", b"The <html> tag opens a page.")) == "plain_text"
    assert format_of(Source("lead.txt", b"<htmlish>")) == "plain_text"


@pytest.mark.parametrize("name", ["lead.rtf", "lead.exe", "lead.odt"])
def test_other_files_are_refused_with_what_can_be_uploaded(name: str) -> None:
    with pytest.raises(FormatError, match=r"\.html.*\.jsonl.*\.md.*\.txt.*\.zip"):
        format_of(Source(name, b"text"))


@pytest.mark.parametrize("name", ["lead.txt", "lead.html", "lead", "lead.md"])
def test_a_binary_file_is_refused_whatever_it_is_called(name: str) -> None:
    with pytest.raises(FormatError, match=f"^{name} looks like a PNG image"):
        format_of(Source(name, b"\x89PNG\r\n\x1a\n\x00"))


def test_zips_are_archives() -> None:
    assert is_archive(Source("week.ZIP", b"PK\x03\x04"))
    assert not is_archive(Source("lead.docx", b"PK\x03\x04"))
    assert ".zip" in accepted_suffixes()


@pytest.mark.parametrize("name", readers())
def test_every_reader_can_be_made(name: str) -> None:
    assert callable(reader_for(name).read)


@pytest.mark.parametrize("name", writers())
def test_every_writer_can_be_made_and_bears_its_name(name: str) -> None:
    assert writer_for(name).name == name


def test_a_format_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        reader_for("nonsense")


def test_the_registry_imports_no_heavy_library() -> None:
    code = (
        "import sys, annotations.formats\n"
        "print({'spacy', 'trafilatura', 'lxml', 'markdown_it', 'django'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- What every reader of articles promises ---------------------------------------------------

WORDS = st.text(
    st.sampled_from(
        "aé 中ٱ\u00a0\u00ad\u200d\ufeff👩\n\r\t\x00\x0b\x85\u2028<>&#*_[]()-!`~|>'\"’“”—.:/"
    ),
    max_size=60,
)
PIECES = st.one_of(
    WORDS,
    st.sampled_from(
        [
            "<p>", "</p>", "<h1>", "<h2>", "<ul><li>", "<blockquote>", "<figure><figcaption>",
            "</figcaption>", "<article>", "</article>", "<br>", "<table><tr><td>", "<script>",
            "<style>", "<!--", "-->", '<meta charset="utf-16">', "&nbsp;", "&#0;", "&#xD800;",
            '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x"}</script>',
            "\n\n# ", "\n\n> ", "\n- ", "\n1. ", "\n---\n", "\ntitle: x\n", "![a](b)",
            "|a|\n|-|\n|",
            "The ferry ran aground on Tuesday, and two lifeboats took everybody ashore at dawn. ",
            "\n\nOBERLUND (Reuters) - ", "\n\nStory highlights\n\n", "\n02:21 - Source: CNN\n",
        ]
    ),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=25).map("".join)
ENCODED = st.builds(
    lambda text, codec: text.encode(codec, "replace"),
    TEXTS,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "shift_jis"]),
)


def read_or_refused(name: str, data: bytes) -> ArticleDraft | str:
    try:
        (draft,) = reader_for(name).read(Source("lead.txt", data))
    except FormatError as error:
        return str(error)
    return draft


def check(draft: ArticleDraft | str) -> None:
    """One sentence, or a draft that keeps what ArticleDraft promises."""
    if isinstance(draft, str):
        assert draft.endswith(".")
        return
    assert normalise(draft.text).text == draft.text
    assert draft.text.strip()
    covered = 0
    for zone in draft.zones:
        assert covered <= zone.start < zone.end <= len(draft.text)
        assert not draft.text[covered : zone.start].strip()
        covered = zone.end
    assert not draft.text[covered:].strip()


@pytest.mark.parametrize("name", ARTICLE_FORMATS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.one_of(st.binary(max_size=400), ENCODED))
def test_any_bytes_give_sound_drafts_or_one_sentence(name: str, data: bytes) -> None:
    check(read_or_refused(name, data))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(text=TEXTS)
def test_a_page_around_any_text_gives_a_sound_draft(text: str) -> None:
    sentence = "The ferry ran aground on Tuesday, and two lifeboats took everybody ashore. "
    page = f"<article><p>{sentence * 5}</p>{text}<p>{sentence * 5}</p></article>"
    check(read_or_refused("html", page.encode()))


@pytest.mark.parametrize("name", ARTICLE_FORMATS)
@pytest.mark.parametrize(
    "data",
    [b"", b" \n", b"\x89PNG\r\n\x1a\n" + bytes(99), bytes(range(256)) * 9, b"a" * 50_000_000],
    ids=["empty", "white space", "image", "binary", "50 MB"],
)
def test_every_reader_refuses_what_is_no_article(name: str, data: bytes) -> None:
    with pytest.raises(FormatError, match=r"lead\.txt"):
        list(reader_for(name).read(Source("lead.txt", data)))


def test_a_companion_belongs_to_the_file_of_its_name_or_of_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Pairs(Reader):
        suffixes = (".ann",)
        companions = (".txt", "types.xml")

    monkeypatch.setattr("annotations.formats.readers", lambda: {"pairs": Pairs()})
    names = {"a/x.ann", "a/x.txt", "a/y.txt", "a/types.xml", "b/x.txt", "b/types.xml"}
    assert companions_of("a/x.ann", names) == ["a/types.xml", "a/x.txt"]
    assert {name: belongs_to(name, names) for name in sorted(names)} == {
        "a/types.xml": "a/x.ann",
        "a/x.ann": "",
        "a/x.txt": "a/x.ann",
        "a/y.txt": "",
        "b/types.xml": "",
        "b/x.txt": "",
    }


def test_all_that_is_in_a_package_belongs_to_its_corpus() -> None:
    names = {"p/corpus.jsonl", "p/checksums.sha256", "p/README.md", "p/data/train.jsonl", "x.md"}
    owners = {name: belongs_to(name, names) for name in names}
    assert owners == {
        "p/corpus.jsonl": "",
        "p/checksums.sha256": "p/corpus.jsonl",
        "p/README.md": "p/corpus.jsonl",
        "p/data/train.jsonl": "p/corpus.jsonl",
        "x.md": "",
    }


def test_what_a_writer_puts_beside_its_files_is_no_article() -> None:
    names = {"a/train.spacy", "a/README.txt", "a/config.cfg", "b/tasks.json"}
    names |= {"b/labeling_config.xml"}
    alone = {name for name in names if not belongs_to(name, names)}
    assert alone == {"a/train.spacy", "b/tasks.json"}


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("lead.pdf", b"", "lead.pdf is empty."),
        ("lead.xml", b"\xff\xfe", "lead.xml is empty."),
        ("lead.json", b'{"a": 1,\n "b" 2}', "Expecting ':' delimiter (line 2, column 6)"),
        ("lead.json", b"[" * 100_000, "lead.json nests too deeply to be an article."),
        ("lead.xml", b"<a>\n<b>\n</a>", "lead.xml is not well-formed XML: "),
        ("lead.xml", b"<a>\n<b>\n</a>", "(line 3)"),
        ("lead.xml", b"<ulm/>", "is a .xml file of no known format"),
    ],
)
def test_a_file_of_no_format_is_refused_for_the_reason_nearest_to_it(
    name: str, data: bytes, says: str
) -> None:
    with pytest.raises(FormatError) as refusal:
        format_of(Source(name, data))
    assert says in str(refusal.value)
