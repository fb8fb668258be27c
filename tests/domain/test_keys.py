"""The registry of keys: names, conflicts, and what a person may choose."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.keys import ACTS, BY_NAME, Keymap, UnusableKey, canonical, cap


def test_no_two_acts_share_a_key_and_every_usual_key_is_in_canonical_form() -> None:
    keys = list(chain.from_iterable(act.keys for act in ACTS))
    assert len(keys) == len(set(keys))
    assert [canonical(key) for key in keys] == keys
    assert len(Keymap().act_by_key()) == len(keys)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("J", "j"),
        ("ctrl+Y", "Ctrl+y"),
        ("Shift+N", "Shift+n"),
        ("shift+tab", "Shift+Tab"),
        ("Ctrl+Shift+Z", "Ctrl+Shift+z"),
        ("arrowdown", "ArrowDown"),
        ("+", "+"),
        ("ö", "ö"),
        ("Shift+]", "Shift+]"),
        ("space", "Space"),
    ],
)
def test_a_typed_key_gets_the_registrys_name(typed: str, name: str) -> None:
    assert canonical(typed) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("7", "digits set labels"),
        ("Ctrl+w", "the browser needs it"),
        ("F5", "the browser needs it"),
        ("Hyper+x", "write one character"),
        ("Enterr", "no key of that name"),
        ("Shift+!", "write the character"),
        ("", "write one character"),
    ],
)
def test_a_key_that_cannot_work_is_refused_in_words(typed: str, why: str) -> None:
    with pytest.raises(UnusableKey, match=why):
        canonical(typed)


def test_a_key_that_another_act_has_is_refused_and_both_are_named() -> None:
    with pytest.raises(UnusableKey) as refusal:
        Keymap.of({"flag": ["x"]})
    assert set(refusal.value.acts) == {"flag", "reject"}
    assert BY_NAME["reject"].words in str(refusal.value)


def test_two_acts_may_change_their_keys_with_each_other() -> None:
    keymap = Keymap.of({"flag": ["e"], "comment": ["f"]})
    assert keymap.act_by_key()["e"] == "flag"
    assert keymap.choices() == {"flag": ["e"], "comment": ["f"]}


def test_an_act_may_go_without_a_key_but_not_the_help_and_the_way_out_stays() -> None:
    assert "flag" not in Keymap.of({"flag": []}).act_by_key().values()
    with pytest.raises(UnusableKey, match="needs a key"):
        Keymap.of({"help": []})
    assert Keymap.of({"leave": ["q"]}).act_by_key()["Escape"] == "leave"


def test_a_labels_key_that_an_act_has_is_left_to_the_act() -> None:
    acts = Keymap().with_labels([("1", "PERSON"), ("x", "XENON"), ("", "NONE")]).act_by_key()
    assert acts["1"] == "label:PERSON"
    assert acts["x"] == "reject"
    assert "label:NONE" not in acts.values()


def test_stored_choices_that_no_longer_fit_are_left_out_and_the_rest_holds() -> None:
    stored = {"flag": ["x"], "fly": ["z"], "comment": ["q"], "order": ["Hyper+q"]}
    assert Keymap.of_stored(stored).choices() == {"comment": ["q"]}


def test_the_sheet_names_every_act_with_its_keys() -> None:
    rows = list(chain.from_iterable(Keymap().sheet().values()))
    assert [words for _, words in rows] == [act.words for act in ACTS]
    assert (["⏎"], "accept and go on") in rows


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("Ctrl+Enter", "Ctrl ⏎"),
        ("Shift+n", "⇧N"),
        ("Shift+]", "⇧]"),
        ("+", "+"),
        ("Ctrl++", "Ctrl +"),
    ],
)
def test_a_key_is_shown_as_it_stands_on_a_keyboard(key: str, shown: str) -> None:
    assert cap(key) == shown


keys = st.sampled_from(["q", "z", "x", "j", "Shift+q", "Ctrl+y", "7", "F5", "Tab", "nonsense"])


def test_two_acts_that_changed_keys_with_each_other_are_kept_so() -> None:
    chosen = {"next": ["x"], "reject": ["j"]}
    keymap = Keymap.of(chosen)
    assert Keymap.of_stored(keymap.choices()) == keymap
    assert keymap.keys["next"] == ("x",)


@given(st.dictionaries(st.sampled_from([a.name for a in ACTS]), st.lists(keys, max_size=3)))
def test_whatever_is_chosen_a_key_never_stands_for_two_acts(choices: dict[str, list[str]]) -> None:
    keymap = Keymap.of_stored(choices)
    every = list(chain.from_iterable(keymap.keys.values()))
    assert len(every) == len(set(every))
    assert keymap.keys["help"]
    assert Keymap.of_stored(keymap.choices()) == keymap
