// How far the viewer is: told every few seconds, and wherever the viewer leaves.

const EVERY = 5_000;
const PATIENCE = 8_000;
// Nearer to either end than this, a programme begins anew.
const FIRST = 5;
const LAST = 0.95;
// Seconds until the service is asked again where the viewer left off; the last one stays.
const AGAIN = [2, 4, 8, 15, 30];

export class Progress {
  #place;
  #renew;
  #late;
  #chosen;
  // Whether it is known where the viewer left off: what is told before that would hide it.
  #known = false;
  #asking = false;
  // Seconds: before it nothing is told of who only watches on from the beginning.
  #from = 0;
  #told = -1;
  #quietUntil = 0;

  /**
   * `place()` has the `url` and `token` of now; `renew()` gets others when the token has expired.
   * `late(position)` hears where the viewer left off if `resume` could not say so; `chosen()` says
   * whether the viewer has chosen another place since.
   */
  constructor(video, place, renew, late, chosen) {
    this.video = video;
    this.#place = place;
    this.#renew = renew;
    this.#late = late;
    this.#chosen = chosen;
    video.addEventListener("pause", () => this.tell());
    video.addEventListener("seeked", () => video.paused && this.tell());
    addEventListener("pagehide", () => this.tell());
    document.addEventListener("visibilitychange", () => document.hidden && this.tell());
    setInterval(() => !video.paused && this.tell(), EVERY);
  }

  /**
   * Where the viewer left off, on whichever device; 0 where there is nothing to go on with, and where
   * nobody knows: playing does not wait for that, telling does.
   */
  async resume() {
    const position = await this.#left();
    if (position === undefined) this.#askAgain();
    return position ?? 0;
  }

  /** The same, but undefined where nobody knows; that nothing was watched is an answer, too. */
  async #left() {
    const { url, token } = this.#place();
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok && answer.status !== 404) return this.#heard(answer);
      const { position, duration } = answer.ok ? await answer.json() : {};
      this.#known = true;
      return position > FIRST && position < duration * LAST ? position : 0;
    } catch {
      return undefined;
    }
  }

  async #askAgain() {
    if (this.#asking) return;
    this.#asking = true;
    for (let n = 0; !this.#known; n++) {
      const wait = (AGAIN[n] ?? AGAIN.at(-1)) * 1000;
      await new Promise((done) => setTimeout(done, Math.max(wait, this.#quietUntil - Date.now())));
      if (this.#known) break;
      const position = await this.#left();
      if (!position) continue;
      this.#from = position;
      this.#late(position);
    }
    this.#asking = false;
  }

  async tell() {
    const { currentTime, duration } = this.video;
    const position = Math.round(currentTime * 10) / 10;
    // Before anything was watched there is nothing to tell, and it would hide what was.
    if (!(duration > 0) || position === this.#told || (position === 0 && this.#told < 0)) return;
    if (!this.#known || Date.now() < this.#quietUntil) return;
    if (position < this.#from && !this.#chosen()) return;
    this.#told = position;
    try {
      // Without a time: the service's clock counts, as a viewer's may be wrong.
      this.#heard(await this.#put({ position, duration }));
    } catch {
      this.#told = -1;
    }
  }

  /** `keepalive`: the request outlives the page. */
  #put(body) {
    const { url, token } = this.#place();
    return fetch(url, {
      method: "PUT",
      keepalive: true,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  }

  #heard(answer) {
    // 409 is well, too: another device of this viewer has told a later position.
    if (answer.ok || answer.status === 409) return;
    this.#told = -1;
    if (answer.status === 401) this.#renew();
    if (answer.status === 429 || answer.status === 503) {
      const wait = Number(answer.headers.get("Retry-After")) || 10;
      this.#quietUntil = Date.now() + wait * 1000;
    }
  }
}
