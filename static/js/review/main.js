/*
 * The review page: which characters, which key. An act shows at once and is sent behind; what it
 * means is the server's, whose fragment confirms what is shown or puts it right.
 */

import * as card from "./card.js";
import { actOf } from "./keys.js";
import * as layer from "./layer.js";
import * as queue from "./queue.js";
import * as selection from "./selection.js";
import { byId, stepsOf, toggleByCharacter } from "./text.js";

const article = byId("article");
const log = byId("history-part");
/** Which article, which revision, which mention is current: what the page itself knows. */
const page = article.dataset;
const desk = JSON.parse(byId("desk-data").textContent);
const on = (event, listener) => document.body.addEventListener(event, listener);
const canDecide = !("readOnly" in page);
const visited = new Set();
/** Changes that undo and redo would make, the next one last; null where only the server knows. */
let { undos, redos, last } = desk;

/* ---- Walking ---- */

const current = () => page.current;
const needsEyes = (mention) => mention.state === "suggested";

function setCurrent(id, { scroll = true } = {}) {
  for (const mark of layer.marksOf(current())) mark.removeAttribute("aria-current");
  page.current = id;
  const marks = layer.marksOf(id);
  for (const mark of marks) mark.setAttribute("aria-current", "true");
  if (id) visited.add(id);
  if (scroll) marks[0]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  card.tell(id, foresee);
}

function go(id, options) {
  selection.clear();
  card.close();
  setCurrent(id, options);
}

/** The next mention from the current one in a direction, round the end; "" when there is none. */
function next(direction, wanted = () => true) {
  const id = current();
  const byDoubt = wanted === needsEyes && page.order === "doubt";
  const rank = (m) => (byDoubt ? (m.score ?? 2) : 0);
  const order = (a, b) => direction * (rank(a) - rank(b) || layer.byPlace(a, b));
  const here = layer.find(id) ?? (id ? layer.parse(id) : { start: -1 });
  let first, ahead;
  layer.each((m) => {
    if (m.id === id || !wanted(m)) return;
    if (!first || order(m, first) < 0) first = m;
    if (order(m, here) > 0 && (!ahead || order(m, ahead) < 0)) ahead = m;
  });
  return (ahead ?? first)?.id ?? "";
}

function walk(direction, wanted) {
  const id = next(direction, wanted);
  if (id) go(id);
  return !!id;
}

function walkUnmarked(direction) {
  const { start, end } = selection.selection() ?? layer.parse(current());
  const run = layer.unmarked(direction > 0 ? end : start, direction).next().value;
  if (run) selection.selectBetween(run.element, run.start, run.end);
  else card.speak("No other word in capitals is unmarked.");
}

/* ---- Deciding ---- */

/** The suggestions that cannot stand beside a mention: they go when it comes. */
function displaced({ id, start, end }) {
  return layer.touching(start, end).filter((m) => {
    const nested = (m.start >= start && m.end <= end) || (m.start <= start && m.end >= end);
    const fits = desk.policy === "any" || (desk.policy === "nested" && nested);
    return m.id !== id && needsEyes(m) && !fits;
  });
}

/** Show a change and send what it stands for. */
function decide(values, gone, come) {
  const change = { gone: [...gone, ...come.flatMap(displaced).map((m) => m.id)], come };
  const back = layer.apply(change);
  undos.push(back);
  redos = [];
  last = come[0]?.id ?? gone[0];
  queue.send(page.decide, values, change).back = back;
}

function accept() {
  const mention = layer.find(current());
  const following = next(1, needsEyes);
  if (mention && needsEyes(mention)) {
    decide({ act: "accept", mention: mention.id }, [], [{ ...mention, state: "accepted" }]);
  }
  if (following) go(following);
}

function reject() {
  const mention = layer.find(current());
  if (!mention) return;
  const following = next(1, needsEyes) || next(1);
  decide({ act: "reject", mention: mention.id }, [mention.id], []);
  // Where nothing was suggested, nothing is rejected elsewhere.
  if (mention.state === "added") last = "";
  go(following);
}

/** A mention changed by a person; left as it was suggested, it is accepted. */
function become(mention, start, end, label, values) {
  const isSame = layer.name(start, end, label) === mention.id;
  if (isSame && !needsEyes(mention)) return;
  const state = isSame ? "accepted" : mention.state === "added" ? "added" : "changed";
  const fresh = layer.mentionOf(start, end, label, state, mention.score);
  decide({ ...values, mention: mention.id }, isSame ? [] : [mention.id], [fresh]);
  setCurrent(fresh.id, { scroll: false });
  card.follow(fresh.id);
}

function setLabel(label) {
  // A finger selects without telling that it is done.
  selection.fromPointer();
  const words = selection.selection();
  const mention = layer.find(current());
  if (words) {
    const added = layer.mentionOf(words.start, words.end, label, "added");
    decide({ act: "add", ...words, label }, [], [added]);
    go(added.id, { scroll: false });
  } else if (mention) become(mention, mention.start, mention.end, label, { act: "relabel", label });
}

function adjust(start, end) {
  const mention = layer.find(current());
  if (start === mention.start && end === mention.end) return;
  const quote = card.wordsOf({ start, end });
  become(mention, start, end, mention.label, { act: "adjust", start, end, quote });
}

/** Where one step of a block takes an edge of a mention; undefined where it has to stay. */
const EDGES = {
  "left-out": (steps, { start }) => ({ start: steps.findLast(([from]) => from < start)?.[0] }),
  "left-in": (steps, { start, end }) => ({ start: steps.find(([from]) => from > start && from < end)?.[0] }),
  "right-in": (steps, { start, end }) => ({ end: steps.findLast(([, to]) => to < end && to > start)?.[1] }),
  "right-out": (steps, { end }) => ({ end: steps.find(([, to]) => to > end)?.[1] }),
};

function moveEdge(edge) {
  const mention = layer.find(current());
  if (!mention) return;
  const moved = EDGES[edge](stepsOf(layer.blockAt(mention.start)), mention);
  adjust(moved.start ?? mention.start, moved.end ?? mention.end);
}

/** What deciding the same text alike would change: as annotations/domain/repeats.py has it. */
function alike(id) {
  const { start, end, label } = layer.parse(id);
  const mention = layer.find(id);
  const gone = [];
  const come = mention && needsEyes(mention) ? [{ ...mention, state: "accepted" }] : [];
  for (const [from, to] of layer.repeatsOf(start, end)) {
    const there = layer.touching(from, to);
    const same = there.filter((m) => m.start === from && m.end === to);
    const suggested = same.filter(needsEyes);
    const isFlat = desk.policy === "flat";
    // Decided by a person, or part of a longer name.
    const isTaken = there.some((m) => {
      if (same.includes(m)) return !needsEyes(m);
      return isFlat && (!needsEyes(m) || (m.start <= from && m.end >= to));
    });
    if (!mention) gone.push(...suggested.map((m) => m.id));
    else if (!isTaken) {
      const state = !suggested.length ? "added" : suggested[0].label === label ? "accepted" : "changed";
      const fresh = layer.mentionOf(from, to, label, state, suggested[0]?.score);
      gone.push(...suggested.map((m) => m.id).filter((other) => other !== fresh.id));
      come.push(fresh);
    }
  }
  return { gone, come, size: come.length || gone.length };
}

function same(id = last) {
  const { gone, come, size } = id ? alike(id) : {};
  if (!size) return card.speak("The same text needs nothing anywhere else.");
  decide({ act: "same", mention: id }, gone, come);
  last = id;
  card.speak(`${size} decided alike.`);
  foresee();
}

/** Say, before it is asked for, how many more the last decision would reach. */
function foresee() {
  if (canDecide) byId("same-count").textContent = (last && alike(last).size) || "";
}

function reverse(url, from, to) {
  const change = from.pop() ?? null;
  if (change) to.push(layer.apply(change));
  else card.speak("One moment.");
  queue.send(url, {}, change).isReverse = true;
  const id = change?.come[0]?.id ?? change?.gone[0] ?? "";
  const there = layer.find(id) ?? layer.firstAt(layer.parse(id));
  if (there) go(there.id);
}

function finish() {
  let unvisited = 0;
  layer.each((m) => (unvisited += needsEyes(m) && !visited.has(m.id)));
  queue.send(page.finish, { unvisited });
}

/* ---- What the server says ---- */

/** Put every piece of a fragment where it belongs. */
function take(fragment) {
  layer.rebase(fragment.querySelectorAll(".block"), queue.changes());
  for (const piece of fragment.querySelectorAll("[hx-swap-oob]:not(.block)")) {
    piece.removeAttribute("hx-swap-oob");
    byId(piece.id)?.replaceWith(piece);
  }
  selection.restore();
}

/** After an answer: what is shown is what is stored, and the cursor is where it was. */
function settle(op, { status, said, fragment }) {
  const notice = fragment.querySelector(".notice");
  queue.dismiss();
  take(fragment);
  if (notice) {
    byId("notices").append(notice);
    undos = status === 409 ? [] : undos.filter((back) => back !== op.back);
    redos = [];
    if (status === 409) point(op.values, notice);
  }
  if (op.isReverse && !op.change && said.mention) go(said.mention);
  else if (!queue.pending()) stay(said.mention);
  // Whoever has it open sees what they did, and brings back no state by an old number.
  if (log.open) log.dispatchEvent(new Event("toggle"));
}

/** Keep the current mention, or take what stands in its place. */
function stay(wish = "") {
  const there = layer.find(current()) ? current() : wish || layer.firstAt(layer.parse(current()))?.id;
  setCurrent(there || next(1, needsEyes), { scroll: false });
}

/** A lost race is shown where it was lost. */
function point({ mention, start, end }, notice) {
  const place = mention ? layer.parse(mention) : { start, end };
  const there = layer.firstAt(place);
  if (there) setCurrent(there.id);
  const box = there ? layer.marksOf(there.id)[0] : layer.blockAt(place.start);
  if (box) card.put(notice, box.getBoundingClientRect());
}

/** Catch up with what was decided elsewhere: in another tab, or before one came Back. */
async function catchUp() {
  if (queue.pending() || !canDecide) return;
  const { revision } = page;
  const { status, said, fragment } = await queue.ask(page.changes, { revision });
  if (status !== 200 || queue.pending() || page.revision !== revision) return;
  page.revision = said.revision;
  [undos, redos] = [[], []];
  take(fragment);
  stay();
}

/* ---- Acts ---- */

const LOOK = {
  "next-pending": () => walk(1, needsEyes),
  "previous-pending": () => walk(-1, needsEyes),
  next: () => walk(1),
  previous: () => walk(-1),
  "next-unmarked": () => walkUnmarked(1),
  "previous-unmarked": () => walkUnmarked(-1),
  "extend-right": () => selection.extend(1),
  "extend-left": () => selection.extend(-1),
  "cursor-right": () => selection.move(1),
  "cursor-left": () => selection.move(-1),
  "by-character": () => {
    card.speak(toggleByCharacter() ? "By character." : "By word.");
    selection.restore();
  },
  "show-labels": () => article.classList.toggle("show-labels"),
  keybar: () => document.body.classList.toggle("no-keybar"),
  help: () => byId("help").showModal(),
  history: () => {
    log.open = true;
    log.firstElementChild.focus();
  },
  list: () => {
    const isAway = !byId("desk-list").checkVisibility();
    document.body.dataset.list = isAway ? "there" : "away";
    byId("drawer").ariaExpanded = isAway;
  },
  leave: () => card.close() || selection.clear() || queue.dismiss() || article.blur(),
  order: () => {
    const field = byId("order");
    const isByDoubt = page.order !== "doubt";
    field.value = page.order = isByDoubt ? "doubt" : "reading";
    field.form.requestSubmit();
    card.speak(isByDoubt ? "Least certain first." : "In reading order.");
  },
};
const DECIDE = {
  accept,
  reject,
  same: () => same(),
  "same-here": () => same(current()),
  undo: () => reverse(page.undo, undos, redos),
  redo: () => reverse(page.redo, redos, undos),
  finish,
  comment: () => remark("comment-form") && written().focus(),
  flag: () => remark("flag-form") && byId("flag-form").requestSubmit(),
};

/** Tell a form what it is about; false when there is nothing. */
function remark(id) {
  const words = selection.selection() ?? layer.find(current());
  if (!byId(id) || !words) return false;
  const { start, end, label = "" } = words;
  const quote = card.wordsOf(words);
  const values = { start, end, label, quote, client_key: queue.freshKey() };
  for (const name in values) byId(id)[name].value = values[name];
  byId("comment-about").textContent = `“${quote}”`;
  return true;
}

/** Carry out an act by name; false when it cannot be done here. */
function perform(act) {
  if (act in LOOK) return LOOK[act]() ?? true;
  if (!canDecide) return false;
  if (act.startsWith("label:")) setLabel(act.slice("label:".length));
  else if (act in EDGES) moveEdge(act);
  else DECIDE[act]();
  return true;
}

addEventListener("keydown", (event) => {
  const { target, repeat } = event;
  if (target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  const act = actOf(event, desk.keys);
  if (!act) return;
  const isInText = article.contains(target) || target === document.body;
  // Buttons and links keep their own keys; undo, finish and help work from anywhere.
  if (!isInText && !["undo", "redo", "finish", "help", "leave"].includes(act)) return;
  // A key that is still held down when the next article opens must not finish that one too.
  if (act === "finish" && repeat) return;
  // With nothing left to look at, Tab leaves the text as it does on any page.
  if (target === document.body && act.endsWith("-pending")) return;
  // Whoever goes on by key has no use for the mouse's card.
  if (act !== "leave") card.close();
  if (perform(act) !== false) event.preventDefault();
});

article.addEventListener("click", ({ target }) => {
  if (!document.getSelection().isCollapsed) return;
  const ids = target.closest("mark[data-mention]")?.dataset.mention.split(" ");
  card.close();
  if (!ids) {
    selection.clear();
    return;
  }
  // A second click on the same place reaches the mention beneath.
  const at = ids.indexOf(current());
  go(at > 0 ? ids[at - 1] : ids.at(-1), { scroll: false });
  card.open(current());
});

on("click", (event) => {
  const button = event.target.closest("[data-set-label], [data-act], [data-go]");
  if (!button) return;
  const { setLabel: label, act, go: wish } = button.dataset;
  event.preventDefault();
  if (wish) {
    const { start, end } = layer.parse(wish);
    go(layer.firstAt({ start, end })?.id ?? current());
    selection.selectBetween(layer.blockAt(start), start, end);
  } else perform(label ? `label:${label}` : act);
  if (act !== "help" && act !== "comment") article.focus({ preventScroll: true });
});
// A press on a label must not take the selected words away before the click arrives.
on("pointerdown", (event) => {
  if (event.target.closest("[data-set-label], #float")) event.preventDefault();
});

/* ---- Start ---- */

on("htmx:beforeOnLoad", (event) => {
  const { responseURL: url, status } = event.detail.xhr;
  if (queue.isSignedOut({ url, status })) event.preventDefault();
});
on("annotations:standing", ({ detail }) => {
  const { revision, run } = detail;
  if (canDecide && (revision > page.revision || run !== +byId("seen-run").value)) void catchUp();
});
// New suggestions were swapped in.
on("htmx:oobAfterSwap", ({ detail }) => {
  if (detail.target.id !== "blocks") return;
  layer.load(desk.labels);
  layer.rebase([], queue.changes());
  setCurrent(layer.find(current()) ? current() : next(1, needsEyes), { scroll: false });
});
// Those who have the article open need not be told of somebody who has gone.
addEventListener("pagehide", () => {
  const { form } = byId("tab");
  navigator.sendBeacon(form.action, new FormData(form, form.leaving));
});
addEventListener("pageshow", ({ persisted }) => persisted && void catchUp());
addEventListener("resize", () => {
  card.close();
  // A message that stood where the text was goes back to the foot of the page.
  for (const notice of byId("notices").children) notice.removeAttribute("style");
});

// What was typed outlives a log-in that comes in between.
const draft = `newsroom:${page.user}:draft:${location.pathname}`;
const written = () => byId("comment-form")?.body;
on("input", ({ target }) => {
  if (target === written()) localStorage[draft] = target.value;
});
// Whoever goes there by mouse means the current mention, too.
on("focusin", ({ target }) => {
  if (target === written() && !byId("comment-form").start.value) remark("comment-form");
});
on("annotations:comments", () => {
  localStorage.removeItem(draft);
  selection.showNotes();
});
if (written()) written().value ||= localStorage[draft] ?? "";

byId("tab").value = queue.tab;
layer.load(desk.labels);
selection.showNotes();
selection.listen(
  () => selection.selection() || card.close(),
  () => canDecide && card.open("", selection.selection()),
  adjust,
);
if (canDecide) queue.start(settle, (ops) => ops.forEach(({ change }) => change && layer.apply(change)));
setCurrent(current(), { scroll: Boolean(location.search) });
article.focus({ preventScroll: true });
