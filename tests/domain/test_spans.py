"""Spans, the quote check, trimming, and the conversion to UTF-16 units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.errors import EmptySpan, QuoteMismatch, SpanOutOfText
from annotations.domain.spans import Span, Utf16Map, check_quote, covering, trim

# Everything that a stored text may hold: lone surrogates are refused at upload.
texts = st.text(st.characters(exclude_categories=["Cs"]))


@st.composite
def spans(draw: st.DrawFn, within: int = 60) -> Span:
    start = draw(st.integers(0, within - 1))
    return Span(start, draw(st.integers(start + 1, within)))


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2), (0, 0)])
def test_a_span_needs_at_least_one_character(start: int, end: int) -> None:
    with pytest.raises(EmptySpan) as refusal:
        Span(start, end)
    assert (refusal.value.start, refusal.value.end) == (start, end)


def test_spans_sort_by_start_then_by_end() -> None:
    assert sorted([Span(2, 9), Span(0, 5), Span(2, 3)]) == [Span(0, 5), Span(2, 3), Span(2, 9)]


def test_spans_that_only_touch_do_not_overlap() -> None:
    assert not Span(0, 3).overlaps(Span(3, 6))
    assert Span(0, 4).overlaps(Span(3, 6))


def test_equal_spans_contain_each_other_and_do_not_cross() -> None:
    assert Span(1, 4).contains(Span(1, 4))
    assert not Span(1, 4).crosses(Span(1, 4))


@given(spans(), spans())
def test_overlapping_containing_and_crossing_agree_with_sets_of_characters(
    one: Span, other: Span
) -> None:
    a, b = set(range(one.start, one.end)), set(range(other.start, other.end))
    assert one.overlaps(other) == bool(a & b)
    assert one.contains(other) == (b <= a)
    assert one.crosses(other) == (bool(a & b) and not a <= b and not b <= a)
    assert len(one) == len(a)


@given(spans(), st.integers(0, 50))
def test_shifting_keeps_the_length(span: Span, by: int) -> None:
    moved = span.shift(by)
    assert (moved.start, len(moved)) == (span.start + by, len(span))


def test_a_span_over_an_emoji_family_counts_code_points() -> None:
    text = "The 👩‍👩‍👧 from Żary"
    assert Span(4, 9).of(text) == "👩‍👩‍👧"
    assert Span(15, 19).of(text) == "Żary"


def test_a_span_beyond_the_text_is_refused_with_the_length_of_the_text() -> None:
    with pytest.raises(SpanOutOfText) as refusal:
        Span(2, 6).of("short")
    assert refusal.value.length == 5


def test_a_quote_that_differs_is_refused_with_what_stands_there() -> None:
    check_quote("Mara Voss", Span(5, 9), "Voss")
    with pytest.raises(QuoteMismatch) as refusal:
        check_quote("Mara Voss", Span(5, 9), "voss")
    assert (refusal.value.expected, refusal.value.found) == ("voss", "Voss")


def test_trimming_takes_white_space_of_every_kind_from_the_edges_only() -> None:
    text = " \u00a0New\u00a0Ulm\u2028\n"
    assert trim(text, Span(0, len(text))) == Span(2, 9)


def test_nothing_is_left_of_a_span_over_white_space() -> None:
    assert trim("a \u00a0 b", Span(1, 4)) is None


@given(texts.filter(bool), st.data())
def test_a_trimmed_span_holds_the_stripped_quote(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))
    trimmed = trim(text, span)
    assert (trimmed.of(text) if trimmed else "") == span.of(text).strip()
    assert trimmed is None or span.contains(trimmed)


@given(texts)
def test_utf16_offsets_are_those_of_the_encoded_text(text: str) -> None:
    units = Utf16Map(text)
    for offset in range(len(text) + 1):
        assert units.to_utf16(offset) == len(text[:offset].encode("utf-16-le")) // 2


@given(texts)
def test_converting_to_utf16_and_back_changes_nothing(text: str) -> None:
    units = Utf16Map(text)
    for offset in range(len(text) + 1):
        assert units.to_code_points(units.to_utf16(offset)) == offset


def test_an_offset_between_the_halves_of_a_surrogate_pair_is_refused() -> None:
    units = Utf16Map("a😀b")
    assert [units.to_code_points(unit) for unit in (0, 1, 3, 4)] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="surrogate pair"):
        units.to_code_points(2)


@given(st.lists(st.integers(0, 60), unique=True).map(sorted), spans())
def test_covering_finds_exactly_the_overlapping_spans(edges: list[int], span: Span) -> None:
    row = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    assert list(covering(row, span)) == [other for other in row if other.overlaps(span)]
