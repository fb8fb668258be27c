/*
 * What is said of the current mention: to the eye in a small card beside it, to the ear in a live
 * region, and at length in the side panel, which the server fills.
 */

import { blockAt, each, find, marksOf, touching } from "./layer.js";
import { ask } from "./queue.js";
import { byId, quoteBetween } from "./text.js";
import { showHandles } from "./selection.js";

const DELAY_MS = 120;
const article = byId("article");
const float = byId("float");
const quote = byId("float-quote");
const spoken = byId("spoken");
let timer = null;

/** The words of a mention. */
export function wordsOf({ start, end }) {
  const block = blockAt(start);
  return block ? quoteBetween(block, start, end) : "";
}

/** Say something to those who listen. */
export function speak(sentence) {
  spoken.textContent = sentence;
}

/** Tell of the mention that became current, once the walking pauses. */
export function tell(id, also) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const mention = find(id);
    if (mention) {
      let [at, total] = [0, 0];
      each((m) => {
        total += 1;
        if (m === mention) at = total;
      });
      const doubt = marksOf(id)[0]?.matches("[data-doubtful]");
      const under = touching(mention.start, mention.end).length - 1;
      const more = under ? `, ${under} more here` : "";
      speak(`${mention.label}, ${wordsOf(mention)}, ${doubt ? "doubtful, " : ""}${mention.state}${more}, ${at} of ${total}`);
    }
    also();
    void show(id);
  }, DELAY_MS);
}

/** Without a connection the card stays as it is, and the next step asks again. */
async function show(mention) {
  const { card, layer, at } = article.dataset;
  const { status, fragment } = await ask(card, { mention, layer, at });
  // The answers may come in another order than they were asked for.
  if (status !== 200 || mention !== article.dataset.current) return;
  byId("mention-card").replaceChildren(...fragment.firstElementChild.childNodes);
}

/** Open the small card at a mention, or at words that are selected. */
export function open(id, words = null) {
  if (!float) return;
  const mention = find(id);
  if (!words && !mention) return;
  float.dataset.kind = words ? "selection" : mention.state;
  float.ariaLabel = words ? "Selected words" : "At the mention";
  quote.textContent = words?.quote ?? wordsOf(mention);
  for (const button of float.querySelectorAll("[data-set-label]")) {
    button.ariaPressed = !words && button.dataset.setLabel === mention.label;
  }
  float.hidden = false;
  const box = words ? document.getSelection().getRangeAt(0) : marksOf(id).at(-1);
  if (box) put(float, box.getBoundingClientRect());
  showHandles(words ? "" : id);
}

/** Put an element below a box of the window, or above where there is no room, within the column. */
export function put(element, box) {
  const column = element.offsetParent?.getBoundingClientRect();
  if (!column) {
    // On a phone the style sheet keeps it at the foot: what it is about must not be behind it.
    scrollBy(0, Math.max(0, box.bottom + 40 - element.getBoundingClientRect().top));
    return;
  }
  const room = innerHeight - box.bottom > element.offsetHeight + 60;
  const left = Math.min(box.left, innerWidth - element.offsetWidth - 16) - column.left;
  const top = room || box.top < element.offsetHeight ? box.bottom + 18 : box.top - element.offsetHeight - 8;
  element.style.translate = `${Math.max(left, 8 - column.left)}px ${top - column.top}px`;
}

/** Close the small card; false when it was not open. */
export function close() {
  if (!float || float.hidden) return false;
  float.hidden = true;
  showHandles("");
  return true;
}

/** The small card follows what becomes of its mention. */
export function follow(id) {
  if (float && !float.hidden) open(id);
}
