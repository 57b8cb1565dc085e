// What went wrong, said kindly: what it is, and what the viewer can do about it.

export class Trouble {
  #what = "";

  constructor(box, words, retry) {
    Object.assign(this, { box, words });
    this.again = box.querySelector(".trouble-again");
    this.again.addEventListener("click", () => {
      this.clear();
      retry();
    });
    addEventListener("online", () => this.#what === "offline" && this.again.click());
  }

  /** `what` names a pair of words; the hint of the server's own is used where there is none. */
  say(what, hint = "") {
    const [heading, text] = this.words[what] ?? [this.words.denied[0], hint || this.words.denied[1]];
    this.box.querySelector("h2").textContent = heading;
    this.box.querySelector("p").textContent = text;
    for (const way of this.box.querySelectorAll("[data-for]"))
      way.hidden = !way.dataset.for.split(" ").includes(what);
    this.#what = what;
    this.box.hidden = false;
    this.box.focus();
  }

  clear() {
    this.#what = "";
    this.box.hidden = true;
  }
}
