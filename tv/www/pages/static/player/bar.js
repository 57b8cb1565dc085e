// The bar below the picture: time, volume, and the buttons. Each command of the keyboard is a
// method of the same name.

import { clock } from "./clock.js";
import { recall, remember } from "./memory.js";

const STEPS = 1000;

export class Bar {
  /** Whether the viewer has chosen where to watch. */
  sought = false;
  #scrubbing = false;

  constructor(player, video, words, thumbnails) {
    Object.assign(this, { player, video, words, thumbnails });
    const part = (name) => player.querySelector(`[data-part="${name}"]`);
    this.part = part;
    this.#buttons();
    this.#timeline(part("time"), part("peek"));
    this.#volume(part("volume"));
    this.#follow();
  }

  toggle() {
    if (this.video.paused) this.play();
    else this.video.pause();
  }

  /** Browsers may refuse to begin with sound before the viewer has done anything. */
  play() {
    return this.video.play().catch(() => this.player.classList.add("asks"));
  }

  skip(by) {
    this.#seek(this.video.currentTime + by);
  }

  seekPart(part) {
    this.#seek(this.video.duration * part);
  }

  louder(by) {
    this.video.muted = false;
    this.video.volume = Math.min(1, Math.max(0, this.video.volume + by));
    this.say(this.words.volume.replace("%s", Math.round(this.video.volume * 100)));
  }

  mute() {
    this.video.muted = !this.video.muted;
    this.say(this.video.muted ? this.words.muted : this.words.unmuted);
  }

  /** The player and not the video alone: with the bar and the subtitles. Phones know the video. */
  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.player.requestFullscreen) this.player.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  picture() {
    if (document.pictureInPictureElement) document.exitPictureInPicture();
    else this.video.requestPictureInPicture?.().catch(() => {});
  }

  /** Shown for a moment, and read out. */
  say(text) {
    const toast = this.part("toast");
    toast.textContent = text;
    toast.classList.add("shown");
    clearTimeout(this.saying);
    this.saying = setTimeout(() => toast.classList.remove("shown"), 1400);
  }

  #seek(to) {
    const { video } = this;
    if (!(video.duration > 0)) return;
    this.sought = true;
    video.currentTime = Math.min(Math.max(0, to), video.duration);
    this.say(`${clock(video.currentTime)} / ${clock(video.duration)}`);
  }

  #buttons() {
    for (const button of this.player.querySelectorAll("[data-do]")) {
      const [name, by] = button.dataset.do.split(" ");
      button.addEventListener("click", () => this[name](Number(by)));
    }
    this.part("picture").hidden = !document.pictureInPictureEnabled;
  }

  #timeline(range, peek) {
    const { video } = this;
    range.max = STEPS;
    const at = () => (range.value / STEPS) * video.duration;
    range.addEventListener("input", () => {
      this.#scrubbing = true;
      this.#draw(at());
    });
    range.addEventListener("change", () => {
      this.#scrubbing = false;
      if (!(video.duration > 0)) return;
      this.sought = true;
      video.currentTime = at();
    });
    range.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = range.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (clientX - left) / width));
      if (!(video.duration > 0)) return;
      peek.hidden = false;
      peek.querySelector("span").textContent = clock(share * video.duration);
      this.thumbnails.show(share * video.duration);
      const half = peek.offsetWidth / 2;
      peek.style.left = `${Math.min(Math.max(share * width, half), width - half)}px`;
    });
    range.addEventListener("pointerleave", () => (peek.hidden = true));
  }

  #volume(range) {
    const { video } = this;
    video.volume = Number(recall("volume", 1));
    video.muted = recall("muted", "false") === "true";
    range.addEventListener("input", () => {
      video.muted = false;
      video.volume = range.value / 100;
    });
    video.addEventListener("volumechange", () => {
      remember("volume", video.volume);
      remember("muted", video.muted);
      this.#drawVolume(range);
    });
    this.#drawVolume(range);
  }

  #drawVolume(range) {
    const silent = this.video.muted || this.video.volume === 0;
    range.value = silent ? 0 : Math.round(this.video.volume * 100);
    range.style.setProperty("--part", range.value / 100);
    this.#pressed("mute", silent, this.words.unmute, this.words.mute);
  }

  #follow() {
    const { video, player } = this;
    const play = () => this.#pressed("play", !video.paused, this.words.pause, this.words.play);
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, play);
    video.addEventListener("playing", () => player.classList.remove("asks", "busy"));
    for (const event of ["waiting", "seeking"]) video.addEventListener(event, () => player.classList.add("busy"));
    for (const event of ["seeked", "canplay"]) video.addEventListener(event, () => player.classList.remove("busy"));
    for (const event of ["timeupdate", "durationchange", "seeking", "progress"])
      video.addEventListener(event, () => this.#scrubbing || this.#draw(video.currentTime));
    const screen = () =>
      this.#pressed("fullscreen", Boolean(document.fullscreenElement), this.words.window, this.words.fullscreen);
    document.addEventListener("fullscreenchange", screen);
    play();
    screen();
  }

  /** A button of two states: its drawing by `on`, its name by what it does next. */
  #pressed(name, on, onLabel, offLabel) {
    const button = this.part(name);
    button.classList.toggle("on", on);
    button.setAttribute("aria-label", on ? onLabel : offLabel);
    button.title = on ? onLabel : offLabel;
  }

  #draw(time) {
    const { video } = this;
    const length = video.duration > 0 ? video.duration : 0;
    const range = this.part("time");
    const share = length ? time / length : 0;
    if (!this.#scrubbing) range.value = share * STEPS;
    range.style.setProperty("--part", share);
    range.style.setProperty("--loaded", length ? loaded(video, time) / length : 0);
    range.setAttribute("aria-valuetext", `${clock(time)} / ${clock(length)}`);
    this.part("clock").textContent = `${clock(time)} / ${clock(length)}`;
  }
}

/** Until where it can play on without the network. */
function loaded({ buffered }, time) {
  for (let n = 0; n < buffered.length; n++)
    if (buffered.start(n) <= time + 0.5 && time <= buffered.end(n)) return buffered.end(n);
  return 0;
}
