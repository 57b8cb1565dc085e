// The video of an editors' page, by the player's own source.
import { Source } from "../player/source.js";

const video = document.getElementById("preview");
new Source(video).open(video.dataset.playlist, 0);
