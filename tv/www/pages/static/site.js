// Small comforts; every page works without them. What only some pages need is fetched there.

import { fetched } from "./fetched.js";

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

// Episodes: how far this browser's viewer has watched each.
const list = document.querySelector(".list");
if (list) fetched(() => import("./seen.js")).then(({ seen }) => seen(list));

// Signing out: whoever uses this machine next is not told what was watched before on it.
const leaving = document.querySelector("form[data-leave]");
if (leaving) fetched(() => import("./player/device.js")).then(({ leave }) => leaving.addEventListener("submit", leave));

// Search: results as one types. The page of results is asked for, and its results are taken.
const search = document.querySelector("form.search");
if (search) fetched(() => import("./search.js")).then(({ asTyped }) => asTyped(search));
