// Editors' page of a job: shows how it goes on, until it is over.
const EVERY = 3000;
const shown = () => document.getElementById("content-main");
const underWay = (page) => page.querySelector("progress[data-under-way]");

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("content-main");
    if (now) shown().replaceWith(document.adoptNode(now));
  }
  if (underWay(document)) setTimeout(look, EVERY);
}

if (underWay(document)) setTimeout(look, EVERY);
