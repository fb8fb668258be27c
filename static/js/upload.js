/*
 * The upload page: files that are dropped anywhere on it, or chosen, are sent at once, with a bar.
 *
 * Without this script the same form is sent by its buttons. The answer is the same too: a
 * redirect to the preview, or the page again (422) with what is wrong.
 */

/** The request under way, if any: one upload at a time. */
let sending = null;

const form = () => document.getElementById("upload-form");
const filesInput = () => form().elements.namedItem("files");
const progress = () => document.getElementById("upload-progress");

function prepare() {
  for (const part of form().querySelectorAll("[data-needs-script]")) part.hidden = false;
  for (const part of form().querySelectorAll("[data-without-script]")) part.hidden = true;
  filesInput().classList.add("visually-hidden");
}

function complain(sentence) {
  const paragraph = document.createElement("p");
  paragraph.className = "error";
  paragraph.textContent = sentence;
  document.getElementById("upload-problem").replaceChildren(paragraph);
}

function stop() {
  sending?.abort();
  reset();
}

function reset() {
  sending = null;
  progress().hidden = true;
  // Choosing the same file again has to count as a change.
  filesInput().value = "";
}

function showProgress(words, sent, total) {
  const bar = progress().querySelector("progress");
  if (total) {
    bar.max = total;
    bar.value = sent;
  } else {
    bar.removeAttribute("value");
  }
  progress().querySelector("[role=status]").textContent = words;
  progress().hidden = false;
}

const megabytes = (bytes) => (bytes / 1_000_000).toFixed(1);

function send() {
  if (sending) return;
  document.getElementById("upload-problem").replaceChildren();
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    showProgress(`${megabytes(loaded)} of ${megabytes(total)} MB sent`, loaded, total);
  });
  request.upload.addEventListener("load", () => showProgress("All sent. Reading the files …"));
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => {
    reset();
    complain("The files did not arrive. Check the connection, and that they can still be read, then try again.");
  });
  request.open("POST", form().action);
  request.send(new FormData(form()));
  sending = request;
  showProgress("Sending …");
}

function answered(request) {
  if (request.status < 400) {
    location.assign(request.responseURL);
    return;
  }
  reset();
  if (request.status === 422) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    form().replaceWith(page.getElementById("upload-form"));
    prepare();
  } else {
    complain(`The server did not take the files (error ${request.status}). Send fewer at once, or pack them into one zip archive.`);
  }
}

const holdsFiles = (event) => event.dataTransfer.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = sending ? "none" : "copy";
  if (!sending) document.body.dataset.drag = "over";
});

document.addEventListener("dragleave", (event) => {
  // Leaving one element for another is no leaving; outside the window there is no other.
  if (event.relatedTarget === null) delete document.body.dataset.drag;
});

document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  delete document.body.dataset.drag;
  if (sending) return;
  const items = [...event.dataTransfer.items];
  if (items.some((item) => item.webkitGetAsEntry()?.isDirectory)) {
    complain("A folder cannot be dropped. Drop the files in it, or pack it into a zip archive.");
    return;
  }
  filesInput().files = event.dataTransfer.files;
  send();
});

document.addEventListener("change", (event) => {
  if (event.target === filesInput() && event.target.files.length) send();
});

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  send();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-stop]")) stop();
});

// The browser's back button may show this page as it was left, with the bar still there.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) stop();
});

prepare();
