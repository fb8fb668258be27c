"""The geometry of the plots."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from annotations.plots import HEIGHT, LEFT, WIDTH, label_rows, nice_top, stacked_bars


@given(st.integers(0, 10**9))
def test_an_axis_reaches_just_beyond_its_largest_value(value: int) -> None:
    top = nice_top(value)
    assert top >= max(value, 10)
    assert top % 2 == 0
    assert top <= max(2 * value, 10)


@given(
    st.dictionaries(
        st.dates(date(2026, 1, 1), date(2026, 3, 1)),
        st.fixed_dictionaries({"accepted": st.integers(0, 999), "rejected": st.integers(0, 999)}),
        min_size=1,
    )
)
def test_every_bar_stands_within_the_plot_and_none_on_another(
    days: dict[date, dict[str, int]],
) -> None:
    plot = stacked_bars(sorted(days.items()), ("accepted", "rejected"))
    for bar in plot.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH + 0.2
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
    values = [n for row in days.values() for n in row.values() if n]
    assert len(plot.bars) == len(values)
    stacks: dict[float, list[tuple[float, float]]] = {}
    for bar in plot.bars:
        stacks.setdefault(bar.x, []).append((bar.y, bar.y + bar.height))
    for stack in stacks.values():
        for (upper_start, upper_end), (lower_start, _) in zip(stack[1:], stack, strict=False):
            assert upper_start <= upper_end <= lower_start + 0.2


def test_the_widest_label_fills_its_row() -> None:
    rows = label_rows([("PERSON", 1, 10, 40), ("ORG", 2, 0, 5)])
    assert [(row.annotated_share, row.suggested_share) for row in rows] == [
        (25.0, 100.0),
        (0.0, 12.5),
    ]
    assert label_rows([("PERSON", 1, 0, 0)])[0].annotated_share == 0
