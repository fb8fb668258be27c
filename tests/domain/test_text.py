"""What upload does to a text, and above all what it leaves alone."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotations.domain.text import Normalised, normalise, removed_by_normalising, words_in

#: XML 1.0, section 2.2: the characters that a document may hold (CR is legal but unified).
XML_TEXT = re.compile("[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")

#: Any string, with the characters that matter here far more often than chance gives them.
texts = st.text(
    st.one_of(
        st.sampled_from("\r\n\t\x00\x0b\x1f\x85\xa0\xad\u200d\u2028\ufeff\ufffe\uffff\ud83d"),
        st.characters(),
    )
)

harmless = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff")


@given(texts)
@example("\ufeff\ufeffa")
@example("\x00\ufeffa")
@example("\r\x00\n")
def test_a_normalised_text_needs_no_further_change(text: str) -> None:
    once = normalise(text).text
    assert normalise(once) == Normalised(once)


@given(texts)
def test_a_normalised_text_can_be_written_as_xml_and_utf_8(text: str) -> None:
    result = normalise(text).text
    assert XML_TEXT.fullmatch(result)
    assert result.encode().decode() == result


@given(st.text(harmless))
def test_a_text_that_needs_nothing_is_kept_as_it_is(text: str) -> None:
    assert normalise(text) == Normalised(text)


@given(texts)
def test_every_change_is_reported(text: str) -> None:
    result = normalise(text)
    assert bool(result.changes) == (result.text != text)


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param("North\xa0Korea", id="no-break space"),
        pytest.param("Pyong\xadyang", id="soft hyphen"),
        pytest.param("👩\u200d👩", id="joined emoji"),
        pytest.param("one\x85two", id="next line"),
        pytest.param("one\u2028two", id="line separator"),
        pytest.param("one\ufefftwo", id="byte order mark in the middle"),
        pytest.param("Cafe\u0301", id="decomposed letter"),
        pytest.param("ﬁne ½", id="ligature and fraction"),
        pytest.param("“It’s”", id="curly quotes"),
        pytest.param("\u202eabc\u202c", id="bidi override"),
        pytest.param("\x7f\x9f", id="control characters that XML allows"),
        pytest.param("  \n\t edges \n\n ", id="white space at the edges"),
        pytest.param("Q&amp;A â€™", id="entities and mojibake"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_merely_looks_odd_stays(kept: str) -> None:
    assert normalise(kept) == Normalised(kept)


def test_the_byte_order_mark_at_the_start_is_dropped() -> None:
    assert normalise("\ufeffPort") == Normalised(
        "Port", ("Dropped from the start: 1 byte order mark.",)
    )


def test_line_ends_of_windows_and_old_macs_become_lf() -> None:
    assert normalise("a\r\nb\rc\nd\r\n") == Normalised(
        "a\nb\nc\nd\n", ("Line ends were unified: 2 CRLF and 1 CR became LF.",)
    )


def test_only_the_line_ends_that_occur_are_named() -> None:
    assert normalise("a\r\n" * 12).changes == ("Line ends were unified: 12 CRLF became LF.",)


def test_refused_characters_are_removed_and_counted_by_kind() -> None:
    assert normalise("a\x00\x00b\x1b\ud83dc\ufffe") == Normalised(
        "abc",
        (
            "Removed: 2 NUL characters that cannot be stored.",
            "Removed: 1 control character that cannot be stored.",
            "Removed: 1 lone surrogate that cannot be stored.",
            "Removed: 1 noncharacter that cannot be stored.",
        ),
    )


def test_an_astral_character_is_no_lone_surrogate() -> None:
    assert normalise("😀") == Normalised("😀")


def test_large_counts_are_readable() -> None:
    assert normalise("\r" * 12_345).changes == ("Line ends were unified: 12,345 CR became LF.",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\xa0", 0),
        ("One – two — three", 3),
        ("“Harbour’s” F-16, 3.5%", 3),
        ("港の朝", 3),
        ("Port 港", 2),
        ("__ ... !!", 0),
    ],
)
def test_words_are_counted_roughly(text: str, words: int) -> None:
    assert words_in(text) == words


@given(st.text(st.sampled_from("aé\r\n\x00\x01\ufeff\ufffe👩"), max_size=30))
def test_offsets_can_follow_what_normalisation_removed(text: str) -> None:
    removed = removed_by_normalising(text)
    kept = "".join(c for at, c in enumerate(text) if at not in removed)
    assert kept.replace("\r", "\n") == normalise(text).text
