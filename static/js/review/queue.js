/*
 * Decisions on their way to the server: one at a time, in the order they were made, each with
 * the revision that the one before it led to. A decision that could not be delivered stays
 * here, is told to the person, and is sent again under the same key, which makes a second
 * arrival harmless.
 */

const RETRY_MS = 2000;
/** After this long without an answer the server counts as gone. */
const TIMEOUT_MS = 8000;
const QUIET_MS = 300;

const article = document.getElementById("article");
const notices = document.getElementById("notices");
const state = document.getElementById("save-state");
const waiting = [];
let sending = false;
let quiet = null;
let answer = null;

/** How many decisions are not stored yet. */
export function pending() {
  return waiting.length;
}

/** Send a decision; `done` is called with what the server said, after the page was changed. */
export function send(url, values, done = () => {}) {
  waiting.push({ url, values: { ...values, client_key: freshKey() }, done });
  if (!sending) void work();
  else if (state.dataset.state === "unsaved") say("unsaved");
}

async function work() {
  sending = true;
  while (waiting.length) {
    if (state.dataset.state !== "unsaved") say("saving");
    const { url, values, done } = waiting[0];
    const { status, said } = await post(url, values);
    if (said) article.dataset.revision = said.revision;
    if (status === 409) {
      // What was decided on a state that is no more must not be sent after it.
      const dropped = waiting.splice(0).length - 1;
      say("conflict");
      if (dropped) notify(`${dropped} more that you decided after it ${dropped > 1 ? "were" : "was"} not stored either.`);
      done({ refused: true });
    } else if (status === 422 || (status >= 200 && status < 300)) {
      waiting.shift();
      if (waiting.length) say("saving");
      done(status === 422 ? { refused: true } : { ...said });
    } else {
      say("unsaved");
      await new Promise((resume) => {
        setTimeout(resume, RETRY_MS);
        addEventListener("online", resume, { once: true });
      });
    }
  }
  sending = false;
  if (state.dataset.state !== "conflict") say("saved");
}

/** One request through htmx, which swaps the fragments; its status, and what the server said. */
async function post(url, values) {
  answer = { status: 0, said: null, problem: "no connection" };
  try {
    await window.htmx.ajax("POST", url, {
      source: article,
      target: "#notices",
      swap: "innerHTML",
      values: { ...values, revision: article.dataset.revision },
      // Not the one the page came with: signing in again has made a new one.
      headers: { "X-CSRFToken": /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "" },
    });
  } catch {
    // No connection: htmx has told as much by an event, and the status stayed 0.
  }
  return answer;
}

/** A key that no other decision has. `crypto.randomUUID` is missing where a site has no HTTPS. */
function freshKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");
}

article.addEventListener("htmx:configRequest", (event) => {
  event.detail.timeout = TIMEOUT_MS;
});
document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  // A session that ended answers every request with the log-in page. Nothing of it belongs here.
  const isSignedOut = xhr.responseURL.includes("/accounts/login/");
  if (isSignedOut) event.preventDefault();
  if (elt !== article) return;
  answer.status = isSignedOut ? 0 : xhr.status;
  answer.problem = isSignedOut ? "signed out" : `the server answered ${xhr.status}`;
  if (isSignedOut) {
    dismiss();
    notify("You have been signed out. Sign in again in another tab; what is not saved is kept here and sent then.");
  }
});
for (const name of ["annotations:decided", "annotations:refused"]) {
  document.body.addEventListener(name, (event) => {
    if (answer) answer.said = event.detail;
  });
}
addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

/** A sentence more where the page's messages stand. */
function notify(sentence) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset.kind = "warning";
  const words = document.createElement("p");
  words.textContent = sentence;
  notice.append(words);
  notices.append(notice);
}

/** Take the messages away; false when there were none. */
export function dismiss() {
  const had = notices.childElementCount > 0;
  notices.replaceChildren();
  return had;
}

/** What #save-state shows; "Saving…" only once it takes long enough to wonder. */
function say(what) {
  state.dataset.state = what;
  clearTimeout(quiet);
  const words = {
    saved: "Saved",
    unsaved: `Not saved – ${answer?.problem}, ${waiting.length} waiting`,
    conflict: "Changed elsewhere",
  }[what];
  if (words) state.textContent = words;
  else quiet = setTimeout(() => (state.textContent = "Saving…"), QUIET_MS);
}
