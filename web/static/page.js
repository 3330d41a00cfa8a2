// Only what the page can do without: a tidy address and a sign that a search is running.
"use strict";

const form = document.getElementById("search");
const main = document.getElementById("main");

if (form && main) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
    main.setAttribute("aria-busy", "true");
    const status = document.getElementById("status");
    if (status) status.textContent = "Searching…";
  });

  // The browser may show this very page again on the way back.
  window.addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
    main.removeAttribute("aria-busy");
  });
}
