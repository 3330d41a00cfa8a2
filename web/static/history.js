// The last searches, kept in this browser alone.
const KEY = "broadsheet.history";
const KEPT = 12;

export function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.query === "string" && typeof one?.address === "string" && one.address.startsWith("/?")) : [];
  } catch {
    return []; // storage is switched off, or holds something else
  }
}

function keep(searches) {
  try {
    if (searches.length) localStorage.setItem(KEY, JSON.stringify(searches.slice(0, KEPT)));
    else localStorage.removeItem(KEY);
  } catch {
    // storage is switched off: there is no history then
  }
}

// Remembers the search of this page, when it found something.
export function keepHistory() {
  const query = new URLSearchParams(location.search).get("q")?.trim();
  if (location.pathname !== "/" || !query || !document.querySelector(".hits")) return;
  keep([{ query, address: location.pathname + location.search }, ...recent().filter((one) => one.query !== query)]);
}

// Lists the recent searches on the start page.
export function showHistory() {
  const section = document.getElementById("history");
  const searches = recent();
  if (!section || !searches.length) return;
  for (const { query, address } of searches) {
    const link = Object.assign(document.createElement("a"), { href: address, textContent: query, dir: "auto" });
    const item = document.createElement("li");
    item.append(link);
    section.querySelector("ul").append(item);
  }
  section.querySelector("button").addEventListener("click", () => {
    keep([]);
    section.hidden = true;
    document.getElementById("q").focus();
  });
  section.hidden = false;
}
