// Asking for leave to play: signed addresses, and where to keep the position.

import { fetched } from "../fetched.js";

const PATIENCE = 15_000;

/** The answer was no; `reason` says which no. */
export class Denied extends Error {
  constructor({ reason, hint, detail }) {
    super(detail || reason);
    this.reason = reason || "";
    this.hint = hint || "";
  }
}

/**
 * What playing needs, as `POST /api/v1/playback/{episode}` gives it. Any error but `Denied` says
 * that there was no answer, or not one of sense.
 */
export async function start(address) {
  const headers = { Accept: "application/json", ...forgery() };
  const { ok, status, text } = await fetched(async () => {
    const answer = await fetch(address, { method: "POST", headers, signal: AbortSignal.timeout(PATIENCE) });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  });
  if (ok) return JSON.parse(text);
  if (status === 404) throw new Denied({ ...problem(text), reason: "missing" });
  if (status === 401 || status === 403) throw new Denied(problem(text));
  throw new Error(`playback answered ${status}`);
}

/** What a refusal says of itself, if it does. */
function problem(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** What proves that the request is from a page of ours; only a signed-in viewer has it. */
function forgery() {
  const token = /(?:^|; )tv_csrf=([^;]+)/.exec(document.cookie)?.[1];
  return token ? { "X-CSRFToken": token } : {};
}
