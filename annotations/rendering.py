"""Article text and highlights as markup. The only place that emits article text as HTML.

Written in Python rather than as a template: a long article has thousands of highlights, and
the text content of a block has to be the article's characters, no white space added.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from annotations.domain.decisions import mention_id
from annotations.domain.mentions import Mention
from annotations.domain.segments import Segment, segments
from annotations.domain.zones import Zone
from annotations.models import Block

#: The first number whose character `token_code` could not use, being half of a pair.
_SURROGATES: Final = 0xD800 - 40
#: How many mentions on top of each other are told apart by eye.
DEEPEST: Final = 3
#: How many blocks are laid out together, at least.
STRETCH: Final = 16
#: static/css/review.css gives these another look beside some neighbours.
_DRAWN_BY_NEIGHBOURS: Final = {Zone.HIGHLIGHTS, Zone.VIDEO, Zone.CREDIT}
#: Below this confidence a suggestion is drawn as doubtful.
DOUBTFUL_BELOW: Final = 0.6

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown(source: str) -> SafeString:
    """Markdown as HTML; markup in the source is shown as text, script addresses are dropped."""
    html: str = _markdown.render(source)
    return mark_safe(html)  # noqa: S308


def render_block(
    block: Block,
    text: str,
    mentions: Iterable[Mention],
    hues: Mapping[str, int],
    *,
    current: str = "",
    out_of_band: bool = False,
) -> SafeString:
    """One block with its highlights. ``mentions`` may reach beyond it, ``text`` is the article's.

    The element's text content is exactly ``text[block.start:block.end]``.
    """
    swap = ' hx-swap-oob="true"' if out_of_band else ""
    certain = "" if block.certain else ' data-certain="false"'
    opening = (
        f'<div class="block" id="block-{block.position}" dir="auto" data-block="{block.position}" '
        f'data-start="{block.start}" data-zone="{escape(block.zone)}"{certain} '
        f'data-tokens="{token_code(block.tokens)}"{swap}>'
    )
    parts = [opening]
    for segment in segments(block.start, block.end, mentions):
        characters = escape(text[segment.start : segment.end], quote=False)
        parts.append(_mark(segment, characters, hues, current))
    parts.append("</div>")
    return mark_safe("".join(parts))  # noqa: S308


def render_article(
    blocks: Iterable[Block],
    text: str,
    mentions: Iterable[Mention],
    hues: Mapping[str, int],
    *,
    current: str = "",
) -> Iterator[SafeString]:
    """Blocks (in order), stretch by stretch, with those of ``mentions`` that touch each.

    ``mentions`` come in reading order. A stretch off screen is not laid out. Were each block left
    out by itself, the browser would look at every one of a thousand in each frame.
    """
    touching = _touching(mentions)
    for stretch in stretches(blocks):
        drawn = [render_block(b, text, touching(b), hues, current=current) for b in stretch]
        yield joined(['<div class="stretch">', *drawn, "</div>"])


def render_again(
    blocks: Iterable[Block],
    text: str,
    mentions: Iterable[Mention],
    hues: Mapping[str, int],
    *,
    current: str = "",
) -> SafeString:
    """Some blocks, each to be swapped in for itself; arguments as for `render_article`."""
    touching = _touching(mentions)
    return joined(
        render_block(b, text, touching(b), hues, current=current, out_of_band=True) for b in blocks
    )


def stretches(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks in order, some together: nothing begins with one that is drawn by what precedes it."""
    stretch: list[Block] = []
    for block in blocks:
        if len(stretch) >= STRETCH and block.zone not in _DRAWN_BY_NEIGHBOURS:
            yield stretch
            stretch = []
        stretch.append(block)
    if stretch:
        yield stretch


def _touching(mentions: Iterable[Mention]) -> Callable[[Block], list[Mention]]:
    """What touches a block, for blocks that are asked for in order."""
    upcoming = deque(mentions)
    reaching: list[Mention] = []

    def touching(block: Block) -> list[Mention]:
        nonlocal reaching
        while upcoming and upcoming[0].start < block.end:
            reaching.append(upcoming.popleft())
        reaching = [m for m in reaching if m.end > block.start]
        return [m for m in reaching if m.start < block.end]

    return touching


def joined(pieces: Iterable[str]) -> SafeString:
    """Pieces of markup, each on lines of its own; escaping was their makers' business."""
    return mark_safe("\n".join(pieces))  # noqa: S308


def token_code(tokens: list[int]) -> str:
    """A block's token offsets for the browser: gap and length in turn, a character each.

    The character is the one that many after ``(``, surrogates left out: nothing that an attribute
    would have to escape. ``static/js/review/text.js`` reads it.
    """
    steps = (offset - before for before, offset in pairwise([0, *tokens]))
    return "".join(chr(step + (40 if step < _SURROGATES else 0x828)) for step in steps)


def _mark(segment: Segment, characters: str, hues: Mapping[str, int], current: str) -> str:
    covering = segment.mentions
    if not covering:
        return characters
    top = covering[-1]
    ids = [mention_id(m.key) for m in covering]
    classes = f"mention hue-{hues.get(top.label, 1)}"
    if len(covering) > 1:
        beneath = hues.get(covering[-2].label, 1)
        classes += f" depth-{min(len(covering), DEEPEST)} under-{beneath}"
    # The label of a mention cut into pieces is shown at its first piece only.
    continues = " data-continues" if top.start < segment.start else ""
    is_current = ' aria-current="true"' if current in ids else ""
    return (
        f'<mark class="{classes}" data-mention="{escape(" ".join(ids))}" '
        f'data-label="{escape(top.label)}" data-state="{top.state.value}"'
        f"{_certainty(covering)}{continues}{is_current}>{characters}</mark>"
    )


def _certainty(covering: tuple[Mention, ...]) -> str:
    """What a script cannot read off the ids: how sure the machine is, and who lies beneath."""
    top = covering[-1]
    code = ""
    if not top.is_decided and top.score is not None:
        doubtful = " data-doubtful" if top.score < DOUBTFUL_BELOW else ""
        code = f'{doubtful} data-score="{top.score:.3g}"'
    if len(covering) > 1:
        states = " ".join(m.state.value for m in covering)
        scores = " ".join("-" if m.score is None else f"{m.score:.3g}" for m in covering)
        code += f' data-states="{states}" data-scores="{scores}"'
    return code
