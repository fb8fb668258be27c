"""Mentions on tokens: what fits, what doesn't and why, and the tags that follow."""

import re
import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from seqeval.scheme import BILOU, IOB2, Tokens

from annotations.domain.alignment import Fit, align, biluo, flatten, iob2
from annotations.domain.mentions import Mention, in_reading_order

TEXT = "Mara Voss of Ulm-West spoke"


def tokens_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


TOKENS = tokens_of(TEXT)  # Mara | Voss | of | Ulm | - | West | spoke


@st.composite
def token_rows(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Sorted disjoint tokens; some touch, some are apart."""
    position, row = 0, []
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=12)):
        row.append((position + gap, position + gap + length))
        position += gap + length
    return row


@st.composite
def mention_lists(draw: st.DrawFn) -> list[Mention]:
    starts_and_lengths = st.tuples(
        st.integers(0, 40), st.integers(1, 12), st.sampled_from(["ORG", "GPE"])
    )
    made = [Mention(s, s + n, label) for s, n, label in draw(st.lists(starts_and_lengths))]
    return list({mention.key: mention for mention in made}.values())


def test_a_mention_on_token_edges_is_given_its_tokens() -> None:
    person = Mention(0, 9, "PERSON")
    assert align([person], TOKENS) == ([Fit(person, 0, 2)], [])


def test_a_mention_of_one_token_ends_one_token_further() -> None:
    place = Mention(13, 16, "GPE")
    assert align([place], TOKENS).fits == [(place, 3, 4)]


def test_a_mention_that_starts_inside_a_token_is_returned_with_that_token() -> None:
    [misfit] = align([Mention(2, 9, "PERSON")], TOKENS).misfits
    assert misfit.reason == "It starts inside the token at 0 to 4."


def test_a_mention_that_ends_inside_a_token_is_returned_with_that_token() -> None:
    [misfit] = align([Mention(13, 19, "GPE")], TOKENS).misfits
    assert misfit.reason == "It ends inside the token at 17 to 21."


def test_a_mention_with_white_space_at_an_edge_does_not_fit() -> None:
    leading, trailing = Mention(4, 9, "PERSON"), Mention(0, 5, "PERSON")
    aligned = align([leading, trailing], TOKENS)
    assert [misfit.mention for misfit in aligned.misfits] == [trailing, leading]
    assert {m.reason for m in aligned.misfits} == {
        "It starts or ends outside every token, in white space."
    }


def test_without_tokens_nothing_fits_and_nothing_is_lost() -> None:
    mention = Mention(0, 4, "PERSON")
    assert [m.mention for m in align([mention], []).misfits] == [mention]


@given(mention_lists(), token_rows())
def test_every_mention_comes_back_exactly_once(
    mentions: list[Mention], tokens: list[tuple[int, int]]
) -> None:
    for aligned in (align(mentions, tokens), flatten(align(mentions, tokens))):
        back = [fit.mention for fit in aligned.fits] + [m.mention for m in aligned.misfits]
        assert in_reading_order(back) == in_reading_order(mentions)


@given(mention_lists(), token_rows())
def test_a_mention_fits_if_and_only_if_both_edges_are_token_edges(
    mentions: list[Mention], tokens: list[tuple[int, int]]
) -> None:
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    aligned = align(mentions, tokens)
    for mention, first, last in aligned.fits:
        assert (tokens[first][0], tokens[last - 1][1]) == (mention.start, mention.end)
    for mention, reason in aligned.misfits:
        assert mention.start not in starts or mention.end not in ends
        assert reason.endswith(".")


@given(mention_lists(), token_rows())
def test_flattening_leaves_fits_in_order_that_share_no_token(
    mentions: list[Mention], tokens: list[tuple[int, int]]
) -> None:
    fits = flatten(align(mentions, tokens)).fits
    assert all(one.last <= other.first for one, other in pairwise(fits))


@given(mention_lists(), token_rows())
def test_whatever_yields_overlaps_a_kept_mention_at_least_as_long(
    mentions: list[Mention], tokens: list[tuple[int, int]]
) -> None:
    aligned = align(mentions, tokens)
    kept = [fit.mention for fit in flatten(aligned).fits]
    for mention, _, _ in aligned.fits:
        assert mention in kept or any(
            len(other.span) >= len(mention.span) and other.span.overlaps(mention.span)
            for other in kept
        )


def test_the_longest_of_nested_mentions_stays() -> None:
    whole, inner = Mention(13, 21, "LOC"), Mention(13, 16, "GPE")
    flat = flatten(align([inner, whole], TOKENS))
    assert [fit.mention for fit in flat.fits] == [whole]
    [misfit] = flat.misfits
    assert misfit.mention == inner
    assert "the LOC at 13 to 21" in misfit.reason


def test_of_equally_long_mentions_the_first_then_the_alphabet_decides() -> None:
    left, right = Mention(0, 9, "B"), Mention(5, 14, "A")
    tokens = [(0, 4), (5, 9), (10, 14)]
    assert [fit.mention for fit in flatten(align([right, left], tokens)).fits] == [left]
    twins = [Mention(0, 4, "ORG"), Mention(0, 4, "GPE")]
    assert [fit.mention.label for fit in flatten(align(twins, tokens)).fits] == ["GPE"]


def test_a_long_mention_that_does_not_fit_pushes_no_short_one_out() -> None:
    unfit, short = Mention(0, 11, "ORG"), Mention(0, 4, "PERSON")
    assert [fit.mention for fit in flatten(align([unfit, short], TOKENS)).fits] == [short]


def test_iob2_begins_every_mention_anew_even_where_two_touch() -> None:
    tokens = [(0, 4), (5, 9), (10, 12), (13, 15)]
    mentions = [Mention(0, 9, "PER"), Mention(10, 12, "PER")]
    assert iob2(align(mentions, tokens).fits, 4) == ["B-PER", "I-PER", "B-PER", "O"]


def test_biluo_marks_the_last_and_the_only_token() -> None:
    tokens = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    mentions = [Mention(0, 5, "ORG"), Mention(6, 7, "GPE")]
    assert biluo(align(mentions, tokens).fits, 5) == ["B-ORG", "I-ORG", "L-ORG", "U-GPE", "O"]


@given(mention_lists(), token_rows())
def test_seqeval_reads_the_tags_back_strictly(
    mentions: list[Mention], tokens: list[tuple[int, int]]
) -> None:
    fits = flatten(align(mentions, tokens)).fits
    expected = [(fit.first, fit.last, fit.mention.label) for fit in fits]
    for tags, scheme in ((iob2(fits, len(tokens)), IOB2), (biluo(fits, len(tokens)), BILOU)):
        entities = Tokens(tags, scheme).entities
        assert [(e.start, e.end, e.tag) for e in entities] == expected


def test_aligning_stays_fast_with_ten_thousand_mentions_on_eighty_thousand_tokens() -> None:
    tokens = [(5 * i, 5 * i + 4) for i in range(80_000)]
    mentions = [Mention(40 * i, 40 * i + 84 + i % 2, "ORG") for i in range(9_900)]
    began = time.perf_counter()
    aligned = flatten(align(mentions, tokens))
    assert len(iob2(aligned.fits, len(tokens))) == 80_000
    # A comparison of every mention with every token or mention would take minutes.
    assert time.perf_counter() - began < 2
