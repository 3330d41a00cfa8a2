// Suggestions while typing: an editable combobox with a listbox, as the ARIA Authoring Practices describe it.
import { recent } from "./history.js";

const PAUSE = 80; // milliseconds without a key before the server is asked

export function suggest(combo) {
  const input = combo?.querySelector("input");
  if (!input) return;
  const list = Object.assign(document.createElement("ul"), { id: "suggestions", className: "listbox", role: "listbox", hidden: true });
  combo.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  let typed = input.value;
  let timer = 0;
  let asking = new AbortController();

  const options = () => [...list.children];
  const selected = () => options().findIndex((option) => option.ariaSelected === "true");

  function close() {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function open(suggestions, label) {
    if (!suggestions.length || document.activeElement !== input) return close();
    list.setAttribute("aria-label", label);
    list.replaceChildren(...suggestions.map(option));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  function option(suggestion, number) {
    const item = Object.assign(document.createElement("li"), { id: `suggestion-${number}`, role: "option", ariaSelected: "false" });
    item.append(Object.assign(document.createElement("span"), { textContent: suggestion.text, dir: "auto" }));
    if (suggestion.kind) item.append(Object.assign(document.createElement("span"), { textContent: suggestion.kind, className: "kind" }));
    item.dataset.query = suggestion.query;
    if (suggestion.address) item.dataset.address = suggestion.address;
    item.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    item.addEventListener("click", () => take(item));
    return item;
  }

  function take(item) {
    input.value = item.dataset.query;
    const { address } = item.dataset;
    close();
    if (address) location.assign(address);
    else input.form.requestSubmit();
  }

  function move(step) {
    const all = options();
    const next = (selected() + step + all.length + 1) % (all.length + 1); // one more place: the box itself
    const place = selected() < 0 && step < 0 ? all.length - 1 : next;
    all.forEach((option, number) => { option.ariaSelected = String(number === place); });
    input.value = all[place]?.dataset.query ?? typed;
    if (all[place]) {
      input.setAttribute("aria-activedescendant", all[place].id);
      all[place].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const text = input.value;
    try {
      const response = await fetch(`/suggest?${new URLSearchParams({ q: text })}`, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (response.ok && input.value === text) open((await response.json()).suggestions.map((one) => named(one, combo.dataset)), combo.dataset.suggested);
    } catch {
      // the next key asks again
    }
  }

  function showRecent() {
    open(recent().slice(0, 8).map((one) => ({ text: one.query, query: one.query, address: one.address })), combo.dataset.recent);
  }

  input.addEventListener("input", () => {
    typed = input.value;
    clearTimeout(timer);
    if (typed.trim().length > 1) timer = setTimeout(ask, PAUSE);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list.hidden) move(event.key === "ArrowDown" ? 1 : -1);
      else if (typed.trim()) ask();
      else showRecent();
    } else if (event.key === "Enter" && !list.hidden && selected() >= 0) {
      event.preventDefault();
      take(options()[selected()]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      input.value = typed;
      close();
    }
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
}

function named(suggestion, words) {
  const kind = words[suggestion.kind];
  return { text: suggestion.text, query: suggestion.query, kind: kind ? `${kind} · ${suggestion.articles.toLocaleString(document.documentElement.lang)}` : "" };
}
