// The two panels: subtitles and how they look; quality, speed and the keyboard.

import { Menu, choices } from "./menu.js";
import { recall, remember } from "./memory.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const LOOKS = { size: ["small", "medium", "large"], ground: ["shade", "solid", "none"] };

export class Settings {
  constructor(player, video, words, source, captions) {
    Object.assign(this, { player, video, words, source, captions });
    const part = (name) => player.querySelector(`[data-part="${name}"]`);
    this.part = part;
    this.menus = [
      new Menu(part("captions"), part("captions-panel")),
      new Menu(part("settings"), part("settings-panel")),
    ];
    source.addEventListener("levels", () => this.#quality());
    video.textTracks.addEventListener("addtrack", () => this.subtitles());
    this.height = 0;
    this.#looks();
    this.#speed();
    const letters = part("letters");
    letters.checked = recall("letters", "true") === "true";
    letters.addEventListener("change", () => remember("letters", letters.checked));
  }

  get open() {
    return this.menus.some(({ open }) => open);
  }

  /** Whether letters and digits are commands. */
  get letters() {
    return this.part("letters").checked;
  }

  close() {
    return this.menus.map((menu) => menu.close()).some(Boolean);
  }

  subtitles() {
    const all = this.captions.all.map(({ language, label }) => ({ value: language, label, language }));
    const off = { value: "off", label: this.words.off };
    choices(this.part("tracks"), [off, ...all], this.captions.language, (language) => {
      this.captions.choose(language);
      this.subtitles();
    });
    const button = this.part("captions");
    button.hidden = !all.length;
    button.classList.toggle("on", this.captions.language !== "off");
  }

  #quality() {
    const { heights } = this.source;
    const now = this.source.height;
    this.part("quality").hidden = heights.length < 2;
    const auto = this.words.auto + (this.height === 0 && now ? ` (${now}p)` : "");
    const options = [{ value: 0, label: auto }, ...heights.map((h) => ({ value: h, label: `${h}p` }))];
    choices(this.part("quality"), options, this.height, (height) => {
      this.height = height;
      this.source.limit(height);
    });
  }

  #speed() {
    const options = SPEEDS.map((value) => ({ value, label: value === 1 ? this.words.normal : `${value}×` }));
    choices(this.part("speed"), options, 1, (speed) => (this.video.playbackRate = speed));
  }

  #looks() {
    for (const [look, values] of Object.entries(LOOKS)) {
      const usual = look === "size" ? "medium" : "shade";
      const wear = (value) => (this.player.dataset[look] = value);
      const options = values.map((value) => ({ value, label: this.words[value] }));
      wear(recall(look, usual));
      choices(this.part(look), options, recall(look, usual), (value) => {
        remember(look, value);
        wear(value);
      });
    }
  }
}
