/*
 * The highlights on the page, and which of them is the current one.
 *
 * A mention's id says all about it: start, end and label, as in "12-25-PERSON". A mark carries
 * the ids of all mentions that cover it, the innermost last.
 */

const article = document.getElementById("article");
let list = null;

/** Forget what was read from the page; call when blocks were swapped. */
export function refresh() {
  list = null;
}

/** An id taken apart. */
export function parse(id) {
  const [start, end, ...label] = id.split("-");
  return { start: Number(start), end: Number(end), label: label.join("-") };
}

/** A mention's id. */
export function name(start, end, label) {
  return `${start}-${end}-${label}`;
}

/** Every mention in reading order: {id, start, end, label, pending}. */
export function all() {
  if (list) return list;
  const found = new Map();
  for (const mark of article.querySelectorAll("mark[data-mention]")) {
    const ids = mark.dataset.mention.split(" ");
    for (const id of ids) {
      if (!found.has(id)) found.set(id, { id, ...parse(id), pending: false });
    }
    // A mark's state is that of its innermost mention.
    if (mark.dataset.state === "suggested") found.get(ids.at(-1)).pending = true;
  }
  list = [...found.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  return list;
}

/** The marks that a mention is drawn with, or, until it is drawn, those of what stands there. */
export function marksOf(id) {
  const drawn = all().some((mention) => mention.id === id) ? id : standingAt(id);
  return drawn ? [...article.querySelectorAll(`mark[data-mention~="${CSS.escape(drawn)}"]`)] : [];
}

/** The first mention that stands where `id` would; "" for none. */
export function standingAt(id) {
  const { start, end } = parse(id);
  return all().find((mention) => mention.start < end && start < mention.end)?.id ?? "";
}

/** The current mention's id, "" when there is none. */
export function current() {
  return article.dataset.current;
}

/** Make a mention the current one; "" for none. */
export function setCurrent(id, { scroll = true } = {}) {
  for (const mark of article.querySelectorAll("mark[aria-current]")) {
    mark.removeAttribute("aria-current");
  }
  article.dataset.current = id;
  if (!id) return;
  const marks = marksOf(id);
  for (const mark of marks) mark.setAttribute("aria-current", "true");
  if (scroll && marks.length) marks[0].scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * The id of the next mention from `id` in a direction (1 or -1), round the end of the article;
 * `wanted` says which count. "" when none does.
 */
export function next(id, direction, wanted = () => true) {
  const mentions = all();
  const here = mentions.findIndex((mention) => mention.id === id);
  const from = here >= 0 ? here : nearest(mentions, id, direction);
  for (let step = 1; step <= mentions.length; step += 1) {
    const index = (((from + direction * step) % mentions.length) + mentions.length) % mentions.length;
    if (mentions[index].id !== id && wanted(mentions[index])) return mentions[index].id;
  }
  return "";
}

/** Where a mention that is gone stood among those that are there. */
function nearest(mentions, id, direction) {
  if (!id) return direction > 0 ? -1 : mentions.length;
  const { start } = parse(id);
  const after = mentions.findIndex((mention) => mention.start >= start);
  const index = after < 0 ? mentions.length : after;
  return direction > 0 ? index - 1 : index;
}
