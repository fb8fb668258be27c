"""Offsets in code points and in UTF-16 code units."""

from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.units import Utf16

TEXTS = st.text(st.sampled_from("aé中\u200d👩𠮷🇪🇺\n"), max_size=40)


def units_of(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(TEXTS)
def test_each_offset_is_where_an_encoder_puts_it_and_comes_back(text: str) -> None:
    offsets = Utf16(text)
    for point in range(len(text) + 1):
        unit = units_of(text[:point])
        assert offsets.units(point) == unit
        assert offsets.point(unit) == point
    assert offsets.length == units_of(text)
    assert offsets.differs == (units_of(text) != len(text))


def test_no_offset_in_code_points_lies_in_the_middle_of_a_character() -> None:
    offsets = Utf16("a👩b")
    assert [offsets.point(unit) for unit in range(5)] == [0, 1, None, 2, 3]
