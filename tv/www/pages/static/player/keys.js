// Which command a key stands for; what it does is the controls' business.

const NAMED = {
  " ": ["toggle"],
  ArrowLeft: ["skip", -5],
  ArrowRight: ["skip", 5],
  ArrowUp: ["louder", 0.05],
  ArrowDown: ["louder", -0.05],
  Home: ["seekPart", 0],
  End: ["seekPart", 1],
  Escape: ["close"],
};
const LETTERS = {
  k: ["toggle"],
  j: ["skip", -10],
  l: ["skip", 10],
  f: ["fullscreen"],
  m: ["mute"],
  c: ["captions"],
  n: ["next"],
  p: ["picture"],
};
// What a focused control does itself with some keys.
const OWN = {
  BUTTON: [" ", "Enter"],
  A: ["Enter"],
  radio: [" ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"],
  checkbox: [" "],
  volume: ["ArrowLeft", "ArrowRight"],
};

/**
 * The command of a pressed key as `[name, argument]`, or undefined.
 * `letters`: whether letters and digits count; some viewers dictate, and switch them off.
 */
export function command(event, letters) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const { tagName, type, dataset } = event.target;
  if ((OWN[tagName] ?? OWN[dataset.part] ?? OWN[type] ?? []).includes(event.key)) return undefined;
  if (event.key in NAMED) return NAMED[event.key];
  if (!letters || event.shiftKey) return undefined;
  if (/^[0-9]$/.test(event.key)) return ["seekPart", Number(event.key) / 10];
  return LETTERS[letter(event)];
}

/** The Latin letter, also while a keyboard writes Hangul. */
function letter({ key, code }) {
  const latin = /^[a-z]$/i.test(key) ? key : /^Key([A-Z])$/.exec(code)?.[1];
  return latin?.toLowerCase();
}
