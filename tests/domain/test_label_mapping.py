"""Other people's labels in a corpus's scheme."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.label_mapping import LEFT_OUT, NEW, heard_as, mapped, proposed, storable
from annotations.domain.labels import LABEL_NAME, PRESETS
from annotations.domain.mentions import Mention


@pytest.mark.parametrize(
    ("foreign", "preset", "expected"),
    [
        ("PER", "ontonotes", "PERSON"),
        ("person", "ontonotes", "PERSON"),
        ("Organization", "ontonotes", "ORG"),
        ("work of art", "ontonotes", "WORK_OF_ART"),
        ("creative-work", "ontonotes", "WORK_OF_ART"),
        ("PERSON", "conll", "PER"),
        ("GPE", "conll", "LOC"),
        ("location", "conll", "LOC"),
        ("NORP", "conll", "MISC"),
        ("PER", "iptc", "person"),
        ("ORG", "iptc", "organisation"),
        ("MISC", "ontonotes", NEW),
        ("Ship", "ontonotes", NEW),
        ("DATE", "conll", NEW),
    ],
)
def test_a_foreign_label_is_recognised_or_becomes_a_new_one(
    foreign: str, preset: str, expected: str
) -> None:
    assert proposed(foreign, frozenset(PRESETS[preset].names), preset) == expected


@given(st.text(max_size=80))
def test_any_label_can_be_stored_under_some_name(foreign: str) -> None:
    assert LABEL_NAME.match(storable(foreign))


def test_what_is_left_out_or_becomes_equal_is_listed() -> None:
    draft = ArticleDraft(
        text="Ada met Ben.",
        mentions=(Mention(0, 3, "PER"), Mention(0, 3, "PERSON"), Mention(8, 11, "SHIP")),
    )
    done = mapped(draft, {"PER": "PERSON", "SHIP": LEFT_OUT})
    assert done.mentions == (Mention(0, 3, "PERSON"),)
    assert [str(one) for one in done.unplaced] == [
        "PERSON 0–3 “Ada” was left out: there it is PERSON already",
        "SHIP 8–11 “Ben” was left out: its label was not wanted",
    ]


def test_a_draft_whose_labels_all_fit_stays_the_same() -> None:
    draft = ArticleDraft(text="Ada", mentions=(Mention(0, 3, "PERSON"),))
    assert mapped(draft, {"PER": "PERSON"}) is draft


@pytest.mark.parametrize(
    ("machine_label", "names", "heard"),
    [
        ("PERSON", {"Person", "Location"}, "Person"),
        ("GPE", {"Person", "Location"}, "Location"),
        ("FAC", {"Person", "Location"}, "Location"),
        ("FAC", {"Facility", "Location"}, "Facility"),
        ("FAC", {"Country"}, "Country"),
        ("ORG", {"Organisation"}, "Organisation"),
        ("CARDINAL", {"Person"}, None),
        ("PERSON", {"PERSON", "Person"}, "PERSON"),
    ],
)
def test_a_pipelines_label_is_heard_as_what_a_scheme_usually_calls_it(
    machine_label: str, names: set[str], heard: str | None
) -> None:
    assert heard_as(machine_label, frozenset(names), "conll") == heard


def test_for_a_label_of_the_preset_that_was_removed_only_the_same_by_another_name_stands_in() -> (
    None
):
    assert heard_as("GPE", frozenset({"LOC", "PERSON"}), "ontonotes") is None
    assert heard_as("GPE", frozenset({"LOC", "PER"}), "conll") == "LOC"
