/* From a key press to the name that annotations/domain/keys.py, the one registry, knows it by. */

/** Brackets by the character they give; with Shift it is a brace on most layouts. */
const BRACKETS = { "[": "[", "]": "]", "{": "Shift+[", "}": "Shift+]" };

/** The act that a key press stands for, or undefined; `acts` has them by key. */
export function actOf(event, acts) {
  if (event.isComposing) return undefined;
  // Brackets come first: many layouts have them behind AltGr, which is Ctrl and Alt, or Option.
  const bracket = BRACKETS[event.key];
  if (bracket && (event.altKey || !(event.ctrlKey || event.metaKey))) {
    return acts[event.shiftKey ? `Shift+${bracket.at(-1)}` : bracket];
  }
  return event.altKey ? undefined : acts[nameOf(event)];
}

function nameOf(event) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = key.length > 1 || /\p{L}/u.test(key);
  return `${control}${event.shiftKey && isLetter ? "Shift+" : ""}${key}`;
}
