"""Make the demo's clips: `python3 make.py BUNNY.mp4 FOLDER`. Runs once, in the image's build.

Films are drawn and spoken here, and then encoded by the commands that encode uploads.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import film
import pictures
from playback.video import commands, ladder, package, playlists, process
from playback.video.source import Source, probe
from scripts import SCRIPTS, Script

BOUND = 600.0
EPOCH = 946_684_800
"""The first second of the year 2000."""


def main(bunny: Path, to: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda script: clip(script, bunny, to / script.slug), SCRIPTS))
    # As all files of images, so that the same content makes the same layer.
    for path in to.rglob("*"):
        os.utime(path, (EPOCH, EPOCH))


def clip(script: Script, bunny: Path, to: Path) -> None:
    """The clip's folder: what it is, and the folder of its version."""
    with TemporaryDirectory() as work:
        folder = Path(work)
        path = shoot(script, bunny, folder)
        source = probe(path)
        part = encode(script, path, source, folder / "part")
        whole = folder / "whole"
        whole.mkdir()
        package.assemble([part], source, ladder.rungs(source), whole)
        version = digest(whole)
        to.mkdir(parents=True)
        whole.rename(to / version)
    about = {"title": script.title, "credit": script.credit, "genres": script.genres,
             "version": version}  # fmt: skip
    (to / "clip.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    print(f"{script.slug}: {source.duration:.0f} s, {size((to / version).iterdir()) >> 10} KB")


def shoot(script: Script, bunny: Path, folder: Path) -> Path:
    """The film in full quality."""
    to = folder / "film.mp4"
    title = picture(pictures.title(script), folder / "title")
    if script.shots:
        shots = [picture(pictures.scene(script, n), folder / f"shot{n}")
                 for n in range(len(script.shots))]  # fmt: skip
        mote = picture(pictures.mote(script), folder / "mote")
        run(film.drawn(script, shots, mote, title, to))
    else:
        run(film.taken_apart(script, bunny, probe(bunny).duration, title, to))
    return to


def picture(svg: str, name: Path) -> Path:
    drawing, to = name.with_suffix(".svg"), name.with_suffix(".png")
    drawing.write_text(svg)
    run(film.still(drawing, to))
    return to


def encode(script: Script, path: Path, source: Source, folder: Path) -> Path:
    """What a job's steps make, in one folder."""
    folder.mkdir()
    for rung in ladder.rungs(source):
        run(commands.rendition(path, source, rung, folder))
        package.check_whole(folder, rung, source)
    run(commands.sprite(path, source, folder / playlists.SPRITE))
    (folder / playlists.THUMBNAILS).write_text(playlists.thumbnails(source))
    for language in ("en", "ko"):
        (folder / f"{language}.vtt").write_text(film.subtitles(script.lines, language))
    return folder


def run(argv: list[str]) -> None:
    process.run(argv, seconds=BOUND)


def digest(folder: Path) -> str:
    """A version's name: of what is in it, so that other content never has the same address."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]


def size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
