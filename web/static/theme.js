// The choice of colours takes effect without loading the page again.
document.getElementById("preferences").addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "theme") return;
  event.preventDefault();
  document.documentElement.dataset.theme = button.value;
  document.cookie = `broadsheet_theme=${button.value}; path=/; max-age=31536000; samesite=lax`;
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
});
