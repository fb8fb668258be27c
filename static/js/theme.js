/*
 * The reader's choice of theme: "light", "dark" or "auto" (the system's), kept in localStorage.
 *
 * Loaded in <head> as a plain blocking script, before the style sheets: a module would run only
 * after the page was parsed and painted once in the wrong theme. It needs and offers no import.
 *
 * A button [data-theme-switch] goes to the next choice on each press. It is hidden until this
 * script runs, and says the present choice in words for those who do not see the icon.
 */
"use strict";

{
  const KEY = "theme";
  const WORDS = { auto: "as the system", light: "light", dark: "dark" };
  const CHOICES = Object.keys(WORDS);
  const root = document.documentElement;

  /** The stored choice. Storage may be switched off; then every page starts with "auto". */
  function stored() {
    try {
      return localStorage[KEY] in WORDS ? localStorage[KEY] : "auto";
    } catch {
      return "auto";
    }
  }

  function show(choice) {
    root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.title = button.ariaLabel = `Theme: ${WORDS[choice]}`;
    }
  }

  function choose(choice) {
    try {
      localStorage[KEY] = choice;
    } catch {
      // The choice then lasts for this page only.
    }
    show(choice);
  }

  show(stored());
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) {
      choose(CHOICES[(CHOICES.indexOf(root.dataset.theme) + 1) % CHOICES.length]);
    }
  });
  // Another tab chose: follow it.
  addEventListener("storage", (event) => {
    if (event.key === KEY) show(stored());
  });
}
