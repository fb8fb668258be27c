/*
 * The review page: which characters, which key. What a decision means, and how it looks, is
 * the server's: every act is a POST that brings back the block it changed.
 */

import * as keys from "./keys.js";
import * as mentions from "./mentions.js";
import * as queue from "./queue.js";
import * as selection from "./selection.js";
import { blockAt, quoteBetween, tokensOf } from "./text.js";

const CARD_DELAY_MS = 120;
const article = document.getElementById("article");
const canDecide = !("readOnly" in article.dataset);
/** Decided, but not drawn as such yet: they no longer need eyes … */
const decided = new Set();
/** … or are not there any more. */
const gone = new Set();
const visited = new Set();
let cardTimer = null;

function isThere(mention) {
  return !gone.has(mention.id);
}

function needsEyes(mention) {
  return mention.pending && isThere(mention) && !decided.has(mention.id);
}

function go(id, options) {
  selection.clear();
  mentions.setCurrent(id, options);
  if (id) visited.add(id);
  clearTimeout(cardTimer);
  cardTimer = setTimeout(showCard, CARD_DELAY_MS);
}

function showCard() {
  const query = new URLSearchParams({ mention: mentions.current(), layer: article.dataset.layer });
  const card = { source: "#mention-card", target: "#mention-card", swap: "outerHTML" };
  // Without a connection the card stays as it is, and the next step asks again.
  window.htmx.ajax("GET", `${article.dataset.card}?${query}`, card).catch(() => {});
}

function decide(values) {
  queue.send(article.dataset.decide, values, settle);
}

/** After an answer: the blocks were drawn anew and know nothing of where the person is. */
function settle(said) {
  drawnAnew();
  const current = mentions.current();
  const known = mentions.all().some((mention) => mention.id === current);
  if (!known && queue.pending() === 0) {
    const here = said.mention || mentions.standingAt(current);
    go(here || mentions.next(current, 1, needsEyes));
  } else {
    mentions.setCurrent(current, { scroll: false });
    clearTimeout(cardTimer);
    cardTimer = setTimeout(showCard, CARD_DELAY_MS);
  }
}

function drawnAnew() {
  mentions.refresh();
  selection.restore();
  if (queue.pending() === 0) {
    decided.clear();
    gone.clear();
  }
}

/** Accept the current mention and go on to the next that needs eyes. */
function accept() {
  const id = mentions.current();
  if (mentions.all().some((mention) => mention.id === id && needsEyes(mention))) {
    decide({ act: "accept", mention: id });
  }
  decided.add(id);
  const following = mentions.next(id, 1, needsEyes);
  if (following) go(following);
}

/** Reject or remove the current mention and go on. */
function reject() {
  const id = mentions.current();
  if (!id) return;
  decide({ act: "reject", mention: id });
  gone.add(id);
  go(mentions.next(id, 1, needsEyes) || mentions.next(id, 1, isThere));
}

function setLabel(label) {
  // A finger selects without telling that it is done.
  selection.fromPointer();
  const words = selection.selection();
  if (words) {
    decide({ act: "add", ...words, label });
    go(mentions.name(words.start, words.end, label), { scroll: false });
    return;
  }
  const id = mentions.current();
  if (!id) return;
  const { start, end } = mentions.parse(id);
  decide({ act: "relabel", mention: id, label });
  decided.add(id);
  replaceCurrent(mentions.name(start, end, label));
}

/** The current mention goes by the name that it will have once the server has drawn it. */
function replaceCurrent(id) {
  mentions.setCurrent(id, { scroll: false });
  visited.add(id);
}

/** Move one edge of the current mention by one token of its block. */
function moveEdge(edge) {
  const id = mentions.current();
  if (!id) return;
  let { start, end, label } = mentions.parse(id);
  const block = blockAt(start);
  const tokens = tokensOf(block);
  if (edge === "left-out") start = tokens.findLast(([from]) => from < start)?.[0] ?? start;
  if (edge === "left-in") start = tokens.find(([from]) => from > start && from < end)?.[0] ?? start;
  if (edge === "right-in") end = tokens.findLast(([, to]) => to < end && to > start)?.[1] ?? end;
  if (edge === "right-out") end = tokens.find(([, to]) => to > end)?.[1] ?? end;
  const moved = mentions.name(start, end, label);
  if (moved === id) return;
  decide({ act: "adjust", mention: id, start, end, quote: quoteBetween(block, start, end) });
  decided.add(id);
  replaceCurrent(moved);
}

function reverse(url) {
  queue.send(url, {}, (said) => {
    drawnAnew();
    if (said.mention) go(said.mention);
    else settle(said);
  });
}

function finish() {
  const unvisited = mentions.all().filter((m) => needsEyes(m) && !visited.has(m.id)).length;
  // Suggestions that arrive after the page was drawn are not accepted unseen.
  const run = document.getElementById("seen-run").value;
  queue.send(article.dataset.finish, { unvisited, run });
}

const WALK = {
  "next-pending": () => mentions.next(mentions.current(), 1, needsEyes),
  "previous-pending": () => mentions.next(mentions.current(), -1, needsEyes),
  next: () => mentions.next(mentions.current(), 1, isThere),
  previous: () => mentions.next(mentions.current(), -1, isThere),
};
const LOOK = {
  "show-labels": () => article.classList.toggle("show-labels"),
  help: () => document.getElementById("help").showModal(),
  "extend-right": () => selection.extend(1),
  "extend-left": () => selection.extend(-1),
  "cursor-right": () => selection.move(1),
  "cursor-left": () => selection.move(-1),
};
const DECIDE = {
  accept,
  reject,
  "left-out": () => moveEdge("left-out"),
  "left-in": () => moveEdge("left-in"),
  "right-in": () => moveEdge("right-in"),
  "right-out": () => moveEdge("right-out"),
  undo: () => reverse(article.dataset.undo),
  redo: () => reverse(article.dataset.redo),
  finish,
};

/** Carry out an act by name; false when it was none of ours, or cannot be done here. */
function perform(act) {
  if (act in WALK) {
    const id = WALK[act]();
    if (!id) return false;
    go(id);
    return true;
  }
  if (act in LOOK) {
    LOOK[act]();
    return true;
  }
  if (!canDecide) return false;
  if (act.startsWith("label:")) setLabel(act.slice("label:".length));
  else if (act in DECIDE) DECIDE[act]();
  else return false;
  return true;
}

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

addEventListener("keydown", (event) => {
  if (isTyping(event.target)) return;
  const act = keys.actOf(event);
  if (!act) return;
  const isInText = article.contains(event.target) || event.target === document.body;
  // Buttons and links keep their own keys; undo, finish and help work from anywhere.
  if (!isInText && !["undo", "redo", "finish", "help"].includes(act)) return;
  if (act === "leave") {
    if (!selection.clear() && !queue.dismiss()) article.blur();
    return;
  }
  // A key that is still held down when the next article opens must not finish that one too.
  if (act === "finish" && event.repeat) return;
  // With nothing left to look at, Tab leaves the text as it does on any page.
  if (event.target === document.body && act.endsWith("-pending")) return;
  if (perform(act)) event.preventDefault();
});

article.addEventListener("click", (event) => {
  if (!document.getSelection().isCollapsed) return;
  const mark = event.target.closest("mark[data-mention]");
  if (!mark) {
    selection.clear();
    return;
  }
  // A second click on the same place reaches the mention beneath.
  const ids = mark.dataset.mention.split(" ");
  const at = ids.indexOf(mentions.current());
  go(at > 0 ? ids[at - 1] : ids.at(-1), { scroll: false });
});
// On the document: what was selected in the text may be let go beside it.
document.addEventListener("pointerup", () => {
  if (canDecide) setTimeout(selection.fromPointer);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-label], [data-act], [data-command], [data-walk]");
  if (!button) return;
  const { setLabel: label, act, command, walk } = button.dataset;
  const name = label ? `label:${label}` : (act ?? command ?? (walk === "1" ? "next" : "previous"));
  event.preventDefault();
  perform(name);
  if (command !== "help") article.focus({ preventScroll: true });
});
// A press on a label must not take the selected words away before the click arrives.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-set-label]")) event.preventDefault();
});

// New suggestions were swapped in.
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  mentions.refresh();
  if (event.detail.target.id !== "blocks") return;
  drawnAnew();
  if (!mentions.current()) go(mentions.next("", 1, needsEyes), { scroll: false });
  else mentions.setCurrent(mentions.current(), { scroll: false });
});

const drawer = document.querySelector('[aria-controls="desk-list"]');
drawer.addEventListener("click", () => {
  const list = document.getElementById("desk-list");
  drawer.setAttribute("aria-expanded", String(list.offsetParent === null));
});

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
keys.registerLabels(JSON.parse(document.getElementById("label-keys").textContent));
keys.describe(document.getElementById("help-keys"));
mentions.setCurrent(mentions.current(), { scroll: Boolean(location.search) });
if (mentions.current()) visited.add(mentions.current());
article.focus({ preventScroll: true });
