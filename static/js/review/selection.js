/*
 * Words selected for a new mention: by mouse, by finger, or by key with a word cursor. What is
 * selected is the browser's own selection, snapped to tokens, so it looks and reads as one
 * everywhere. The handles at the current mention's edges are dragged over the same tokens.
 */

import { blockOf, blocks, byId, offsetAt, quoteBetween, rangeBetween, snapped, stepsOf } from "./text.js";
import { blockAt, marksOf, parse } from "./layer.js";

const article = byId("article");
const handles = document.querySelectorAll(".handle");
const browsers = document.getSelection();

/** The selected stretch: {block, start, end, anchor, focus}, the last two as numbers of steps. */
let selected = null;
let changed = () => {};
let isDown = false;

/** What is selected, as {start, end, quote}, or null. */
export function selection() {
  if (!selected) return null;
  const { block, start, end } = selected;
  return { start, end, quote: quoteBetween(block, start, end) };
}

/** Let the selection go. */
export function clear() {
  if (!selected) return false;
  selected = null;
  browsers.removeAllRanges();
  paint();
  changed();
  return true;
}

/** Extend the selection by one step, or begin one beside the current mention. */
export function extend(direction) {
  const at = selected ?? beside(direction);
  if (!at) return;
  const focus = selected ? at.focus + direction : at.focus;
  if (stepsOf(at.block)[focus]) select(at.block, at.anchor, focus);
}

/** Move the word cursor by one step, over the edges of blocks. */
export function move(direction) {
  const at = selected ?? beside(direction);
  if (!at) return;
  let { block } = at;
  let focus = selected ? at.focus + direction : at.focus;
  while (!stepsOf(block)[focus]) {
    const every = blocks();
    block = every[every.indexOf(block) + direction];
    if (!block) return;
    focus = direction > 0 ? 0 : stepsOf(block).length - 1;
  }
  select(block, focus, focus);
}

/** Select what lies between two offsets of a block, made to fit. */
export function selectBetween(block, start, end, isBackwards = false) {
  const steps = stepsOf(block);
  const first = steps.findIndex(([, to]) => to > start);
  const last = steps.findLastIndex(([from]) => from < end);
  if (first < 0 || last < first) return;
  if (isBackwards) select(block, last, first);
  else select(block, first, last);
}

function select(block, anchor, focus) {
  const steps = stepsOf(block);
  const [first, last] = anchor <= focus ? [anchor, focus] : [focus, anchor];
  selected = { block, anchor, focus, start: steps[first][0], end: steps[last][1] };
  const range = rangeBetween(block, selected.start, selected.end);
  const { startContainer, startOffset, endContainer, endOffset } = range;
  browsers.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  // A range has no scrollIntoView; the element at its end is near enough to be seen.
  endContainer.parentElement.scrollIntoView({ block: "nearest" });
  paint(range);
  changed();
}

/** The step next to the current mention in a direction, or the first one of the article. */
function beside(direction) {
  const { start, end } = parse(article.dataset.current);
  const block = (end && blockAt(start)) || blocks().find((one) => stepsOf(one).length);
  if (!block) return null;
  const steps = stepsOf(block);
  const before = steps.findLastIndex(([, to]) => to <= start);
  const after = steps.findIndex(([from]) => from >= end);
  const at = direction > 0 ? after : before;
  const anchor = at < 0 ? steps.findIndex(([, to]) => to > start) : at;
  return { block, anchor, focus: anchor };
}

/** Blocks were drawn anew, or a key moves by something else now: select the same words again. */
export function restore() {
  if (!selected) return;
  const { block, start, end, anchor, focus } = selected;
  selectBetween(block, start, end, anchor > focus);
}

/** What mouse or finger selected, as [block, start, end], snapped; null when there is nothing. */
function pointed() {
  if (!browsers.rangeCount || browsers.isCollapsed) return null;
  const range = browsers.getRangeAt(0);
  const block = blockOf(range.startContainer);
  if (!block) return null;
  const from = offsetAt(block, range.startContainer, range.startOffset);
  const to =
    blockOf(range.endContainer) === block
      ? offsetAt(block, range.endContainer, range.endOffset)
      : stepsOf(block).at(-1)?.[1];
  const fitted = to === undefined ? null : snapped(block, from, to);
  return fitted && [block, ...fitted];
}

/** Take over what mouse or finger selected; true when there is something. */
export function fromPointer() {
  const made = pointed();
  if (!made) return false;
  if (selected?.start !== made[1] || selected.end !== made[2]) selectBetween(...made);
  return true;
}

/** Paint a stretch as selected: while it is dragged, and once a click has let go of it, too. */
function paint(range = null) {
  CSS.highlights?.delete("selected-tokens");
  if (range) CSS.highlights?.set("selected-tokens", new Highlight(range));
}

/** Mark in the text what the open comments are about; again whenever its blocks were drawn. */
export function showNotes() {
  const open = document.querySelectorAll("#comments [data-state=open]");
  const ranges = [...open].flatMap(({ dataset }) => {
    const [start, end] = [+dataset.start, +dataset.end];
    const block = blockAt(start);
    return block ? rangeBetween(block, start, end) : [];
  });
  CSS.highlights?.set("commented", new Highlight(...ranges));
}

/** Put the handles at a mention's edges, or away. */
export function showHandles(id) {
  const marks = id ? marksOf(id) : [];
  const boxes = marks.flatMap((mark) => [...mark.getClientRects()]);
  const origin = handles[0].parentElement.getBoundingClientRect();
  for (const handle of handles) {
    handle.hidden = !boxes.length;
    if (handle.hidden) continue;
    const isStart = handle.dataset.edge === "start";
    const box = isStart ? boxes[0] : boxes.at(-1);
    const isRtl = getComputedStyle(marks[0]).direction === "rtl";
    const x = isStart === isRtl ? box.right : box.left;
    handle.style.translate = `${x - origin.left}px ${box.bottom - origin.top}px`;
  }
}

/** The place in the text under a point of the window: a node and a position in it. */
function placeUnder(x, y) {
  const spot = document.caretPositionFromPoint?.(x, y);
  if (spot) return [spot.offsetNode, spot.offset];
  const range = document.caretRangeFromPoint?.(x, y);
  return range && [range.startContainer, range.startOffset];
}

/**
 * `onChange` is told of every selection, `onMade` of words that mouse or finger selected, and
 * `onDragged(start, end)` of where a handle took the current mention's edges.
 */
export function listen(onChange, onMade, onDragged) {
  changed = onChange;
  /** The edge of the current mention that stays while a handle drags the other one. */
  let held = null;
  let later = null;
  const letGo = () => {
    const made = pointed();
    if (!held) return fromPointer() && onMade();
    held = null;
    browsers.removeAllRanges();
    paint();
    return made && onDragged(made[1], made[2]);
  };
  // On the window: what was selected in the text may be let go beside it.
  addEventListener("pointerdown", () => (isDown = true));
  addEventListener("pointerup", () => {
    isDown = false;
    letGo();
  });
  document.addEventListener("selectionchange", () => {
    clearTimeout(later);
    const made = pointed();
    if (!made) return;
    if (isDown) paint(rangeBetween(...made));
    // A finger on the browser's own handles tells of nothing else.
    else if (selected?.start !== made[1] || selected.end !== made[2]) later = setTimeout(letGo, 400);
  });
  for (const handle of handles) {
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      const { start, end } = parse(article.dataset.current);
      held = rangeBetween(blockAt(start), start, end);
      held.collapse(handle.dataset.edge === "end");
    });
    handle.addEventListener("pointermove", ({ clientX, clientY }) => {
      const place = held && placeUnder(clientX, clientY - handle.offsetHeight);
      if (place) browsers.setBaseAndExtent(held.startContainer, held.startOffset, ...place);
    });
  }
}
