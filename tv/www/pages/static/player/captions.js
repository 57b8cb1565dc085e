// Subtitles: which of them, and what they look like. They are drawn here and not by the browser,
// so that they keep clear of the controls and look as the viewer wishes, in every browser alike.

import { recall, remember } from "./memory.js";

const OFF = "off";

export class Captions {
  #track = null;
  // As the viewer left it; at first, in the language of the page.
  #wanted = recall("captions", document.documentElement.lang);

  constructor(video, box) {
    this.video = video;
    this.box = box;
    this.draw = this.draw.bind(this);
    // A browser's own small window shows the video alone: there it draws them itself.
    for (const [event, mode] of [
      ["enterpictureinpicture", "showing"],
      ["leavepictureinpicture", "hidden"],
      ["webkitbeginfullscreen", "showing"],
      ["webkitendfullscreen", "hidden"],
    ]) {
      video.addEventListener(event, () => this.#track && (this.#track.mode = mode));
    }
  }

  /** Those of the video: `[{ language, label, track }]`. */
  get all() {
    return [...this.video.textTracks]
      .filter(({ kind }) => kind === "subtitles" || kind === "captions")
      .map((track) => ({ language: track.language, label: track.label || track.language, track }));
  }

  get language() {
    return this.#track?.language ?? OFF;
  }

  /** Offer these `[{ language, label, url }]` in place of those before, and show what was wanted. */
  offer(tracks) {
    for (const old of this.video.querySelectorAll("track")) old.remove();
    for (const { language, label, url } of tracks) {
      const track = document.createElement("track");
      Object.assign(track, { kind: "subtitles", srclang: language, label, src: url });
      this.video.append(track);
    }
    this.#show(this.#wanted);
  }

  choose(language) {
    this.#wanted = language;
    remember("captions", language);
    if (language !== OFF) remember("captions-last", language);
    this.#show(language);
  }

  /** On or off; on is what was on before. The label of what is on, or undefined. */
  toggle() {
    const all = this.all;
    const usual = recall("captions-last", document.documentElement.lang);
    const known = all.find(({ language }) => language === usual) ?? all[0];
    this.choose(this.#track ? OFF : (known?.language ?? OFF));
    return this.#track?.label;
  }

  #show(language) {
    this.#track?.removeEventListener("cuechange", this.draw);
    this.#track = null;
    for (const each of this.all) {
      const chosen = each.language === language && !this.#track;
      // A hidden track is loaded and tells of its cues; a disabled one is neither.
      each.track.mode = chosen ? "hidden" : "disabled";
      if (chosen) this.#track = each.track;
    }
    this.#track?.addEventListener("cuechange", this.draw);
    this.draw();
  }

  draw() {
    const cues = [...(this.#track?.activeCues ?? [])];
    const lines = cues.map((cue) => {
      const line = document.createElement("p");
      line.lang = this.#track.language;
      line.append(cue.getCueAsHTML());
      return line;
    });
    // What is at the top, there to keep the picture clear, stays there.
    this.box.classList.toggle("captions-top", cues.some(({ line }) => line >= 0 && line < 50));
    this.box.replaceChildren(...lines);
  }
}
