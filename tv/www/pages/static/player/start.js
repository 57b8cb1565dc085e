// Fetches the player: one of its modules that is lost on the way would else leave a page that does
// nothing and says nothing. Of all its scripts, only this one and the two here have to arrive.

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
