// Looks for answers to a question once its results are shown; where no script runs, a link does.
export async function findAnswers(section) {
  if (!section?.dataset.fragment) return;
  const offer = section.innerHTML;
  section.replaceChildren(Object.assign(document.createElement("p"), { textContent: section.dataset.reading }));
  try {
    const response = await fetch(section.dataset.fragment, { headers: { Accept: "text/html" } });
    section.innerHTML = response.ok ? await response.text() : offer; // made and escaped by the template that the link shows
  } catch {
    section.innerHTML = offer; // the connection failed: the link tries again
  }
}
