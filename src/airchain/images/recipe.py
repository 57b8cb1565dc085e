"""A Dockerfile as it is handed to BuildKit, and what BuildKit says when it fails. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from airchain.spec import dockerfile

LOG_LINES = 50
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Programs that bring their own authorities unless told where the system's are.
AUTHORITY_ARGUMENTS = {
    "SSL_CERT_FILE": BUNDLE,
    "PIP_CERT": BUNDLE,
    "REQUESTS_CA_BUNDLE": BUNDLE,
    "NODE_EXTRA_CA_CERTS": BUNDLE,
}

NOTE_LENGTH = 100

_FAILED_STEP = re.compile(r"^ > (?:\[(?P<stage>[^\]]*)\] )?(?P<text>.*?):?$")
_PARSE_ERROR = re.compile(r"parse error (?:on )?line (?P<line>\d+): (?P<text>.*)")
_PREFIX = re.compile(r"^#\d+ (?:\d+\.\d+ )?")
_MISSING = re.compile(r"(?:failed to resolve source metadata for|docker\.io/\S+: )")


@dataclass(frozen=True)
class Rewritten:
    """`text` with lines added; `lines[n]` is the original number of line `n + 1`."""

    text: str
    lines: tuple[int, ...]

    def original(self, line: int) -> int:
        """The number that the line has in the user's own file."""
        return self.lines[min(line, len(self.lines)) - 1] if self.lines else line


@dataclass(frozen=True)
class Failure:
    """What went wrong in a build: the step (or complaint) and its line in the user's Dockerfile."""

    step: str | None
    line: int | None
    hint: str | None
    log: tuple[str, ...]


def with_arguments(text: str, arguments: Mapping[str, str]) -> Rewritten:
    """Declare build arguments with defaults in every stage.

    An argument is in the environment of `RUN` and not in that of the image.
    """
    lines = text.splitlines()
    after = _ends_of_from(text, len(lines)) if arguments else frozenset()
    added = [f"ARG {name}={value}" for name, value in arguments.items()]
    result: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(lines, start=1):
        result.append(line)
        numbers.append(number)
        if number in after:
            result.extend(added)
            numbers.extend([number] * len(added))
    return Rewritten("\n".join(result) + "\n", tuple(numbers))


def explain(output: Sequence[str], built: Rewritten) -> Failure:
    """Find the failing step in BuildKit's plain output."""
    step = None
    for line in output:
        if (match := _FAILED_STEP.match(line)) and match["stage"] != "internal":
            step = match["text"].strip()
    text = "\n".join(output)
    line_number = _line_of(step, built) if step else None
    if parse := _PARSE_ERROR.search(text):
        line_number = built.original(int(parse["line"]))
        step = parse["text"].strip()
    return Failure(step, line_number, _hint(text), tuple(_log(output)))


def progress_note(line: str) -> str | None:
    """What a line of BuildKit's output tells a person who waits; None where nothing."""
    rest = re.sub(r"^#\d+ ", "", line)
    if rest == line or rest.startswith("[internal]"):
        return None
    if not rest.startswith("["):
        return None
    words = " ".join(rest.split())
    return words if len(words) <= NOTE_LENGTH else words[: NOTE_LENGTH - 1] + "…"


def _ends_of_from(text: str, count: int) -> frozenset[int]:
    """The numbers of the lines on which `FROM` instructions end."""
    begins = [(i.line, i.name) for i in dockerfile.instructions(text)]
    ends = set()
    for index, (_, name) in enumerate(begins):
        if name == "FROM":
            following = begins[index + 1][0] if index + 1 < len(begins) else count + 1
            ends.add(following - 1)
    return frozenset(ends)


def _line_of(step: str, built: Rewritten) -> int | None:
    wanted = _squeeze(step)
    for instruction in dockerfile.instructions(built.text):
        text = _squeeze(f"{instruction.name} {instruction.rest}")
        flags = " ".join(f"--{k}={v}" if v else f"--{k}" for k, v in instruction.flags)
        flagged = _squeeze(f"{instruction.name} {flags} {instruction.rest}")
        if wanted in (text, flagged) or (len(wanted) > 20 and flagged.startswith(wanted)):
            return built.original(instruction.line)
    return None


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _log(output: Sequence[str]) -> list[str]:
    lines = [
        _PREFIX.sub("", line)
        for line in output
        if line.strip()
        and not re.match(r"^#\d+ (\[internal\]|DONE|CACHED|transferring|sha256:)", line)
    ]
    return lines[-LOG_LINES:]


def _hint(text: str) -> str | None:
    if "docker/dockerfile" in text:
        return "remove the `# syntax=` line: it is fetched from a public hub"
    if "self-signed certificate" in text or "CERTIFICATE_VERIFY_FAILED" in text:
        return "is ca-certificates among the packages of the base image?"
    if _MISSING.search(text) and ("not found" in text or "no such host" in text or "dial" in text):
        return "is the base image one of this product, or is its registry reachable?"
    if "Cannot connect to the Docker daemon" in text:
        return "the engine stopped: `airchain engine start`, then run this again"
    if "no space left on device" in text:
        return "the engine's disk is full: `docker system df` shows what takes the room"
    return None
