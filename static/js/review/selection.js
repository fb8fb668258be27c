/*
 * Words selected for a new mention: by mouse, or by key with a word cursor. What is selected
 * is the browser's own selection, snapped to tokens, so it looks and reads as one everywhere.
 */

import { blockOf, blocks, offsetAt, quoteBetween, rangeBetween, snapped, tokensOf } from "./text.js";
import { current, marksOf, parse } from "./mentions.js";

const article = document.getElementById("article");
const card = document.getElementById("selection-card");
const quote = document.getElementById("selected-quote");

/** The selected stretch: {block, start, end, anchor, focus} with token numbers; or null. */
let selected = null;

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
  document.getSelection().removeAllRanges();
  show();
  return true;
}

/** Extend the selection by one token, or begin one beside the current mention. */
export function extend(direction) {
  const at = selected ?? beside(direction);
  if (!at) return;
  const tokens = tokensOf(at.block);
  const focus = selected ? at.focus + direction : at.focus;
  if (focus < 0 || focus >= tokens.length) return;
  select(at.block, at.anchor, focus);
}

/** Move the word cursor by one token, over the edges of blocks. */
export function move(direction) {
  const at = selected ?? beside(direction);
  if (!at) return;
  let { block } = at;
  let focus = selected ? at.focus + direction : at.focus;
  while (focus < 0 || focus >= tokensOf(block).length) {
    const every = blocks();
    block = every[every.indexOf(block) + direction];
    if (!block) return;
    focus = direction > 0 ? 0 : tokensOf(block).length - 1;
  }
  select(block, focus, focus);
}

function select(block, anchor, focus) {
  const tokens = tokensOf(block);
  const [first, last] = anchor <= focus ? [anchor, focus] : [focus, anchor];
  selected = { block, anchor, focus, start: tokens[first][0], end: tokens[last][1] };
  const range = rangeBetween(block, selected.start, selected.end);
  const { startContainer, startOffset, endContainer, endOffset } = range;
  document.getSelection().setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  // A range has no scrollIntoView; the element at its end is near enough to be seen.
  endContainer.parentElement.scrollIntoView({ block: "nearest" });
  show();
}

/** The token next to the current mention in a direction, or the first one of the article. */
function beside(direction) {
  const id = current();
  const mark = id && marksOf(id)[0];
  if (!mark) {
    const block = blocks().find((candidate) => tokensOf(candidate).length);
    return block && { block, anchor: 0, focus: 0 };
  }
  const block = blockOf(mark);
  const { start, end } = parse(id);
  const tokens = tokensOf(block);
  const index =
    direction > 0
      ? tokens.findIndex(([from]) => from >= end)
      : tokens.findLastIndex(([, to]) => to <= start);
  const inside = tokens.findIndex(([, to]) => to > start);
  const at = index >= 0 ? index : inside;
  return { block, anchor: at, focus: at };
}

/** The block of the selection was drawn anew: select the same words in the new one. */
export function restore() {
  if (!selected || selected.block.isConnected) return;
  const block = document.getElementById(selected.block.id);
  if (block) select(block, selected.anchor, selected.focus);
  else clear();
}

/** Take over what mouse or finger selected, snapped; true when there is something. */
export function fromPointer() {
  const made = document.getSelection();
  if (!made.rangeCount || made.isCollapsed) return false;
  const range = made.getRangeAt(0);
  const block = blockOf(range.startContainer);
  if (!block || !article.contains(range.startContainer)) return false;
  const isInside = blockOf(range.endContainer) === block;
  const from = offsetAt(block, range.startContainer, range.startOffset);
  const to = isInside
    ? offsetAt(block, range.endContainer, range.endOffset)
    : tokensOf(block).at(-1)?.[1];
  const fitted = to === undefined ? null : snapped(block, from, to);
  if (!fitted) return false;
  if (selected?.start === fitted[0] && selected.end === fitted[1]) return true;
  const tokens = tokensOf(block);
  select(
    block,
    tokens.findIndex(([start]) => start === fitted[0]),
    tokens.findIndex(([, end]) => end === fitted[1]),
  );
  return true;
}

function show() {
  card.hidden = !selected;
  // Painted also once a click beside the text has taken the browser's own selection away.
  CSS.highlights?.delete("selected-tokens");
  if (!selected) return;
  quote.textContent = selection().quote;
  const range = rangeBetween(selected.block, selected.start, selected.end);
  CSS.highlights?.set("selected-tokens", new Highlight(range));
}
