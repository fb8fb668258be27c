/*
 * Where characters stand: between the page's nodes (UTF-16 units) and the server's offsets
 * (Unicode code points of the article's text). Nothing else on the page counts characters.
 */

const QUOTES = /^["'“”‘’„‚«»‹›]+$/u;
/** What may be one letter to the eye and several characters, or one character and two units. */
const HARD = /[\u{10000}-\u{10ffff}\u200d\p{M}]/u;
export const byId = (id) => document.getElementById(id);
const root = byId("blocks");
let byCharacter = false;

/** Edges and selections move by letters from now on, or by words again; says which. */
export function toggleByCharacter() {
  byCharacter = !byCharacter;
  return byCharacter;
}

/** The number of code points in a string. */
export function length(string) {
  return /[\ud800-\udfff]/.test(string) ? [...string].length : string.length;
}

/** Every block, in reading order. */
export function blocks() {
  return [...root.querySelectorAll(".block")];
}

/** The offset at which a block starts. */
export function startOf(block) {
  return +block.dataset.start;
}

/** The block that holds a node, or null. */
export function blockOf(node) {
  const element = node.closest ? node : node.parentElement;
  return element?.closest("#blocks .block") ?? null;
}

/** What a function says of a block, found out once: a block's text never changes. */
function once(find) {
  const found = new WeakMap();
  return (block) => {
    if (!found.has(block)) found.set(block, find(block));
    return found.get(block);
  };
}

/** A block's tokens as [start, end] offsets; see `token_code` in annotations/rendering.py. */
export const tokensOf = once((block) => decode(block.dataset.tokens, startOf(block)));

/** What a key moves by: tokens, parts of one letter (an emoji family, a flag) joined; or letters. */
export function stepsOf(block) {
  return byCharacter ? lettersOf(block).filter(([, , letter]) => letter.trim()) : joined(block);
}

const joined = once((block) => {
  const pairs = tokensOf(block);
  if (!HARD.test(block.textContent)) return pairs;
  const starts = new Set(lettersOf(block).map(([start]) => start));
  const whole = [];
  for (const [start, end] of pairs) {
    if (whole.length && !starts.has(start)) whole.at(-1)[1] = end;
    else whole.push([start, end]);
  }
  return whole;
});

/** What the eye takes as letters, as [start, end, letter]. */
const lettersOf = once((block) => {
  let end = startOf(block);
  return [...new Intl.Segmenter().segment(block.textContent)].map(({ segment }) => {
    const start = end;
    end += length(segment);
    return [start, end, segment];
  });
});

function decode(code, base) {
  const pairs = [];
  let offset = base;
  let start = null;
  for (const letter of code) {
    const number = letter.codePointAt(0);
    offset += number - (number < 0xd800 ? 40 : 0x828);
    if (start !== null) pairs.push([start, offset]);
    start = start === null ? offset : null;
  }
  return pairs;
}

/** The offset of a place in the page: a node within a block and a UTF-16 position in it. */
export function offsetAt(block, node, position) {
  const range = document.createRange();
  range.setStart(block, 0);
  range.setEnd(node, position);
  return startOf(block) + length(range.toString());
}

/** The range of the page between two offsets of one block. */
export function rangeBetween(block, start, end) {
  const range = document.createRange();
  range.setStart(...placeAt(block, start - startOf(block), false));
  range.setEnd(...placeAt(block, end - startOf(block), true));
  return range;
}

/** The text between two offsets of one block. */
export function quoteBetween(block, start, end) {
  return cut(block.textContent, start - startOf(block), end - startOf(block));
}

/** A string between two positions that count code points. */
export function cut(string, from, to) {
  if (!/[\ud800-\udfff]/.test(string)) return string.slice(from, to);
  return [...string].slice(from, to).join("");
}

/** Node and UTF-16 position of the n-th code point; `before` prefers the end of a node. */
function placeAt(block, n, before) {
  let left = n;
  for (const child of block.childNodes) {
    const node = child.firstChild ?? child;
    const size = length(node.data);
    if (left < size || (before && left === size)) return [node, cut(node.data, 0, left).length];
    left -= size;
  }
  return [block, block.childNodes.length];
}

/**
 * A stretch of a block made to fit what a key moves by: out to the edges of those it touches,
 * without quotation marks at its ends. Null when there is none in it.
 */
export function snapped(block, start, end) {
  let touched = stepsOf(block).filter(([from, to]) => from < end && to > start);
  if (!byCharacter) {
    const isMark = ([from, to]) => QUOTES.test(quoteBetween(block, from, to));
    while (touched.length > 1 && isMark(touched[0])) touched = touched.slice(1);
    while (touched.length > 1 && isMark(touched.at(-1))) touched = touched.slice(0, -1);
  }
  return touched.length ? [touched[0][0], touched.at(-1)[1]] : null;
}
