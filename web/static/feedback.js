// Where feedback is on: marks without loading the page again, and which results are opened, which no page without scripts tells.
const form = document.getElementById("feedback");

function body(event, id) {
  return JSON.stringify({ showing: form.elements.showing.value, event, id: Number(id) });
}

async function problemOf(answer) {
  return answer.ok ? null : (await answer.json()).error;
}

async function mark(button) {
  const group = button.parentElement;
  const [id, event] = button.value.split(" ");
  const sent = fetch("/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body: body(event, id) });
  const problem = await sent.then(problemOf).catch(() => form.dataset.failed);
  group.querySelector("p")?.remove();
  if (problem) {
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent = problem;
    group.append(said);
    return;
  }
  for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
}

function opened(event) {
  const link = event.target.closest?.(".hit h2 a");
  if (!link || event.button > 1) return; // the right button only opens a menu
  const told = new Blob([body("click", link.closest(".hit").dataset.id)], { type: "application/json" });
  navigator.sendBeacon("/feedback", told);
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    mark(event.submitter);
  });
  document.addEventListener("click", opened);
  document.addEventListener("auxclick", opened); // the middle button
}
