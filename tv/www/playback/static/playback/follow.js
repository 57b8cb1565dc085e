// Editors' page of a job: shows how it goes on, until it is over.
const EVERY = 3000;
const underWay = () => document.querySelector("progress[data-under-way]");

/** What differs, and nothing else: focus and selection stay where they are. */
function take(page) {
  for (const place of [".readonly", "#steps-group tbody"]) {
    const found = page.querySelectorAll(place);
    document.querySelectorAll(place).forEach((old, number) => {
      const now = found[number];
      if (now && now.innerHTML !== old.innerHTML) old.replaceWith(document.adoptNode(now));
    });
  }
}

async function look() {
  try {
    const answer = await fetch(location.href);
    // The job was removed meanwhile, or its editor has signed out: that page says it.
    if (answer.redirected) return location.reload();
    const text = await answer.text();
    if (answer.ok) take(new DOMParser().parseFromString(text, "text/html"));
  } catch {
    // Away for a moment: asked again as ever.
  }
  if (underWay()) setTimeout(look, EVERY);
}

if (underWay()) setTimeout(look, EVERY);
