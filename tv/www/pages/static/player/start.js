// Fetches the player. Without this, one module of it that is lost on the way would leave a page
// that does nothing and says nothing.

import { fetched } from "../fetched.js";
import { Trouble } from "./trouble.js";

fetched(() => import("./main.js")).catch((error) => {
  const player = document.getElementById("player");
  const words = JSON.parse(document.getElementById("words").textContent);
  const box = player.querySelector('[data-part="trouble"]');
  player.classList.remove("busy");
  new Trouble(box, words.trouble, () => location.reload()).say(navigator.onLine ? "unreachable" : "offline");
  throw error;
});
