"""What stands on the page is the article, character for character, and nothing moves."""

import re
from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Corpus, Desk
from tests.browser.site import ROOT
from tests.formats.cast import TORTURE

pytestmark = pytest.mark.browser

ARTICLES: Final = [
    *sorted((ROOT / "annotations/sample/articles").glob("0[1-4]*.txt")),
    *sorted((ROOT / "tests/samples").glob("[hs]*.html")),
]

_BLOCKS: Final = """
[...document.querySelectorAll("main#article [data-block]")].map(
  (block) => [Number(block.dataset.start), block.textContent, block.dataset.zone])
"""
_BOXES: Final = """
[...document.querySelectorAll("main#article [data-block]")].map((block) => {
  const { x, y, width, height } = block.getBoundingClientRect();
  return [x, y + scrollY, width, height];
})
"""
_MARK_BOXES: Final = """
[...document.querySelectorAll("main#article mark")].flatMap((mark) =>
  [...mark.getClientRects()].map(({ x, y, width, height }) => [x, y + scrollY, width, height]))
"""


def boxes(desk: Desk) -> Any:
    return desk.page.evaluate(_BOXES)


def test_every_block_holds_exactly_its_stretch_of_the_text(
    page: Page, corpus: Corpus, tmp_path: Any
) -> None:
    (tmp_path / "torture.txt").write_text(TORTURE)
    corpus.site.manage("import_corpus", corpus.slug, *ARTICLES, tmp_path / "torture.txt")
    corpus.site.manage("suggest", corpus.slug)
    records = corpus.exported("suggestions")
    assert len(records) == len(ARTICLES) + 1
    desk = Desk(page, corpus)
    for record in records:
        desk.open(record["id"])
        blocks = page.evaluate(_BLOCKS)
        spans = [(start, start + len(content)) for start, content, _ in blocks]
        for (start, end), (_, content, _) in zip(spans, blocks, strict=True):
            assert content == record["text"][start:end]
        edges = [(0, 0), *spans, (len(record["text"]),) * 2]
        between = [record["text"][end:start] for (_, end), (start, _) in pairwise(edges)]
        assert all(re.fullmatch(r"\s*", gap) for gap in between)
        assert {zone for _, _, zone in blocks} <= {zone["zone"] for zone in record["zones"]}


@pytest.mark.parametrize(
    "keys",
    ["Enter", "x", "m", "]", "Shift+[", "j", "v", "Shift+ArrowRight w", "2 u"],
)
def test_nothing_moves_when_a_mention_changes(desk: Desk, keys: str) -> None:
    before = boxes(desk)
    desk.press("j", *keys.split()).saved()
    expect(desk.card).not_to_contain_text("Port Alder")
    assert boxes(desk) == before


def test_a_highlight_keeps_its_place_when_label_and_state_change(desk: Desk) -> None:
    before = desk.page.evaluate(_MARK_BOXES)
    desk.press("Enter", "5").saved()
    assert desk.page.evaluate(_MARK_BOXES) == before


def test_labels_above_the_words_leave_the_words_where_they_are(desk: Desk) -> None:
    before = desk.page.evaluate(_MARK_BOXES)
    desk.press("v")
    after = desk.page.evaluate(_MARK_BOXES)
    # A label parts a word from the space before it, which costs some fonts a hair of kerning.
    assert [box[1:] for box in after] == [box[1:] for box in before]
    assert [box[0] for box in after] == pytest.approx([box[0] for box in before], abs=3)


def test_a_refusal_is_told_without_moving_the_text(desk: Desk, complaints: Any) -> None:
    complaints.tolerate("status of 422")
    desk.press("j", "Enter", "k").saved()
    before = boxes(desk)
    desk.press("Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowRight", "2").saved()
    expect(desk.notices).not_to_be_empty()
    expect(desk.notices.locator(".notice")).to_be_in_viewport(ratio=1)
    assert boxes(desk) == before


def test_the_current_mention_stays_in_the_middle_third_while_walking(
    page: Page, corpus: Corpus
) -> None:
    corpus.site.manage("import_corpus", corpus.slug, ARTICLES[0])
    corpus.site.manage("suggest", corpus.slug)
    desk = Desk(page, corpus).open()
    height = page.evaluate("innerHeight")
    for _ in range(40):
        desk.press("j")
    box = desk.current.first.bounding_box()
    assert box is not None
    assert height / 3 - 1 <= box["y"] <= height * 2 / 3 + 1
