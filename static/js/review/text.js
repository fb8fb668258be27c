/*
 * Where characters stand: between the page's nodes (UTF-16 units) and the server's offsets
 * (Unicode code points of the article's text). Nothing else on the page counts characters.
 */

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
const cache = new WeakMap();

/** The number of code points in a string. */
export function length(string) {
  let count = 0;
  for (const _ of string) count += 1;
  return count;
}

/** Every block, in reading order. */
export function blocks() {
  return [...document.querySelectorAll("#blocks > .block")];
}

/** The offset at which a block starts. */
export function startOf(block) {
  return Number(block.dataset.start);
}

/** The block that holds a node, or null. */
export function blockOf(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  return element?.closest("#blocks > .block") ?? null;
}

/** The block that holds an offset, or undefined. */
export function blockAt(offset) {
  return blocks().findLast((block) => startOf(block) <= offset);
}

/** A block's tokens as [start, end] offsets; see `token_code` in annotations/rendering.py. */
export function tokensOf(block) {
  if (!cache.has(block)) cache.set(block, joined(decode(block.dataset.tokens, startOf(block)), block));
  return cache.get(block);
}

/** Tokens that part what is one letter to the eye (an emoji family, a flag) are taken as one. */
function joined(tokens, block) {
  const letters = new Set();
  let at = startOf(block);
  for (const { segment } of new Intl.Segmenter().segment(block.textContent)) {
    letters.add(at);
    at += length(segment);
  }
  const whole = [];
  for (const [start, end] of tokens) {
    if (whole.length && !letters.has(start)) whole.at(-1)[1] = end;
    else whole.push([start, end]);
  }
  return whole;
}

function decode(code, base) {
  const tokens = [];
  let offset = base;
  let start = null;
  for (const [, digit, number] of code.matchAll(/\.(?<number>\d+)\.|(?<digit>.)/g).map(
    (match) => [null, match.groups.digit, match.groups.number],
  )) {
    offset += digit === undefined ? Number(number) : DIGITS.indexOf(digit);
    if (start === null) {
      start = offset;
    } else {
      tokens.push([start, offset]);
      start = null;
    }
  }
  return tokens;
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
  const characters = [...block.textContent];
  return characters.slice(start - startOf(block), end - startOf(block)).join("");
}

/** Node and UTF-16 position of the n-th code point; `before` prefers the end of a node. */
function placeAt(block, n, before) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let left = n;
  let last = [block, 0];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const size = length(node.data);
    if (left < size || (before && left === size)) {
      return [node, [...node.data].slice(0, left).join("").length];
    }
    left -= size;
    last = [node, node.data.length];
  }
  return last;
}

/**
 * A stretch of a block made to fit its tokens: out to the edges of those it touches, without
 * quotation marks at its ends. Null when no token is in it.
 */
export function snapped(block, start, end) {
  let touched = tokensOf(block).filter(([from, to]) => from < end && to > start);
  const isMark = ([from, to]) => /^["'“”‘’„‚«»‹›]+$/u.test(quoteBetween(block, from, to));
  while (touched.length > 1 && isMark(touched[0])) touched = touched.slice(1);
  while (touched.length > 1 && isMark(touched.at(-1))) touched = touched.slice(0, -1);
  return touched.length ? [touched[0][0], touched.at(-1)[1]] : null;
}
