// The player: it asks for leave to play, plays, and minds what the viewer does.

import { Bar } from "./bar.js";
import { Captions } from "./captions.js";
import { keep } from "./device.js";
import { command } from "./keys.js";
import { Next } from "./next.js";
import { Progress } from "./progress.js";
import { Denied, start } from "./session.js";
import { Settings } from "./settings.js";
import { Source } from "./source.js";
import { Thumbnails } from "./thumbnails.js";
import { Trouble } from "./trouble.js";

const IDLE = 3000;
// Addresses refused one after another, without anything played in between, are no accident.
const MOST_RENEWALS = 3;
// Seconds: further than this, a viewer is watching from here and no longer just beginning.
const BEGINNING = 60;

const player = document.getElementById("player");
const video = player.querySelector("video");
const part = (name) => player.querySelector(`[data-part="${name}"]`);
const words = JSON.parse(document.getElementById("words").textContent);

const source = new Source(video);
const captions = new Captions(video, part("lines"));
const thumbnails = new Thumbnails(part("thumbnail"));
const bar = new Bar(player, video, words, thumbnails);
const settings = new Settings(player, video, words, source, captions);
const next = new Next(video, part("next"), ({ title, refusal }) =>
  bar.say([`${words.next}: ${title}`, refusal].filter(Boolean).join(". ")),
);
const trouble = new Trouble(part("trouble"), words.trouble, again);

let session;
let progress;
let renewals = 0;

/** Everything the session has: on first asking, and after an address has expired. */
async function ask() {
  session = await start(player.dataset.playback);
  captions.offer(session.subtitles);
  settings.subtitles();
  next.offer(follows(session.next));
  keep(session.progress);
}

/** Another token for the position; what plays goes on as it is. */
async function renew() {
  const { progress } = await start(player.dataset.playback);
  session.progress = progress;
  keep(progress);
}

/** What comes next; where this viewer may not watch it, why not in place of its address. */
function follows(what) {
  if (!what) return undefined;
  const { id, season, number, title, access } = what;
  const label = (season ? words.place : words.special)
    .replace("%(season)s", season)
    .replace("%(episode)s", number);
  if (!access.allowed) return { label, title, refusal: refusal(access) };
  return { address: player.dataset.watch.replace(/\d+(?=\/$)/, id), label, title };
}

/** In the page's language; the server's own hint, which is English, where there are no words. */
function refusal({ reason, hint, at }) {
  if (reason === "not-yet" && at) {
    const day = new Date(at).toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric" });
    return words.from.replace("%(day)s", day);
  }
  return words.trouble[reason]?.[1] ?? hint;
}

/** `from`: without it, where the viewer left off. */
async function begin(from, play = true) {
  player.classList.add("busy");
  try {
    await ask();
    progress ??= new Progress(
      video, () => session.progress, () => renew().catch(() => {}), goOn, () => bar.sought,
    );
    const at = from ?? (await progress.resume());
    await source.open(session.playlist, at);
    thumbnails.load(session.thumbnails);
    if (at && from === undefined) bar.say(words.resumed);
    if (play) await bar.play();
  } catch (error) {
    player.classList.remove("busy");
    fail(error);
  }
}

/** Where the viewer left off, heard of after playing began: not for who has chosen another place. */
function goOn(from) {
  const at = video.currentTime;
  if (!video.readyState) video.addEventListener("loadedmetadata", () => goOn(from), { once: true });
  else if (at < from && at < BEGINNING && !bar.sought) {
    video.currentTime = from;
    bar.say(words.resumed);
  }
}

/** Leave to play was given and nothing opened: hls.js did not come, which browsers may remember. */
function again() {
  if (session && !video.currentSrc) location.reload();
  else begin(video.currentTime || undefined);
}

function fail(error) {
  if (error instanceof Denied) trouble.say(error.reason || "denied", error.hint);
  else trouble.say(navigator.onLine ? "unreachable" : "offline");
}

source.addEventListener("expired", () => {
  if (renewals++ < MOST_RENEWALS) begin(video.currentTime, !video.paused);
  else trouble.say("lost");
});
source.addEventListener("waiting", () => bar.say(navigator.onLine ? words.waiting : words.offline));
source.addEventListener("lost", () => trouble.say(navigator.onLine ? "lost" : "offline"));
source.addEventListener("well", () => {
  renewals = 0;
  trouble.clear();
});

// Keyboard. What is done by clicking on the picture is a command, too.
const does = {
  captions: () => bar.say(captionsSaid(captions.toggle())),
  next: () => next.go(),
  close: () => settings.close() || next.cancel(),
};

function captionsSaid(label) {
  settings.subtitles();
  return label ? words.captionsOn.replace("%s", label) : words.captionsOff;
}

document.addEventListener("keydown", (event) => {
  const [name, argument] = command(event, settings.letters) ?? [];
  if (!name || !trouble.box.hidden) return;
  event.preventDefault();
  (does[name] ?? bar[name].bind(bar))(argument);
  wake();
});
video.addEventListener("click", () => settings.close() || bar.toggle());
video.addEventListener("dblclick", () => bar.fullscreen());
part("begin").addEventListener("click", () => bar.play());

// The bar goes while nothing is done and the film runs; never from under a keyboard or a panel.
let idle;
function wake() {
  player.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => {
    const held = player.querySelector("button:focus-visible, input:focus-visible, a:focus-visible");
    if (video.paused || settings.open || held) wake();
    else player.classList.add("idle");
  }, IDLE);
}
for (const event of ["pointermove", "pointerdown", "focusin"]) player.addEventListener(event, wake);
wake();

// Keys of keyboards and headphones, and what lock screens show.
if ("mediaSession" in navigator) {
  const { title, series, poster } = player.dataset;
  navigator.mediaSession.metadata = new MediaMetadata({ title, artist: series, artwork: [{ src: poster }] });
  navigator.mediaSession.setActionHandler("seekbackward", () => bar.skip(-10));
  navigator.mediaSession.setActionHandler("seekforward", () => bar.skip(10));
  navigator.mediaSession.setActionHandler("nexttrack", () => next.go());
}

begin();
