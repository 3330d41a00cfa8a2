// A name is included or excluded, never both.
document.getElementById("filters")?.addEventListener("change", ({ target }) => {
  if (target.type !== "checkbox" || !target.checked) return;
  for (const other of target.closest("li")?.querySelectorAll("input") ?? []) {
    if (other !== target) other.checked = false;
  }
});
