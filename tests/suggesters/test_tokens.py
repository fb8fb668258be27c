"""Where words begin and end: what edges move by."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.suggesters.tokens import tokenize

ODD = "👩‍👩‍👧 Zoë met O’Neil in St. John’s.\n\nIt’s 4.50 — “enough”.\u2028קהיר \u00a0end"


def words(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in tokenize(text, language)]


def test_english_is_cut_by_the_rules_of_english() -> None:
    assert words("Mr. Okafor didn't go.") == ["Mr.", "Okafor", "did", "n't", "go", "."]


def test_an_emoji_is_one_code_point_and_moves_nothing() -> None:
    assert tokenize("🚢 Alder") == [(0, 1), (2, 7)]


def test_white_space_is_no_token() -> None:
    assert words("a \n\n  b\t c ") == ["a", "b", "c"]


def test_a_text_without_words_has_no_tokens() -> None:
    assert tokenize("") == tokenize(" \n ") == []


@given(st.text() | st.text(st.sampled_from(ODD)))
def test_tokens_are_sorted_and_disjoint_and_cover_all_but_white_space(text: str) -> None:
    tokens = tokenize(text)
    position = 0
    for start, end in tokens:
        assert position <= start < end
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize("language", ["en-GB", "en_US", "EN", "en-x-odd"])
def test_a_region_does_not_change_the_rules(language: str) -> None:
    assert words("They didn't.", language) == words("They didn't.", "en")


@pytest.mark.parametrize(
    "language", ["", "zz", "ja", "english", "en.stop_words", "../en", "e n", "\0", "é"]
)
def test_a_language_that_spacy_does_not_have_is_cut_by_neutral_rules(language: str) -> None:
    assert words("Uno, dos.", language) == ["Uno", ",", "dos", "."]


def test_a_very_long_text_is_cut_as_well() -> None:
    assert len(tokenize("word " * 250_000)) == 250_000


def test_threads_may_cut_at_the_same_time() -> None:
    texts = [f"{ODD} number {n}" for n in range(40)]
    expected = [tokenize(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tokenize, texts)) == expected
