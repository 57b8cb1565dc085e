// Search as one types: the page of results is asked for as the form would, and its results are
// taken over. Without this the form works as forms do.

const PAUSE = 200;

export function asTyped(form) {
  const field = form.querySelector("input[type=search]");
  const results = document.getElementById("results");
  let timer;
  let asked = new AbortController();

  async function show() {
    asked.abort();
    asked = new AbortController();
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(address, { signal: asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      results.replaceChildren(...page.getElementById("results").childNodes);
      history.replaceState(null, "", address);
    } catch {
      // Typed on, or offline: what is there stays.
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
}
