/*
 * The highlights as the page knows them, block by block: what the server last said (`base`), what
 * was decided since and is not acknowledged yet, and both together as they are drawn.
 *
 * A mention is {id, start, end, label, state, score}; its id says where it stands and what it is,
 * as in "12-25-PERSON". A change is {gone: [id], come: [mention]}: applied again it does nothing
 * more, so that it can be laid over whatever the server says meanwhile.
 */

import { showNotes } from "./selection.js";
import { blocks, byId, cut, length, startOf, tokensOf } from "./text.js";

const DOUBTFUL_BELOW = 0.6;
const DEEPEST = 3;
const CAPITALS = /(?<![\p{L}\p{M}\d])\p{Lu}[\p{L}\p{M}\d&.-]*[\p{L}\d](?:[ \u00a0]\p{Lu}[\p{L}\p{M}\d&.-]*[\p{L}\d])*/gu;

/** [{element, start, end, text, base, mentions, drawn}], in reading order. */
let parts = [];
/** Blocks in which something is not acknowledged yet. */
const dirty = new Set();
let hues = {};
/** The article's words in small letters, read once they are asked for. */
let common = null;

/** Read every block of the page; again when all were swapped. */
export function load(labelHues) {
  hues = labelHues;
  dirty.clear();
  parts = blocks().map((element) => {
    const text = element.textContent;
    const start = startOf(element);
    const base = read(element);
    return { element, start, end: start + length(text), text, base, mentions: base, drawn: sign(base) };
  });
}

/** An id taken apart; of "" the beginning of the article. */
export function parse(id) {
  const [start, end = 0, ...label] = id.split("-");
  return { start: +start, end: +end, label: label.join("-") };
}

/** A mention's id. */
export function name(start, end, label) {
  return `${start}-${end}-${label}`;
}

/** A mention as it will be; `score` is how sure the machine was, or null. */
export function mentionOf(start, end, label, state, score = null) {
  return { id: name(start, end, label), start, end, label, state, score };
}

/** Visit every mention in reading order. No list of them is kept, or made anew at each key. */
export function each(visit) {
  for (const part of parts) for (const m of part.mentions) if (m.start >= part.start) visit(m);
}

/** The mention of an id, or undefined. */
export function find(id) {
  return id ? near(parse(id)).flatMap((part) => part.mentions).find((m) => m.id === id) : undefined;
}

/** Mentions that share a character with [start, end). */
export function touching(start, end) {
  return near({ start, end }).flatMap((part) => part.mentions.filter((m) => m.start < end && m.end > start));
}

/** The first mention that shares a character with a place, or undefined. */
export function firstAt({ start, end }) {
  return touching(start, end)[0];
}

/** The marks that a mention is drawn with. */
export function marksOf(id) {
  const query = `mark[data-mention~="${CSS.escape(id)}"]`;
  return id ? near(parse(id)).flatMap(({ element }) => [...element.querySelectorAll(query)]) : [];
}

/** The block element that holds an offset, or undefined. */
export function blockAt(offset) {
  return parts[indexAt(offset)]?.element;
}

/** Lay a change over the page. The change that takes it back. */
export function apply(change) {
  const back = { gone: [], come: [] };
  const touched = new Set();
  for (const id of change.gone) {
    for (const part of near(parse(id))) {
      const mention = part.mentions.find((m) => m.id === id);
      if (!mention) continue;
      part.mentions = part.mentions.filter((m) => m !== mention);
      touched.add(part);
      if (mention.start >= part.start) back.come.push(mention);
    }
  }
  for (const mention of change.come) {
    for (const part of near(mention)) {
      const old = part.mentions.find((m) => m.id === mention.id);
      if (old?.state === mention.state) continue;
      part.mentions = [...part.mentions.filter((m) => m !== old), mention].sort(byPlace);
      touched.add(part);
      if (mention.start < part.start) continue;
      if (old) back.come.push(old);
      back.gone.push(mention.id);
    }
  }
  for (const part of touched) {
    dirty.add(part);
    draw(part);
  }
  showNotes();
  return back;
}

/** Take over what the server says of some blocks, with what is not acknowledged yet on top. */
export function rebase(fresh, changes) {
  for (const element of fresh) {
    const part = parts[indexAt(startOf(element))];
    if (part?.element.id !== element.id) continue;
    part.base = read(element);
    dirty.add(part);
  }
  const before = [...dirty];
  for (const part of before) part.mentions = part.base;
  dirty.clear();
  for (const change of changes) apply(change);
  for (const part of before) draw(part);
  showNotes();
}

/**
 * Where the words of a mention stand again, as [start, end]; its own place left out. A place
 * begins and ends at tokens where the mention does; see annotations/domain/repeats.py.
 */
export function repeatsOf(start, end) {
  const own = parts[indexAt(start)];
  const quote = cut(own.text, start - own.start, end - own.start);
  const edges = (part) => tokensOf(part.element);
  const startsWord = edges(own).some(([from]) => from === start);
  const endsWord = edges(own).some(([, to]) => to === end);
  const found = [];
  for (const part of parts) {
    for (let i = part.text.indexOf(quote); i >= 0; i = part.text.indexOf(quote, i + quote.length)) {
      const from = part.start + length(part.text.slice(0, i));
      const to = from + end - start;
      if (from < end && to > start) continue;
      if (startsWord && !edges(part).some(([at]) => at === from)) continue;
      if (endsWord && !edges(part).some(([, at]) => at === to)) continue;
      found.push([from, to]);
    }
  }
  return found;
}

/** Names that nothing marks, as far as capitals tell: from an offset on, round the end. */
export function* unmarked(offset, direction) {
  common ??= new Set(parts.flatMap(({ text }) => text.match(/(?<![\p{L}\d])\p{Ll}+/gu) ?? []));
  const runs = parts.flatMap(capitals);
  const isAhead = (run) => (direction > 0 ? run.start >= offset : run.end <= offset);
  const ordered = direction > 0 ? runs : runs.reverse();
  yield* ordered.filter(isAhead);
  yield* ordered;
}

/** Runs of words in capitals; one word that only opens a sentence, and is common, isn't one. */
function capitals({ element, start, text, mentions }) {
  return [...text.matchAll(CAPITALS)].flatMap(({ 0: words, index }) => {
    const opens = /(^|[.!?:“"‘'—–-]) ?$/.test(text.slice(0, index)) && !words.includes(" ");
    if (opens && common.has(words.toLowerCase())) return [];
    const from = start + length(text.slice(0, index));
    const run = { element, start: from, end: from + length(words) };
    return mentions.some((m) => m.start < run.end && m.end > from) ? [] : [run];
  });
}

function indexAt(offset) {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle].start <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The blocks that a stretch reaches into: next to always one. */
function near({ start, end }) {
  const found = [];
  for (let i = Math.max(indexAt(start), 0); parts[i]?.start < end; i += 1) {
    if (parts[i].end > start) found.push(parts[i]);
  }
  return found;
}

/** Compares two mentions by where they stand; on the same words, by label. */
export function byPlace(a, b) {
  return a.start - b.start || b.end - a.end || (a.label > b.label) - (a.label < b.label);
}

function read(element) {
  const found = new Map();
  for (const { dataset } of element.getElementsByTagName("mark")) {
    const ids = dataset.mention.split(" ");
    const states = dataset.states?.split(" ") ?? [dataset.state];
    const scores = dataset.scores?.split(" ") ?? [dataset.score ?? "-"];
    ids.forEach((id, i) => {
      if (found.has(id)) return;
      const { start, end, label } = parse(id);
      found.set(id, mentionOf(start, end, label, states[i], scores[i] === "-" ? null : +scores[i]));
    });
  }
  return [...found.values()].sort(byPlace);
}

function sign(mentions) {
  return mentions.map((m) => `${m.id} ${m.state} ${m.state === "suggested" ? m.score : ""}`).join();
}

/** Draw a block's mentions, cut at every edge; as annotations/rendering.py does, to the letter. */
function draw(part) {
  const signed = sign(part.mentions);
  if (signed === part.drawn) return;
  part.drawn = signed;
  const { start, end, text, mentions } = part;
  const inside = (offset) => Math.min(Math.max(offset, start), end);
  const edges = new Set([start, end, ...mentions.flatMap((m) => [inside(m.start), inside(m.end)])]);
  const cuts = [...edges].sort((a, b) => a - b);
  const pieces = [];
  for (let i = 1; i < cuts.length; i += 1) {
    const [from, to] = [cuts[i - 1], cuts[i]];
    const words = cut(text, from - start, to - start);
    const covering = mentions.filter((m) => m.start < to && m.end > from);
    pieces.push(covering.length ? markOf(covering, from, words) : words);
  }
  const current = byId("article").dataset.current;
  part.element.replaceChildren(...pieces);
  for (const mark of marksOf(current)) mark.setAttribute("aria-current", "true");
}

function markOf(covering, from, words) {
  // Of equally long ones the order of the text stays.
  covering.sort((a, b) => b.end - b.start - (a.end - a.start));
  const top = covering.at(-1);
  const depth = covering.length;
  const mark = document.createElement("mark");
  mark.className = `mention hue-${hues[top.label] ?? 1}`;
  mark.dataset.mention = covering.map((m) => m.id).join(" ");
  mark.dataset.label = top.label;
  mark.dataset.state = top.state;
  if (top.state === "suggested" && top.score !== null) {
    if (top.score < DOUBTFUL_BELOW) mark.dataset.doubtful = "";
    mark.dataset.score = top.score;
  }
  if (depth > 1) {
    mark.className += ` depth-${Math.min(depth, DEEPEST)} under-${hues[covering.at(-2).label] ?? 1}`;
    mark.dataset.states = covering.map((m) => m.state).join(" ");
    mark.dataset.scores = covering.map((m) => m.score ?? "-").join(" ");
  }
  if (top.start < from) mark.dataset.continues = "";
  mark.textContent = words;
  return mark;
}
