// Two small comforts; every page works without them.

// Rows: buttons that turn a row by what is visible of it.
for (const row of document.querySelectorAll(".row")) {
  const strip = row.querySelector(".strip");
  const turn = row.querySelector(".row-turn");
  const [back, on] = turn.querySelectorAll("button");
  const update = () => {
    turn.hidden = strip.scrollWidth <= strip.clientWidth + 4;
    // Not `disabled`: a button that is loses the focus, and with it a keyboard's place on the page.
    back.ariaDisabled = strip.scrollLeft < 4;
    on.ariaDisabled = strip.scrollLeft + strip.clientWidth > strip.scrollWidth - 4;
  };
  for (const button of [back, on]) {
    button.addEventListener("click", () => {
      const way = Number(button.dataset.turn) * strip.clientWidth * 0.85;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      strip.scrollBy({ left: way, behavior: still ? "auto" : "smooth" });
    });
  }
  strip.addEventListener("scroll", update, { passive: true });
  addEventListener("resize", update);
  update();
}

// Episodes: what this viewer has seen, kept by the progress service.
const list = document.querySelector("[data-progress]");

function viewer() {
  let name = localStorage.getItem("viewer");
  if (!name) {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("viewer", name);
  }
  return name;
}

function show(item, position) {
  const part = Math.min(1, position / Number(item.dataset.duration));
  const done = part > 0.95;
  const button = item.querySelector(".watched");
  item.style.setProperty("--seen", part);
  button.setAttribute("aria-pressed", String(done));
  button.querySelector(".watched-text").textContent = done ? "Watched" : "Mark watched";
}

async function toggle(item, address) {
  const button = item.querySelector(".watched");
  const duration = Number(item.dataset.duration);
  const position = button.getAttribute("aria-pressed") === "true" ? 0 : duration;
  // Not `disabled` either.
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  try {
    const answer = await fetch(`${address}/${item.dataset.episode}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ position, duration }),
    });
    if (!answer.ok) throw new Error(`progress answered ${answer.status}`);
    show(item, position);
  } catch {
    button.querySelector(".watched-text").textContent = "Try again";
  } finally {
    button.ariaBusy = null;
  }
}

async function seen(address) {
  const answer = await fetch(`${address}?limit=100`);
  if (!answer.ok) throw new Error(`progress answered ${answer.status}`);
  const { positions } = await answer.json();
  return new Map((positions || []).map(({ episode, position }) => [episode, position]));
}

if (list) {
  const address = `${list.dataset.progress}/${viewer()}`;
  // The buttons appear when the service answers; they have their place all the time.
  seen(address).then((positions) => {
    for (const item of list.children) {
      const button = item.querySelector(".watched");
      button.style.visibility = "visible";
      button.addEventListener("click", () => toggle(item, address));
      if (positions.has(item.dataset.episode)) show(item, positions.get(item.dataset.episode));
    }
  }, () => {});
}
