// Only what the page can do without: it is complete when no script runs.
import { keepHistory, showHistory } from "./history.js";
import { suggest } from "./suggestions.js";
import { findAnswers } from "./answers.js";
import "./feedback.js";
import "./filters.js";
import "./keyboard.js";
import "./theme.js";

const main = document.getElementById("main");

// A tidy address, and a sign that a search is running.
for (const form of document.querySelectorAll("#search, #compare")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
    main.setAttribute("aria-busy", "true");
    const status = document.getElementById("status");
    if (status) status.textContent = main.dataset.busy;
  });

  // The browser may show this very page again on the way back.
  window.addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
    main.removeAttribute("aria-busy");
  });
}

keepHistory();
showHistory();
findAnswers(document.getElementById("answers"));
suggest(document.querySelector(".combo"));
