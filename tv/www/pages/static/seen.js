// How far each episode was watched, as the progress service has it. Where to ask and with what
// stands in the page of who is signed in; to others the player leaves it.

import { keep, kept } from "./player/device.js";
import { start } from "./player/session.js";

export async function seen(list) {
  for (const { episode, position, duration } of await positions(list)) {
    const bar = list.querySelector(`[data-episode="${CSS.escape(episode)}"] progress`);
    if (!bar || !(duration > 0)) continue;
    bar.value = Math.min(100, (100 * position) / duration);
    bar.hidden = false;
  }
}

async function positions(list) {
  try {
    const own = list.dataset.token ? list.dataset : null;
    const place = own ?? kept();
    if (!place) return [];
    const answer = await ask(place);
    if (answer.status !== 401 || own) return await read(answer);
    const renewed = await renew(list);
    return renewed ? await read(await ask(renewed)) : [];
  } catch {
    return [];
  }
}

function ask({ url, token }) {
  return fetch(`${url}?limit=100`, { headers: { Authorization: `Bearer ${token}` } });
}

async function read(answer) {
  const { positions } = answer.ok ? await answer.json() : {};
  return positions ?? [];
}

/** Tokens last an hour; another comes with leave to play any of the episodes. */
async function renew(list) {
  const episode = list.querySelector("[data-episode]:not(.episode-locked)")?.dataset.episode;
  return episode && keep((await start(`/api/v1/playback/${episode}`)).progress);
}
