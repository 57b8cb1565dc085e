"""The command lines that make a clip's film, before it is encoded for viewers. Pure."""

from collections.abc import Sequence
from pathlib import Path

from playback.video.playlists import stamp
from scripts import SECONDS, Line, Script

FRAMES = 24
FADE = 1.0
# Where motes begin, and how far they go in a second.
_RISING = tuple(
    (90 + n * 233 % 1150, 520 + n * 97 % 420, 4, -(34 + 11 * (n % 3))) for n in range(6)
)
MOTES = {
    "drama": _RISING,
    "documentary": ((-220, 130, 62, -3), (-460, 210, 50, -2)),
    "horror": ((-700, 380, 60, 0), (500, 450, -48, 0), (-200, 250, 30, 4)),
}
MOODS = {
    "drama": "eq=saturation=1.08",
    "documentary": "eq=brightness='-0.10+0.10*min(t/12,1)':eval=frame",
    # A light that fails now and then.
    "horror": "eq=brightness='-0.04-0.14*lt(mod(t*7,13),0.9)':eval=frame",
}
_MEZZANINE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", "-pix_fmt", "yuv420p",
              "-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2")  # fmt: skip


def still(path: Path, to: Path) -> list[str]:
    """An SVG as PNG."""
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(path), "-frames:v", "1", str(to)]


def drawn(script: Script, shots: Sequence[Path], mote: Path, title: Path, to: Path) -> list[str]:
    """Three scenes that the camera passes along, with motes before them and a voice."""
    each = (SECONDS + FADE * (len(shots) - 1)) / len(shots)
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    for picture in (*shots, mote, title):
        argv += ["-framerate", str(FRAMES), "-i", str(picture)]
    graph = [*pans(len(shots), each), *fades(len(shots), each)]
    graph += motes(script, len(shots))
    graph.append(
        f"[{len(shots) + 1}:v]{held(5.4, 'yuva420p')},fade=in:st=0.8:d=0.8:alpha=1,"
        f"fade=out:st=4.6:d=0.8:alpha=1[title];"
        f"[moving][title]overlay=0:0:eof_action=pass,{MOODS[script.strand]},"
        f"fade=in:d=0.6,fade=out:st={SECONDS - 0.8}:d=0.8,format=yuv420p[picture]"
    )
    graph += voice(script, SECONDS)
    return [*argv, "-filter_complex", ";".join(graph), "-map", "[picture]", "-map", "[sound]",
            "-t", str(SECONDS), *_MEZZANINE, str(to)]  # fmt: skip


def held(seconds: float, pixels: str) -> str:
    """A picture for so long, decoded and converted once."""
    return f"format={pixels},loop=loop=-1:size=1,trim=duration={seconds:.3f}"


def pans(count: int, seconds: float) -> list[str]:
    """The camera goes right, left, right."""
    ways = (f"(iw-ow)*t/{seconds:.3f}", f"(iw-ow)*(1-t/{seconds:.3f})")
    return [f"[{n}:v]{held(seconds, 'yuv420p')},crop=1280:720:x='{ways[n % 2]}':y=0[shot{n}]"
            for n in range(count)]  # fmt: skip


def fades(count: int, seconds: float) -> list[str]:
    steps, last = [], "shot0"
    for n in range(1, count):
        offset = n * (seconds - FADE)
        steps.append(f"[{last}][shot{n}]xfade=duration={FADE}:offset={offset:.3f}[film{n}]")
        last = f"film{n}"
    return [*steps, f"[{last}]null[film]"]


def motes(script: Script, picture: int) -> list[str]:
    places = MOTES[script.strand]
    copies = "".join(f"[mote{n}]" for n in range(len(places)))
    steps, last = [f"[{picture}:v]{held(SECONDS, 'yuva420p')},split={len(places)}{copies}"], "film"
    for n, (x, y, across, down) in enumerate(places):
        steps.append(f"[{last}][mote{n}]overlay=x='{x}+{across}*t':y='{y}+{down}*t'[moved{n}]")
        last = f"moved{n}"
    return [*steps, f"[{last}]null[moving]"]


def voice(script: Script, seconds: float, under: str = "") -> list[str]:
    """The lines, spoken when they are due, over a low chord, or over what is under them."""
    steps, names = [], ""
    for n, line in enumerate(script.lines):
        words = line.english.replace("'", "").replace(",", r"\,")
        steps.append(
            f"flite=text='{words}':voice={script.voice},aresample=48000,"
            f"adelay={round(line.at * 1000)}:all=1,apad=whole_dur={seconds}[line{n}]"
        )
        names += f"[line{n}]"
    if not under:
        tones = {"drama": (196, 247, 294), "documentary": (147, 220, 330), "horror": (49, 52, 104)}
        chord = "+".join(f"sin({hertz}*2*PI*t)" for hertz in tones[script.strand])
        steps.append(
            f"aevalsrc='0.035*({chord})*(0.7+0.3*sin(0.9*t))':d={seconds}:s=48000,"
            f"afade=in:d=1.5,afade=out:st={seconds - 2}:d=2[under]"
        )
        under = "[under]"
    count = len(script.lines) + 1
    steps.append(f"{names}{under}amix=inputs={count}:normalize=0,alimiter[sound]")
    return steps


def taken_apart(script: Script, clip: Path, length: float, title: Path, to: Path) -> list[str]:
    """A real shot: as it is, at half its speed, and as edges."""
    whole = length * 4
    graph = [
        f"[0:v]trim=end={length},setpts=PTS-STARTPTS,scale=1280:720,setsar=1,fps={FRAMES},"
        "format=yuv420p,split=3[a][b][c]",
        "[b]setpts=2*PTS[slow]",
        "[c]edgedetect=mode=wires:low=0.06:high=0.18,format=yuv420p[edges]",
        f"[a][slow][edges]concat=n=3:v=1:a=0,fps={FRAMES}[three]",
        f"[1:v]{held(4.5, 'yuva420p')},fade=out:st=3.6:d=0.8:alpha=1[title];"
        "[three][title]overlay=0:0:eof_action=pass,"
        f"fade=out:st={whole - 0.8:.3f}:d=0.8,format=yuv420p[picture]",
        f"[0:a]atrim=end={length},asetpts=PTS-STARTPTS,aresample=48000,asplit=3[x][y][z]",
        "[y]atempo=0.5[drawl]",
        "[x][drawl][z]concat=n=3:v=0:a=1,volume=0.35[under]",
        *voice(script, whole, under="[under]"),
    ]
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(clip),
            "-framerate", str(FRAMES), "-i", str(title),
            "-filter_complex", ";".join(graph), "-map", "[picture]", "-map", "[sound]",
            "-t", f"{whole:.3f}", *_MEZZANINE, str(to)]  # fmt: skip


def subtitles(lines: Sequence[Line], language: str) -> str:
    """WebVTT of the lines."""
    texts = {"en": [line.english for line in lines], "ko": [line.korean for line in lines]}
    cues = [
        f"{stamp(line.at)} --> {stamp(line.at + line.stays)}\n{text}\n"
        for line, text in zip(lines, texts[language], strict=True)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)
