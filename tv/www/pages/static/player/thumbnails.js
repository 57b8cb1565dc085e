// Small pictures for seeking: a WebVTT file whose cues point into a sheet of them.

import { seconds } from "./clock.js";

/** `[{ from, until, sheet, x, y, width, height }]` in order. */
export function parse(text, base) {
  const cues = [];
  for (const block of text.replace(/\r/g, "").split(/\n{2,}/)) {
    const lines = block.split("\n");
    const times = lines.findIndex((line) => line.includes("-->"));
    const [, sheet, area] = /^(.*)#xywh=([\d,]+)$/.exec(lines[times + 1]?.trim() ?? "") ?? [];
    if (times < 0 || !area) continue;
    const [from, until] = lines[times].split("-->").map((part) => seconds(part.trim().split(" ")[0]));
    const [x, y, width, height] = area.split(",").map(Number);
    cues.push({ from, until, sheet: new URL(sheet, base).href, x, y, width, height });
  }
  return cues;
}

export class Thumbnails {
  #cues = [];

  constructor(box) {
    this.box = box;
  }

  /** Seeking works without them, so whatever goes wrong is left at that. */
  async load(address) {
    if (!address) return;
    const url = new URL(address, location.href);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) this.#cues = parse(await answer.text(), url);
  }

  show(time) {
    const cue = this.#cues.find(({ from, until }) => from <= time && time < until);
    this.box.hidden = !cue;
    if (!cue) return;
    const { style } = this.box;
    style.backgroundImage = `url("${cue.sheet}")`;
    style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
    style.width = `${cue.width}px`;
    style.height = `${cue.height}px`;
  }
}
