"""Spans that a file claims, checked, converted and carried into the text as stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.text import normalise
from annotations.domain.units import Utf16
from annotations.formats.placing import Claim, Units, place

TEXT = "👩‍👩‍👧‍👦 Ada met Ben in 🇪🇺 Ulm."
LETTERS = st.text(st.sampled_from("ab \n\r\x00\ufeff👩é"), min_size=1, max_size=30)


def claim(text: str, words: str, *, units: Units = Units.CODE_POINTS, **more: object) -> Claim:
    start = text.index(words)
    end = start + len(words)
    if units is Units.UTF_16:
        start, end = Utf16(text).units(start), Utf16(text).units(end)
    return Claim(start, end, "PERSON", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("units", Units)
def test_the_quotes_tell_what_the_offsets_count(units: Units) -> None:
    claims = [claim(TEXT, word, units=units, quote=word) for word in ("Ada", "Ben", "Ulm")]
    placed = place(TEXT, claims)
    assert [TEXT[m.start : m.end] for m in placed.mentions] == ["Ada", "Ben", "Ulm"]
    assert placed.unplaced == ()
    assert bool(placed.notes) == (units is Units.UTF_16)


def test_without_quotes_offsets_count_what_the_format_says() -> None:
    claims = [claim(TEXT, "Ben", units=Units.UTF_16)]
    placed = place(TEXT, claims, units=Units.UTF_16)
    assert [TEXT[m.start : m.end] for m in placed.mentions] == ["Ben"]
    assert "UTF-16" in placed.notes[0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Claim(0, 3, "", line=7), "no label"),
        (Claim(3, 3, "PERSON"), "holds no characters"),
        (Claim(-1, 3, "PERSON"), "holds no characters"),
        (Claim(0, 99, "PERSON"), "beyond the text"),
        (Claim(0, 3, "PERSON", "Eva"), "says “Eva”, the text there is “Ada”"),
    ],
)
def test_what_does_not_hold_is_listed_with_its_reason_and_never_shifted(
    wrong: Claim, reason: str
) -> None:
    placed = place("Ada met Ben.", [wrong, Claim(8, 11, "PERSON", "Ben")])
    assert [(m.start, m.end) for m in placed.mentions] == [(8, 11)]
    [unplaced] = placed.unplaced
    assert reason in str(unplaced)
    assert (unplaced.start, unplaced.end, unplaced.line) == (wrong.start, wrong.end, wrong.line)


def test_an_edge_in_the_middle_of_a_character_is_listed() -> None:
    [unplaced] = place("👩 Ada", [Claim(1, 5, "PERSON")], units=Units.UTF_16).unplaced
    assert "middle of a character" in unplaced.reason


def test_the_same_mention_twice_is_one_and_one_listed() -> None:
    placed = place("Ada", [Claim(0, 3, "PERSON"), Claim(0, 3, "PERSON")])
    assert (len(placed.mentions), len(placed.unplaced)) == (1, 1)


@given(LETTERS, st.data())
def test_a_mention_covers_the_same_letters_in_the_text_as_stored(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    placed = place(text, [Claim(start, end, "PERSON", text[start:end])])
    assert placed.text == normalise(text).text
    covered = [placed.text[m.start : m.end] for m in placed.mentions]
    wanted = text[start:end].replace("\r", "\n").replace("\x00", "")
    if covered:
        assert covered[0].strip("\n\ufeff") == wanted.strip("\n\ufeff").replace("\n\n", "\n") or (
            covered[0].replace("\n", "").strip("\ufeff") == wanted.replace("\n", "").strip("\ufeff")
        )
    assert len(placed.mentions) + len(placed.unplaced) == 1
