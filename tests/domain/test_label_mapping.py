"""Other people's labels in a corpus's scheme."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.label_mapping import LEFT_OUT, NEW, mapped, proposed, storable
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
