/*
 * The one registry of keys. The help sheet is made from it, and no two acts can share a key:
 * a second claim is refused when the page loads, where a test sees it.
 */

/** Acts by name: keys, words for the help sheet, and the group they stand in there. */
const ACTS = [
  ["next-pending", ["Tab"], "next that needs eyes", "Walk"],
  ["previous-pending", ["Shift+Tab"], "previous that needs eyes", "Walk"],
  ["next", ["j", "ArrowRight"], "next of all", "Walk"],
  ["previous", ["k", "ArrowLeft"], "previous of all", "Walk"],
  ["accept", ["Enter"], "accept and go on", "Decide"],
  ["reject", ["x", "Delete"], "reject or remove, and go on", "Decide"],
  ["right-out", ["]"], "right edge out by one word", "Edges"],
  ["right-in", ["["], "right edge in by one word", "Edges"],
  ["left-out", ["Shift+]"], "left edge out by one word", "Edges"],
  ["left-in", ["Shift+["], "left edge in by one word", "Edges"],
  ["extend-right", ["Shift+ArrowRight"], "select the next word", "Mark"],
  ["extend-left", ["Shift+ArrowLeft"], "select the word before", "Mark"],
  ["cursor-right", ["Ctrl+ArrowRight"], "word cursor on", "Mark"],
  ["cursor-left", ["Ctrl+ArrowLeft"], "word cursor back", "Mark"],
  ["undo", ["u", "Ctrl+z"], "undo", "Undo and finish"],
  ["redo", ["Shift+u", "Ctrl+Shift+z"], "redo", "Undo and finish"],
  ["finish", ["Ctrl+Enter"], "finish: accept what is left, open the next", "Undo and finish"],
  ["show-labels", ["v"], "show the labels above the words", "Look"],
  ["leave", ["Escape"], "let the selection go, then leave the text", "Look"],
  ["help", ["?"], "this sheet", "Look"],
];

/** Bracket keys by the character they give; with Shift it is a brace on most layouts. */
const BRACKETS = { "[": "[", "]": "]", "{": "Shift+[", "}": "Shift+]" };

const byKey = new Map();
for (const [act, keys] of ACTS) for (const key of keys) claim(key, act);

function claim(key, act) {
  if (byKey.has(key)) throw new Error(`The key ${key} is taken by ${byKey.get(key)}.`);
  byKey.set(key, act);
}

/** Give each label its key: [[key, label], …]. A key that acts already is left to the act. */
export function registerLabels(labels) {
  for (const [key, label] of labels) {
    if (key && !byKey.has(key)) claim(key, `label:${label}`);
  }
}

/** The act that a key press stands for, or undefined. */
export function actOf(event) {
  if (event.isComposing) return undefined;
  // Brackets come first: many layouts have them behind AltGr, which is Ctrl and Alt, or Option.
  const bracket = BRACKETS[event.key];
  if (bracket && (event.altKey || !(event.ctrlKey || event.metaKey))) {
    return byKey.get(event.shiftKey ? `Shift+${bracket.at(-1)}` : bracket);
  }
  return event.altKey ? undefined : byKey.get(nameOf(event));
}

function nameOf(event) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = key.length > 1 || /\p{L}/u.test(key);
  return `${control}${event.shiftKey && isLetter ? "Shift+" : ""}${key}`;
}

/** Fill the help sheet. */
export function describe(container) {
  const groups = new Map();
  for (const [, keys, words, group] of ACTS) {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push([keys, words]);
  }
  const labels = [...byKey].filter(([, act]) => act.startsWith("label:"));
  groups.set(
    "Labels (or mark what is selected)",
    labels.map(([key, act]) => [[key], act.slice("label:".length)]),
  );
  for (const [group, rows] of groups) {
    const section = document.createElement("section");
    const title = document.createElement("h3");
    title.textContent = group;
    const entries = document.createElement("dl");
    for (const [keys, words] of rows) {
      const term = document.createElement("dt");
      for (const key of keys) {
        const cap = document.createElement("kbd");
        cap.textContent = WORDS[key] ?? key.replace("Arrow", "").replace("Ctrl+", "Ctrl ").replace("Shift+", "⇧");
        term.append(cap, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = words;
      entries.append(term, meaning);
    }
    section.append(title, entries);
    container.append(section);
  }
}

const WORDS = {
  Enter: "⏎",
  "Ctrl+Enter": "Ctrl ⏎",
  Delete: "Del",
  Escape: "Esc",
  ArrowRight: "→",
  ArrowLeft: "←",
  "Shift+ArrowRight": "⇧→",
  "Shift+ArrowLeft": "⇧←",
  "Ctrl+ArrowRight": "Ctrl →",
  "Ctrl+ArrowLeft": "Ctrl ←",
};
