"""The tokens of an article: pairs to whoever looks, one flat list inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.tokens import Tokens

FLAT = st.lists(st.integers(0, 10**6), max_size=40).filter(lambda flat: len(flat) % 2 == 0)


@given(FLAT, st.integers(-25, 25), st.slices(20))
def test_tokens_are_to_every_reader_what_a_tuple_of_pairs_is(
    flat: list[int], place: int, part: slice
) -> None:
    tokens = Tokens(flat)
    pairs = tuple(zip(flat[::2], flat[1::2], strict=True))
    assert (tuple(tokens), len(tokens), bool(tokens)) == (pairs, len(pairs), bool(pairs))
    assert tokens == pairs
    assert pairs == tokens
    assert hash(tokens) == hash(pairs)
    assert tokens[part] == list(pairs[part])
    assert tokens != (*pairs, (0, 1))
    if -len(pairs) <= place < len(pairs):
        assert tokens[place] == pairs[place]
    else:
        with pytest.raises(IndexError):
            tokens[place]


def test_an_offset_without_its_other_one_is_refused() -> None:
    with pytest.raises(ValueError, match="without its other one"):
        Tokens([1, 2, 3])
