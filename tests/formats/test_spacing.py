"""Where white space is guessed to have stood between tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.formats._spacing import spaced


def joined(line: str, language: str = "en") -> str:
    tokens = line.split(" ")
    before = spaced(tokens, language)
    return "".join(gap + token for gap, token in zip(before, tokens, strict=True))


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("Ulm slept .", "Ulm slept."),
        ("“ No ! ” she said , and ( quietly ) left .", "“No!” she said, and (quietly) left."),
        ('He said " no " and " yes " .', 'He said "no" and "yes".'),
        ('" We waited', '"We waited'),
        ('we waited . "', 'we waited."'),
        ("in ' quasi-state of war ' now", "in 'quasi-state of war' now"),
        ("the workers ' rights", "the workers' rights"),
        ("she ’s here , is n’t she , Okafor 's", "she’s here, isn’t she, Okafor's"),
        ("you should ' ve seen Ada ' s cat", "you should've seen Ada's cat"),
        ("`` Yes '' , she said", "``Yes'', she said"),
        ("it cost $ 3 , or 4 % more", "it cost $3, or 4% more"),
        ("-LRB- KSC -RRB- now", "-LRB-KSC-RRB- now"),
        ("「 東京 」 は 静か だ 。 雨", "「東京」は静かだ。雨"),
        ("هل هذا صحيح ؟ نعم ، نعم", "هل هذا صحيح؟ نعم، نعم"),
    ],
)
def test_punctuation_is_attached_as_it_is_written(tokens: str, expected: str) -> None:
    assert joined(tokens) == expected


def test_quotation_marks_open_and_close_by_their_language() -> None:
    assert joined("Sie rief : „ Nein “ und ging .", "de") == "Sie rief: „Nein“ und ging."
    assert joined("Sie rief : » Nein « und ging .", "de") == "Sie rief: »Nein« und ging."
    assert joined("Elle dit : « Non ! »", "fr") == "Elle dit : « Non ! »"
    assert joined("Dijo : « No » .", "es") == "Dijo: «No»."


@given(st.lists(st.text(min_size=1, max_size=3) | st.sampled_from(list("“”„‘’«»\"'().,$"))))
def test_no_token_is_changed_and_none_is_lost(tokens: list[str]) -> None:
    before = spaced(tokens)
    assert len(before) == len(tokens)
    assert set(before) <= {"", " "}
    assert before[:1] in ([], [""])
