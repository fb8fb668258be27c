"""Article text as markup: the characters stay, the highlights nest, nothing is obeyed."""

from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.decisions import mention_id
from annotations.domain.mentions import Mention, MentionState, in_reading_order
from annotations.domain.zones import Zone
from annotations.models import Block
from annotations.rendering import (
    STRETCH,
    markdown,
    render_again,
    render_article,
    render_block,
    stretches,
    token_code,
)

HUES = {"PERSON": 1, "GPE": 3}


class Text(HTMLParser):
    """The text content of a fragment, and of each mention by its id."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.mentions: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "mark":
            self._open = (dict(attrs)["data-mention"] or "").split()

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._open = []

    def handle_data(self, data: str) -> None:
        self.text += data
        for name in self._open:
            self.mentions[name] = self.mentions.get(name, "") + data


def block(start: int, end: int, tokens: list[int] | None = None) -> Block:
    return Block(position=0, start=start, end=end, zone="paragraph", tokens=tokens or [])


# What a browser's parser, unlike ours, would change is normalised away at upload.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'’“👩‍👩‍👧é\u00a0"),
    min_size=1,
    max_size=60,
)


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Mention]]:
    text = draw(texts)
    spans = draw(
        st.lists(
            st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(
                lambda pair: pair[0] < pair[1]
            ),
            max_size=6,
            unique=True,
        )
    )
    return text, [Mention(s, e, "PERSON", MentionState.SUGGESTED) for s, e in spans]


@given(marked_texts())
def test_a_blocks_text_content_is_the_articles_characters(
    marked: tuple[str, list[Mention]],
) -> None:
    text, mentions = marked
    assert Text(render_block(block(0, len(text)), text, mentions, HUES)).text == text


@given(marked_texts())
def test_each_mention_is_drawn_over_exactly_its_characters(
    marked: tuple[str, list[Mention]],
) -> None:
    text, mentions = marked
    drawn = Text(render_block(block(0, len(text)), text, mentions, HUES)).mentions
    assert drawn == {mention_id(m.key): text[m.start : m.end] for m in mentions}


@given(marked_texts(), st.data())
def test_a_mention_over_two_blocks_is_drawn_in_both(
    marked: tuple[str, list[Mention]], data: st.DataObject
) -> None:
    text, mentions = marked
    if len(text) < 2:
        return
    cut = data.draw(st.integers(1, len(text) - 1))
    blocks = [block(0, cut), block(cut, len(text))]
    given = (blocks, text, in_reading_order(mentions), HUES)
    for html in ("".join(render_article(*given)), render_again(*given)):
        drawn = Text(html)
        assert drawn.text.replace("\n", "") == text.replace("\n", "")
        for mention in mentions:
            pieces = drawn.mentions[mention_id(mention.key)]
            assert pieces == text[mention.start : mention.end]


@given(st.lists(st.sampled_from(Zone), max_size=3 * STRETCH))
def test_a_long_article_is_laid_out_in_stretches_and_no_run_is_cut(zones: list[Zone]) -> None:
    blocks = [Block(position=n, start=n, end=n + 1, zone=zone) for n, zone in enumerate(zones)]
    found = list(stretches(blocks))
    assert [b for stretch in found for b in stretch] == blocks
    assert all(len(stretch) >= STRETCH for stretch in found[:-1])
    for before, after in pairwise(found):
        assert not {Zone.VIDEO, Zone.HIGHLIGHTS, Zone.CREDIT} & {after[0].zone}, before[-1].zone


def test_a_stretch_of_paragraphs_does_not_grow_for_ever() -> None:
    blocks = [block(n, n + 1) for n in range(10 * STRETCH)]
    assert {len(stretch) for stretch in stretches(blocks)} == {STRETCH}


def test_the_current_mention_is_said_to_be_current() -> None:
    html = render_block(block(0, 3), "Ulm", [Mention(0, 3, "GPE")], HUES, current="0-3-GPE")
    assert 'aria-current="true"' in html
    assert "hue-3" in html


def test_a_doubtful_suggestion_is_marked_as_doubtful_and_a_decided_one_is_not() -> None:
    doubtful = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.3)
    assert "data-doubtful" in render_block(block(0, 3), "Ulm", [doubtful], HUES)
    decided = Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.3)
    assert "data-doubtful" not in render_block(block(0, 3), "Ulm", [decided], HUES)


@given(st.lists(st.integers(0, 200) | st.integers(0, 1_000_000), max_size=40))
def test_the_browsers_token_code_gives_the_offsets_back(steps: list[int]) -> None:
    offsets = [sum(steps[: i + 1]) for i in range(len(steps))]
    code = token_code(offsets)
    decoded, at = [], 0
    for character in code:
        number = ord(character)
        at += number - (40 if number < 0xD800 else 0x828)
        decoded.append(at)
    assert decoded == offsets
    assert not set(code) & set("\"'&")
    code.encode()  # no half of a pair


def test_markdown_shows_markup_and_drops_script_addresses() -> None:
    html = markdown("**b** <img src=x onerror=alert(1)> [go](javascript:alert(1))")
    assert "<strong>b</strong>" in html
    assert "<img" not in html
    assert 'href="javascript' not in html
