// Two small comforts; every page works without them.

// Rows: buttons that turn a row by what is visible of it.
for (const row of document.querySelectorAll(".row")) {
  const strip = row.querySelector(".strip");
  const turn = row.querySelector(".row-turn");
  const [back, on] = turn.querySelectorAll("button");
  const update = () => {
    turn.hidden = strip.scrollWidth <= strip.clientWidth + 4;
    back.disabled = strip.scrollLeft < 4;
    on.disabled = strip.scrollLeft + strip.clientWidth > strip.scrollWidth - 4;
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
if (list) {
  const seen = new Set(JSON.parse(localStorage.getItem("episodes") || "[]"));
  let viewer = localStorage.getItem("viewer");
  if (!viewer) {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    viewer = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("viewer", viewer);
  }
  const address = (item) => `${list.dataset.progress}/${viewer}/${item.dataset.episode}`;
  const show = (item, position) => {
    const part = Math.min(1, position / Number(item.dataset.duration));
    const done = part > 0.95;
    const button = item.querySelector(".watched");
    item.style.setProperty("--seen", part);
    button.setAttribute("aria-pressed", String(done));
    button.querySelector(".watched-text").textContent = done ? "Watched" : "Mark watched";
  };
  const write = async (item, position) => {
    const answer = await fetch(address(item), {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ position, duration: Number(item.dataset.duration) }),
    });
    if (!answer.ok) throw new Error(`progress answered ${answer.status}`);
  };
  for (const item of list.children) {
    const button = item.querySelector(".watched");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = button.getAttribute("aria-pressed") === "true";
      const position = done ? 0 : Number(item.dataset.duration);
      button.disabled = true;
      try {
        await write(item, position);
        seen.add(item.dataset.episode);
        localStorage.setItem("episodes", JSON.stringify([...seen].slice(-500)));
        show(item, position);
      } catch {
        button.querySelector(".watched-text").textContent = "Try again";
      } finally {
        button.disabled = false;
      }
    });
    if (seen.has(item.dataset.episode)) {
      fetch(address(item))
        .then((answer) => (answer.ok ? answer.json() : { position: 0 }))
        .then(({ position }) => show(item, position))
        .catch(() => {});
    }
  }
}
