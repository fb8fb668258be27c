/*
 * Decisions on their way to the server: one at a time, in the order they were made, each with the
 * revision that the one before it led to. What could not be delivered stays here and in the
 * browser's storage, also over a reload, is told to the person, and is sent again under the same
 * key, which makes a second arrival harmless.
 *
 * An op is {url, values, change}: where it goes, what it says, and what it does to the page.
 */

import { byId } from "./text.js";

const RETRY_MS = 2000;
/** After this long without an answer the server counts as gone. */
const TIMEOUT_MS = 8000;
const QUIET_MS = 300;

const article = byId("article");
const notices = byId("notices");
const state = byId("save-state");
const { user } = article.dataset;
const prefix = `newsroom:${user}:`;
export const tab = (sessionStorage.newsroomTab ??= freshKey());
const place = `${prefix}${location.pathname}:${tab}`;

let waiting = [];
/** What the first one waiting was decided on. */
let revision = 0;
/** Truthy while decisions are sent, or are about to be. */
let sending = 0;
let quiet = null;
let problem = "";
let settle = null;

/** How many decisions are not stored yet. */
export function pending() {
  return waiting.length;
}

/** What they do to the page, in order. */
export function changes() {
  return waiting.flatMap((op) => op.change ?? []);
}

/**
 * `settled(op, answer)` is called with each answer: {status, said, fragment}. Decisions that an
 * earlier visit, or a tab that crashed, left here are given to `found`, to be drawn, and sent. If
 * that tab lives and sends them, too, the server knows them by their keys.
 */
export function start(settled, found) {
  settle = settled;
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(`${prefix}/`))) {
    const path = key.slice(prefix.length, key.lastIndexOf(":"));
    if (path !== location.pathname) {
      notify("elsewhere").href = path;
      continue;
    }
    const kept = JSON.parse(localStorage[key]);
    if (!waiting.length) revision = kept.revision;
    waiting.push(...kept.ops);
    localStorage.removeItem(key);
  }
  keep();
  found(waiting);
  begin();
}

/** What waits, as it is found again after a reload or a crash. */
function keep() {
  try {
    if (waiting.length) localStorage[place] = JSON.stringify({ revision, ops: waiting });
    else localStorage.removeItem(place);
  } catch {
    // A full or forbidden storage: the decisions are kept as long as the page is.
  }
}

/** Send a decision. */
export function send(url, values, change = null) {
  if (!waiting.length) revision = +article.dataset.revision;
  const op = { url, values: { ...values, client_key: freshKey() }, change };
  waiting.push(op);
  keep();
  if (sending) show();
  else begin();
  return op;
}

/** What a key did is painted first, then sent. */
function begin() {
  if (waiting.length) say("saving");
  sending = setTimeout(work);
}

async function work() {
  while (waiting.length) {
    const op = waiting[0];
    const answer = await ask(op.url, { ...op.values, revision }, "POST");
    const { status, said, to } = answer;
    if (to) {
      waiting = [];
      keep();
      location.assign(to);
      return;
    }
    if (status === 409 || status === 422 || status < 300) {
      // What was decided on a state that is no more must not be sent after it.
      const lost = waiting.splice(0, status === 409 ? waiting.length : 1).length - 1;
      if (said && status !== 422) revision = said.revision;
      if (status === 409) say("conflict");
      settle(op, answer);
      if (!waiting.length) article.dataset.revision = revision;
      if (lost) notify("lost").textContent = lost;
      keep();
      if (waiting.length) say("saving");
    } else {
      problem = answer.problem;
      say("unsaved");
      await new Promise((resume) => {
        setTimeout(resume, RETRY_MS);
        addEventListener("online", resume, { once: true });
      });
    }
  }
  sending = 0;
  if (state.dataset.state !== "conflict") say("saved");
}

/** Ask for a fragment; with a `method` of POST, send something: {status, said, fragment, to}. */
export async function ask(url, values, method = "GET") {
  const sent = new URLSearchParams({ ...values, run: byId("seen-run")?.value ?? "", as: user });
  // Not the token that the page came with: signing in again has made a new one.
  const token = /(^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[2] ?? "";
  try {
    const response = await fetch(method === "GET" ? `${url}?${sent}` : url, {
      method,
      body: method === "GET" ? null : sent,
      headers: { "HX-Request": "true", "X-CSRFToken": token },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { status, headers } = response;
    if (isSignedOut(response)) return { problem: "signed out" };
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    const [said] = Object.values(JSON.parse(headers.get("HX-Trigger") ?? "{}"));
    const to = headers.get("HX-Redirect");
    return { status, to, said, fragment: template.content, problem: `the server answered ${status}` };
  } catch {
    return { problem: "no connection" };
  }
}

/**
 * A session that ended answers with the log-in page, and one that is somebody else's now with 401:
 * nothing of either belongs here.
 */
export function isSignedOut({ url, status }) {
  const isOut = status === 401 || url.includes("/accounts/login/");
  if (isOut && !notices.querySelector(".signed-out")) notify("signed-out");
  return isOut;
}

/** A key that no other decision has. `crypto.randomUUID` is missing where a site has no HTTPS. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");
}

addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

/** One of the page's own messages; the element in it that may be filled. */
function notify(id) {
  notices.append(byId(id).content.cloneNode(true));
  return notices.lastElementChild.querySelector("[data-fill]");
}

/** Take the messages away; false when there were none. */
export function dismiss() {
  const had = !!notices.childElementCount;
  notices.replaceChildren();
  return had;
}

/** What #save-state shows; "Saving…" only once it takes long enough to wonder. */
function say(what) {
  if (what === state.dataset.state && what === "saving") return;
  state.dataset.state = what;
  show();
}

function show() {
  clearTimeout(quiet);
  const what = state.dataset.state;
  const words = {
    saved: "Saved",
    unsaved: `Not saved – ${problem}, ${waiting.length} waiting`,
    conflict: "Changed elsewhere",
  }[what];
  if (words) state.textContent = words;
  else quiet = setTimeout(() => (state.textContent = "Saving…"), QUIET_MS);
}
