"""The zones as values: their names are written into files, so they may not change."""

import pytest

from annotations.domain.zones import Zone, ZonedSpan


def test_the_names_of_the_zones_are_those_that_files_hold() -> None:
    assert [zone.value for zone in Zone] == [
        "headline",
        "byline",
        "video",
        "highlights",
        "dateline",
        "subheading",
        "paragraph",
        "list",
        "quote",
        "caption",
        "credit",
    ]


def test_a_zone_is_certain_unless_it_says_otherwise() -> None:
    assert ZonedSpan(0, 4, Zone.PARAGRAPH).certain


def test_a_zoned_span_cannot_be_changed() -> None:
    span = ZonedSpan(0, 4, Zone.CAPTION, certain=False)
    with pytest.raises(AttributeError):
        span.end = 5  # type: ignore[misc]
