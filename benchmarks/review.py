"""The review page in a real browser: a key until it is painted and stored, and opening an article.

The site runs as ``manage.py serve`` starts it, with its strict content security policy. A key's
floor is one frame of the browser plus the server's time for the same correction, asked for without
a browser, on an article of the same length, in the same run.
"""

import os
import secrets
import shutil
import statistics
import sys
from collections.abc import Iterator

from benchmarks import scratch

scratch.start_site()

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from annotations.actions import suggest  # noqa: E402
from annotations.actions.articles import store_article  # noqa: E402
from annotations.actions.corpora import create_account, create_corpus  # noqa: E402
from annotations.domain.articles import ArticleDraft  # noqa: E402
from annotations.domain.zoning import find_zones  # noqa: E402
from benchmarks import texts  # noqa: E402
from benchmarks.editor import Editor, Machine  # noqa: E402

LENGTHS = (600, 6_000, 60_000)
KEYS = 40
OPENINGS = 9
#: One frame at 60 a second, in milliseconds.
FRAME = 1000 / 60

#: Presses keys one by one. Milliseconds of each: the page's own work until it is painted (what
#: the key does, and the frame's script, style, layout and paint), until it is painted, and until
#: it is acknowledged as well; and whether the key showed at once. Without #save-state nothing is
#: waited for but the paint.
PRESS = """
async ([key, times]) => {
  const article = document.getElementById("article");
  const state = document.getElementById("save-state");
  const rest = (ms) => new Promise((go) => setTimeout(go, ms));
  const frame = () => new Promise((go) => requestAnimationFrame(() => {
    const began = performance.now();
    // Ahead of any timer: what was put off until after the paint does not count.
    scheduler.postTask(() => go([began, performance.now()]), { priority: "user-blocking" });
  }));
  const taken = [];
  for (let n = 0; n < times; n += 1) {
    await frame();
    await rest(Math.random() * 16);
    const looked = article.querySelector('mark[aria-current="true"]');
    const before = [looked.dataset.mention, looked.dataset.state].join();
    const began = performance.now();
    const acknowledged = !state ? began : new Promise((go) => {
      new MutationObserver((_, observer) => {
        if (state.dataset.state !== "saved") return;
        observer.disconnect();
        go(performance.now());
      }).observe(state, { attributes: true });
    });
    article.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const handled = performance.now();
    const now = article.querySelector('mark[aria-current="true"]');
    const shows = [now?.dataset.mention, now?.dataset.state].join() !== before;
    const [called, shown] = await frame();
    const stored = await acknowledged;
    const work = handled - began + shown - called;
    taken.push([work, shown - began, Math.max(shown, stored) - began, shows]);
    await rest(180);
  }
  return taken;
}
"""
#: A page on which a key does next to nothing: what a frame costs the browser in any case.
BARE = """
<main id="article"><mark aria-current="true" data-mention="0" data-state="1">word</mark></main>
<script>
const { dataset } = document.querySelector("mark");
addEventListener("keydown", () => (dataset.state *= -1));
</script>
"""
#: When the first highlight was painted, and when keys work, in milliseconds from the navigation.
WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("mark[data-mention]")) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (window.firstHighlight = performance.now());
    port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true });
document.addEventListener("focusin", () => (window.keysWork ??= performance.now()), true);
"""


def main() -> bool:
    password = secrets.token_urlsafe()
    user = create_account(username="editor", password=password, is_superuser=True)
    corpus = create_corpus(slug="c", name="C", owner=user)
    suggest.load_suggester = lambda *_args: Machine()  # type: ignore[assignment, return-value]
    # Two articles of each length: one for the browser, one for the floor.
    for n in range(2 * len(LENGTHS)):
        text = texts.article(LENGTHS[n // 2], seed=n)
        draft = ArticleDraft(text=text, zones=find_zones(text))
        article = store_article(corpus=corpus, draft=draft, user=user)
        assert article is not None
    suggest.suggest_waiting()
    address = scratch.serve()
    floor = Editor(address, "editor", password, [2 * n + 2 for n in range(len(LENGTHS))])
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        sign_in(page, address, "editor", password)
        page.add_init_script(WATCH)
        kept = [*_keys(page, address, floor), *_openings(page, address)]
        browser.close()
    return all(kept)


def _keys(page: Page, address: str, floor: Editor) -> Iterator[bool]:
    medians = {}
    for n, words in enumerate(LENGTHS):
        page.goto("about:blank")
        page.set_content(BARE)
        page.evaluate(PRESS, ["Enter", 5])
        bare = [work for work, *_ in page.evaluate(PRESS, ["Enter", KEYS])]
        page.goto(f"{address}/corpora/c/articles/{2 * n + 1}/review/")
        page.wait_for_timeout(1500)
        page.evaluate(PRESS, ["Enter", 5])
        floor.open(2 * n + 2)
        served = [floor.correct() for _ in range(KEYS)]
        taken = page.evaluate(PRESS, ["Enter", KEYS])
        served += [floor.correct() for _ in range(KEYS)]
        assert all(shows for *_, shows in taken), "a key showed nothing when it was pressed"
        least = FRAME + statistics.median(served)
        work, shown, both = map(sorted, list(zip(*taken, strict=True))[:3])
        medians[words] = statistics.median(both)
        in_time = sum(ms <= FRAME for ms in work)
        print(f"{words} words: server {statistics.median(served):.1f} ms", end="; ")
        print(
            f"painted p50 {statistics.median(shown):.1f}, p95 {scratch.p95(shown):.1f} ms", end="; "
        )
        print(f"work p50 {statistics.median(work):.1f}, p95 {scratch.p95(work):.1f} ms", end="; ")
        print(f"bare page {statistics.median(bare):.1f}, {scratch.p95(bare):.1f} ms", end="; ")
        print(f"in the next frame {in_time} of {KEYS}")
        yield _line(f"key to paint, {words} words, p95", FRAME, scratch.p95(work), 1.0)
        yield _line(f"key, {words} words, p50", least, medians[words], 1.5)
        yield _line(f"key, {words} words, p95", least, scratch.p95(both), 2.5)
    yield _line("key, 60,000 words against 600", medians[600], medians[60_000], 1.3)


def _openings(page: Page, address: str) -> Iterator[bool]:
    first: dict[int, list[float]] = {600: [], 60_000: []}
    ready: dict[int, list[float]] = {600: [], 60_000: []}
    for n in range(OPENINGS + 2):
        for number, words in ((1, 600), (5, 60_000)):
            page.goto(f"{address}/corpora/c/articles/{number}/review/")
            page.wait_for_timeout(400)
            if n >= 2:
                first[words].append(page.evaluate("window.firstHighlight"))
                ready[words].append(page.evaluate("window.keysWork"))
    for what, figures, limit in (("first highlight", first, 3.0), ("keys work", ready, 99.0)):
        short, long = (statistics.median(figures[words]) for words in (600, 60_000))
        yield _line(f"open, 60,000 words against 600, {what}", short, long, limit)


def _line(name: str, floor: float, thing: float, limit: float) -> bool:
    """Print one figure, in milliseconds, as the other benchmarks do."""
    rows = (f"{floor:9.2f} ms", f"{thing:9.2f} ms")
    return scratch.verdict(name, floor / 1000, thing / 1000, thing / floor, rows, limit=limit)


def sign_in(page: Page, address: str, username: str, password: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/corpora/")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
