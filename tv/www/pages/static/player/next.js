// What comes next: a card over the last seconds of a programme. At its end the next one begins,
// unless the viewer said no, or may not watch it: then the card says why, and playing stops there.

const LAST = 10;

export class Next {
  #cancelled = false;

  /** `begun(what)` is called as the card appears. */
  constructor(video, card, begun) {
    this.video = video;
    this.card = card;
    this.begun = begun;
    this.link = card.querySelector("a");
    this.left = card.querySelector(".next-left");
    this.stay = card.querySelector(".next-stay");
    this.stay.addEventListener("click", () => this.cancel());
    for (const event of ["timeupdate", "seeking"]) video.addEventListener(event, () => this.#count());
    video.addEventListener("ended", () => this.#cancelled || this.go());
  }

  /** `{ address, label, title }` of what follows, if anything does; or a `refusal` and no address. */
  offer(what) {
    this.what = what;
    if (!what) return;
    const { address, label, title, refusal = "" } = what;
    this.card.querySelector(".next-label").textContent = label;
    this.card.querySelector(".next-title").textContent = title;
    this.card.querySelector(".next-refusal").textContent = refusal;
    this.left.hidden = this.link.hidden = !address;
    if (address) this.link.href = address;
    else this.link.removeAttribute("href");
    this.stay.textContent = this.stay.dataset[address ? "cancel" : "close"];
  }

  go() {
    if (this.what?.address) location.assign(this.what.address);
  }

  cancel() {
    if (this.card.hidden) return false;
    this.#cancelled = true;
    const inside = this.card.contains(document.activeElement);
    this.card.hidden = true;
    if (inside) document.getElementById("player").focus();
    return true;
  }

  /** It counts what is left to play, so pausing stops it. */
  #count() {
    const { currentTime, duration } = this.video;
    const left = Math.ceil(duration - currentTime);
    // Back in the programme, the question is open again.
    if (left > LAST) this.#cancelled = false;
    const shown = Boolean(this.what) && !this.#cancelled && currentTime > 0 && left <= LAST;
    // A screen reader hears of it once, and not each second.
    if (shown && this.card.hidden) this.begun(this.what);
    this.card.hidden = !shown;
    if (shown) this.left.textContent = this.left.dataset.text.replace("%s", Math.max(0, left));
  }
}
