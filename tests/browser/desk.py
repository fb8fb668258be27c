"""The review page as a test uses it: keys, highlights, what is shown and what is stored."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from playwright.sync_api import Locator, Page, expect

from annotations.domain.mentions import Mention
from tests.browser.site import Site

_numbers: Final = count(1)

#: Where the nth occurrence of a text stands in the window: a place in its first letter and one in
#: its last. Written without the page's own scripts, which are what is tested.
_PLACES: Final = """
async ([text, nth]) => {
  const walker = document.createTreeWalker(document.getElementById("blocks"), NodeFilter.SHOW_TEXT);
  const ends = [];
  let whole = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    whole += node.data;
    ends.push([whole.length, node]);
  }
  let at = -1;
  for (let n = 0; n <= nth; n += 1) at = whole.indexOf(text, at + 1);
  if (at < 0) throw new Error(`“${text}” is not on the page.`);
  const letters = [...new Intl.Segmenter().segment(text)];
  const rangeOf = ({ index, segment }) => {
    const range = document.createRange();
    const [end, node] = ends.find(([end]) => end > at + index);
    range.setStart(node, at + index - (end - node.length));
    range.setEnd(node, at + index - (end - node.length) + segment.length);
    return range;
  };
  const [first, last] = [rangeOf(letters[0]), rangeOf(letters.at(-1))];
  // Twice: blocks that come into view are laid out only then, and move what is below them.
  for (let n = 0; n < 2; n += 1) {
    first.startContainer.parentElement.scrollIntoView({ block: "center" });
    await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  }
  const place = ({ left, right, top, bottom }, share) =>
    [left + (right - left) * share, (top + bottom) / 2];
  return [
    place(first.getClientRects()[0], 0.2),
    place(last.getClientRects()[0], 0.8),
  ];
}
"""


class Shown(NamedTuple):
    """One mention as a reader of the page, or of an export, sees it."""

    text: str
    label: str
    state: str


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that no locator can wait for."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "It did not come true."
        time.sleep(0.05)


@dataclass
class Corpus:
    """A corpus of one test's own."""

    site: Site
    slug: str
    folder: Path

    @classmethod
    def make(cls, site: Site, folder: Path) -> Self:
        slug = f"corpus-{next(_numbers)}"
        site.manage("create_corpus", slug, "--name", slug.capitalize())
        return cls(site, slug, folder)

    @property
    def address(self) -> str:
        return f"{self.site.address}/corpora/{self.slug}"

    def add(self, text: str, *suggestions: Mention, **fields: object) -> None:
        """Import one article with suggestions as a machine would have made them."""
        spans = [
            {
                "start": m.start,
                "end": m.end,
                "label": m.label,
                "text": text[m.start : m.end],
                "state": "suggested",
                "score": m.score,
            }
            for m in suggestions
        ]
        file = self.folder / "article.jsonl"
        file.write_text(json.dumps({"text": text, "spans": spans, **fields}) + "\n")
        self.site.manage("import_corpus", self.slug, file, "--layer", "suggestions")

    def exported(self, layer: str = "") -> list[dict[str, Any]]:
        """The corpus as JSON Lines, an article each: the layer of the site's owner, or another."""
        file = self.folder / "export.jsonl"
        args = ("--format", "jsonl", "--output", file, "--layer", layer or self.site.user)
        self.site.manage("export_corpus", self.slug, *args)
        return [json.loads(line) for line in file.read_text().removesuffix("\n").split("\n")]

    def stored(self, number: int = 1) -> list[Shown]:
        """What the site's owner has stored of one article; each span has to quote its text."""
        for record in self.exported():
            if record["id"] == number:
                for span in record["spans"]:
                    assert record["text"][span["start"] : span["end"]] == span["text"]
                return [Shown(s["text"], s["label"], s["state"]) for s in record["spans"]]
        return []


@dataclass
class Desk:
    """The review page of one article, opened in one browser tab."""

    page: Page
    corpus: Corpus

    def open(self, number: int = 1, query: str = "") -> Self:
        self.page.goto(f"{self.corpus.address}/articles/{number}/review/{query}")
        expect(self.article).to_be_focused()
        return self

    def ordered_by(self, order: str) -> Self:
        """Walk by "doubt" or in "reading" order from now on; the person's choice is kept."""
        if self.article.get_attribute("data-order") != order:
            with self.page.expect_response("**/review-order/"):
                self.press("d")
        return self

    @property
    def article(self) -> Locator:
        return self.page.locator("main#article")

    @property
    def current(self) -> Locator:
        return self.article.locator('mark[aria-current="true"]')

    @property
    def save_state(self) -> Locator:
        return self.page.locator("#save-state")

    @property
    def card(self) -> Locator:
        return self.page.locator("#mention-card")

    @property
    def notices(self) -> Locator:
        return self.page.locator("#notices")

    def mark(self, text: str, nth: int = 0) -> Locator:
        """The nth highlight that reads exactly like this."""
        exactly = re.compile(rf"^{re.escape(text)}$")
        return self.article.locator("mark").filter(has_text=exactly).nth(nth)

    def press(self, *keys: str) -> Self:
        """Press keys one after the other, as fast as a machine can."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def drag(self, text: str, nth: int = 0, *, backwards: bool = False) -> Self:
        """Draw the mouse over a text, from within its first letter into its last."""
        places = self.page.evaluate(_PLACES, [text, nth])
        (x, y), (to_x, to_y) = reversed(places) if backwards else places
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(to_x, to_y, steps=4)
        mouse.up()
        return self

    def saved(self) -> Self:
        """Wait until the server has acknowledged everything."""
        return self.has_state("saved")

    def has_state(self, state: str) -> Self:
        expect(self.save_state).to_have_attribute("data-state", state)
        return self

    def has_current(self, text: str, label: str = "") -> Self:
        """Wait until one highlight is current and reads like this."""
        expect(self.current).to_have_text([text])
        if label:
            expect(self.current).to_have_attribute("data-label", label)
        return self

    def has_current_id(self, mention: str) -> Self:
        """Wait until the mention of this id is current."""
        expect(self.article).to_have_attribute("data-current", mention)
        return self

    def selected(self) -> str:
        """What the browser shows as selected."""
        text: str = self.page.evaluate("document.getSelection().toString()")
        return text

    def shown(self) -> list[Shown]:
        """Every highlight, in reading order."""
        rows = self.article.locator("mark").evaluate_all(
            "all => all.map(m => [m.textContent, m.dataset.label, m.dataset.state])"
        )
        return [Shown(*row) for row in rows]
