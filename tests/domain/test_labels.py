"""The preset label schemes, and what a machine's label is called in them."""

import pytest

from annotations.domain.keys import RESERVED
from annotations.domain.labels import (
    CONLL,
    HUES,
    IPTC,
    LABEL_NAME,
    ONTONOTES,
    ONTONOTES_TO_PRESET,
    PRESETS,
    LabelScheme,
    translate,
)

schemes = pytest.mark.parametrize("scheme", PRESETS.values(), ids=PRESETS.keys())


@schemes
def test_names_and_keys_are_unique_in_a_scheme(scheme: LabelScheme) -> None:
    keys = [label.key for label in scheme if label.key]
    assert len(set(scheme.names)) == len(scheme.names)
    assert len(set(keys)) == len(keys)


@schemes
def test_a_label_can_stand_in_every_format_and_has_a_hue_and_a_meaning(scheme: LabelScheme) -> None:
    for label in scheme:
        assert LABEL_NAME.match(label.name)
        assert 1 <= label.hue <= HUES
        assert label.description


@schemes
def test_no_label_takes_a_key_that_does_something_else_on_the_page(scheme: LabelScheme) -> None:
    assert not RESERVED & {label.key for label in scheme}


@schemes
def test_the_digits_follow_the_order_of_the_labels(scheme: LabelScheme) -> None:
    digits = [label.key for label in scheme if label.key.isdigit()]
    assert "1234567890".startswith("".join(digits))


@pytest.mark.parametrize("name", ["", "1ST", "two words", "ORG\n", "é", "A" * 51, "<b>"])
def test_what_cannot_stand_in_a_file_is_no_label_name(name: str) -> None:
    assert not LABEL_NAME.match(name)


def test_ontonotes_has_eighteen_labels_and_conll_four() -> None:
    assert (len(ONTONOTES.names), len(CONLL.names), len(IPTC.names)) == (18, 4, 7)


@schemes
def test_every_translation_leads_from_ontonotes_to_a_label_of_the_scheme(
    scheme: LabelScheme,
) -> None:
    table = ONTONOTES_TO_PRESET[scheme.name]
    assert set(table) <= set(ONTONOTES.names)
    assert set(table.values()) == set(scheme.names)


@pytest.mark.parametrize(
    ("machine_label", "preset", "expected"),
    [
        ("GPE", "ontonotes", "GPE"),
        ("PERSON", "conll", "PER"),
        ("GPE", "conll", "LOC"),
        ("NORP", "conll", "MISC"),
        ("DATE", "conll", None),
        ("GPE", "iptc", "geoArea"),
        ("FAC", "iptc", "poi"),
        ("MONEY", "iptc", None),
        ("Protein", "ontonotes", None),
        ("GPE", "", None),
    ],
)
def test_a_machines_label_is_translated_into_the_scheme(
    machine_label: str, preset: str, expected: str | None
) -> None:
    names = frozenset(PRESETS[preset].names) if preset else frozenset({"ship"})
    assert translate(machine_label, names, preset) == expected


def test_a_schemes_own_name_wins_over_the_table() -> None:
    assert translate("GPE", frozenset({"GPE", "LOC"}), "conll") == "GPE"


def test_a_label_that_was_removed_from_the_scheme_is_not_proposed() -> None:
    assert translate("GPE", frozenset({"PER", "ORG"}), "conll") is None
