// Where the progress service keeps what a browser without an account has watched: left by the
// player, for pages that show it. Of an account nothing is kept here: its pages bring what they
// need, and whoever uses the machine next must not find it.

import { forget, recall, remember } from "./memory.js";

const NAME = "watched";

/** Of a playback's `progress`; the address without the episode, for all of them. */
export function keep({ url, token, account }) {
  if (account) return undefined;
  const place = { url: url.slice(0, url.lastIndexOf("/")), token };
  remember(NAME, JSON.stringify(place));
  return place;
}

/** `{ url, token }`, or null where nothing was watched. */
export function kept() {
  return JSON.parse(recall(NAME, "null"));
}

export function leave() {
  forget(NAME);
}
