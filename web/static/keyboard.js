// Keys for those who keep their hands on the keyboard; the help dialog lists them and can switch them off.
const OFF = "broadsheet.shortcuts-off";
const help = document.getElementById("help");
const toggle = document.getElementById("shortcuts");

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is switched off
  }
}

toggle.checked = stored(OFF) === null;
toggle.addEventListener("change", () => {
  try {
    if (toggle.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // the choice holds for this page only
  }
});

// Every link to the help opens it right here.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="/help"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  help.showModal();
  if (link.hash) document.getElementById(link.hash.replace("#", "about-"))?.scrollIntoView();
});
help.addEventListener("click", (event) => {
  if (event.target === help) help.close(); // the backdrop
});

function step(links, by) {
  const here = links.indexOf(document.activeElement);
  const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by];
  next?.focus();
  next?.closest("li")?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || !toggle.checked || help.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const results = [...document.querySelectorAll(".hit h2 a")];
  const onResult = results.includes(document.activeElement);
  if (event.key === "/") {
    event.preventDefault();
    const box = document.querySelector("#q, #q1");
    box?.focus();
    box?.select();
  } else if (event.key === "?") {
    event.preventDefault();
    help.showModal();
  } else if (results.length && (event.key === "j" || event.key === "k")) {
    step(results, event.key === "j" ? 1 : -1);
  } else if (onResult && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    step(results, event.key === "ArrowDown" ? 1 : -1);
  }
});

// The bars of the timeline are one stop of the Tab key; the arrows go from bar to bar.
const bars = [...document.querySelectorAll(".bars a")];
bars.forEach((bar, number) => bar.setAttribute("tabindex", number === 0 ? "0" : "-1"));
document.querySelector(".bars")?.addEventListener("keydown", (event) => {
  const here = bars.indexOf(document.activeElement);
  const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: bars.length - 1 }[event.key];
  if (here < 0 || !bars[next]) return;
  event.preventDefault();
  bars[here].setAttribute("tabindex", "-1");
  bars[next].setAttribute("tabindex", "0");
  bars[next].focus();
});
