// From a playlist's address to a video that plays: by hls.js, or by a browser that needs no help.

import { fetched } from "../fetched.js";

const RETRIES = [1, 2, 4, 8, 15];
const MOST_RECOVERIES = 3;

/**
 * Plays what is at an address. Tells what happens by events: "levels" when the qualities are known,
 * "well" when it plays, "expired" when an address is refused, "waiting" while the network is away,
 * and "lost" when it has given up.
 */
export class Source extends EventTarget {
  #hls = null;
  #retries = 0;
  #recoveries = 0;
  #timer = 0;
  #refused = false;

  constructor(video) {
    super();
    this.video = video;
    video.addEventListener("playing", () => this.#well());
    addEventListener("online", () => this.#hls && this.retry());
  }

  async open(address, from) {
    clearTimeout(this.#timer);
    this.address = address;
    this.#refused = false;
    const { default: Hls } = "MediaSource" in window || "ManagedMediaSource" in window
      ? await fetched(() => import("../vendor/hls.js"))
      : {};
    if (Hls?.isSupported()) this.#byHls(Hls, from);
    else this.#byBrowser(from);
  }

  /** Heights of the picture to choose from, the highest first; none where the browser chooses. */
  get heights() {
    const heights = this.#hls?.levels.map(({ height }) => height).filter(Boolean) ?? [];
    return [...new Set(heights)].sort((a, b) => b - a);
  }

  /** The height that plays now. */
  get height() {
    return this.#hls?.levels[this.#hls.currentLevel]?.height ?? this.video.videoHeight;
  }

  /** Play the picture at that height; 0: as the network allows. */
  limit(height) {
    if (!this.#hls) return;
    this.#hls.nextLevel = height ? this.#hls.levels.findIndex((l) => l.height === height) : -1;
  }

  retry() {
    clearTimeout(this.#timer);
    this.#retries = 0;
    if (this.#hls?.levels.length) this.#hls.startLoad();
    else this.open(this.address, this.video.currentTime);
  }

  #byHls(Hls, from) {
    this.#hls?.destroy();
    const hls = new Hls({
      startPosition: from || -1,
      // What we make is fragmented MP4: nothing to convert, so no worker to do it.
      enableWorker: false,
      maxBufferLength: 30,
      backBufferLength: 60,
      capLevelToPlayerSize: true,
    });
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#tell("levels"));
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#tell("levels"));
    hls.on(Hls.Events.ERROR, (_, error) => this.#failed(Hls, error));
    hls.loadSource(this.address);
    hls.attachMedia(this.video);
  }

  #byBrowser(from) {
    const { video } = this;
    video.src = this.address;
    video.addEventListener("loadedmetadata", () => (video.currentTime = from), { once: true });
    // A browser does not say which answer it got: an address may have expired, so another is tried.
    video.onerror = () => (this.#recoveries++ < MOST_RECOVERIES ? this.#expired() : this.#tell("lost"));
  }

  #failed(Hls, { type, fatal, response }) {
    if (response?.code === 403) return this.#expired();
    if (!fatal) return undefined;
    if (type === Hls.ErrorTypes.NETWORK_ERROR) return this.#later();
    if (type === Hls.ErrorTypes.MEDIA_ERROR && this.#recoveries++ < MOST_RECOVERIES)
      return this.#hls.recoverMediaError();
    return this.#tell("lost");
  }

  /** Once for each address, however many requests for its files are refused. */
  #expired() {
    if (this.#refused) return;
    this.#refused = true;
    this.#hls?.stopLoad();
    this.#tell("expired");
  }

  #later() {
    const wait = RETRIES[this.#retries++];
    if (!navigator.onLine) return this.#tell("waiting");
    if (wait === undefined) return this.#tell("lost");
    this.#tell("waiting");
    const again = () => (this.#hls.levels.length ? this.#hls.startLoad() : this.#hls.loadSource(this.address));
    this.#timer = setTimeout(again, wait * 1000);
    return undefined;
  }

  #well() {
    this.#retries = 0;
    this.#recoveries = 0;
    this.#tell("well");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
