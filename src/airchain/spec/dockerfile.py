"""Which sibling images a Dockerfile starts from or copies from.

Pure: text in, names out. Read are `FROM`, `COPY --from` and
`RUN --mount=…,from=…`; variables are substituted the way BuildKit does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"^#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"<<(-?)([\"']?)([A-Za-z_][A-Za-z0-9_]*)\2")
_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::(?P<how>[-+])(?P<word>[^}]*))?\})"
)
_FLAG = re.compile(r"--([a-z]+)(?:=(\S+))?\s*")
_ARGUMENT = re.compile(r"([A-Za-z_]\w*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?")


@dataclass(frozen=True)
class Instruction:
    """One instruction: upper-case `name`, its flags, the rest, the line it begins on."""

    name: str
    flags: tuple[tuple[str, str], ...]
    rest: str
    line: int


@dataclass(frozen=True)
class Origin:
    """A reference to an image, substituted, and the line that holds it."""

    reference: str
    line: int


@dataclass
class _Scope:
    """The variables and stages that are known at a point of the file."""

    overrides: Mapping[str, str]
    outer: dict[str, str] = field(default_factory=dict)
    inner: dict[str, str] | None = None
    stages: set[str] = field(default_factory=set)
    count: int = 0

    def declare(self, rest: str) -> None:
        for name, raw in _ARGUMENT.findall(rest):
            default = substitute(raw.strip("\"'"), self.variables())
            if self.inner is None:
                self.outer[name] = self.overrides.get(name, default)
            else:
                inherited = self.outer.get(name, "")
                self.inner[name] = self.overrides.get(name, default or inherited)

    def variables(self) -> Mapping[str, str]:
        return self.outer if self.inner is None else self.inner

    def begin_stage(self, name: str | None) -> None:
        self.stages.add(str(self.count))
        if name:
            self.stages.add(name.lower())
        self.count += 1
        self.inner = {}


def parents(text: str, *, registry: str, product: str, args: Mapping[str, str]) -> tuple[str, ...]:
    """The sibling images that the Dockerfile `text` needs, each once, in order of use.

    `args` are the build arguments; `IMAGES` is `REGISTRY/PRODUCT` unless it is
    among them. An image that is not `REGISTRY/PRODUCT/…` is no sibling.
    """
    prefix = f"{registry}/{product}/"
    overrides = {"IMAGES": f"{registry}/{product}", **args}
    names = (
        _name(origin.reference.removeprefix(prefix))
        for origin in origins(text, overrides)
        if origin.reference.startswith(prefix)
    )
    return tuple(dict.fromkeys(names))


def origins(text: str, overrides: Mapping[str, str]) -> Iterator[Origin]:
    """Every reference to an image that is not a stage of the same file, nor `scratch`."""
    scope = _Scope(overrides)
    for instruction in instructions(text):
        if instruction.name == "ARG":
            scope.declare(instruction.rest)
            continue
        if instruction.name == "FROM":
            words = instruction.rest.split()
            found = [substitute(words[0], scope.outer)] if words else []
        else:
            words = []
            found = [substitute(word, scope.variables()) for word in _sources(instruction)]
        for reference in found:
            if reference.lower() not in scope.stages and reference != "scratch":
                yield Origin(reference, instruction.line)
        if instruction.name == "FROM":
            scope.begin_stage(words[2] if len(words) == 3 and words[1].upper() == "AS" else None)


def unusable(text: str, overrides: Mapping[str, str]) -> Iterator[tuple[Origin, str]]:
    """The references that BuildKit refuses with a message that helps nobody, and what to do."""
    for instruction in instructions(text):
        for word in _sources(instruction):
            if "$" in word:
                yield (
                    Origin(word, instruction.line),
                    f"only FROM takes variables: begin a stage with `FROM {word} AS NAME`, "
                    "and copy from NAME",
                )
    for origin in origins(text, overrides):
        if origin.reference.startswith("/"):
            yield origin, "declare the variable before the first FROM: `ARG IMAGES`"


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile; comments and the bodies of here-documents are skipped."""
    lines = text.splitlines()
    escape = _escape(lines)
    number = 0
    while number < len(lines):
        begin = number
        logical, number = _logical_line(lines, number, escape)
        if not logical:
            continue
        for dash, _, word in _HEREDOC.findall(logical):
            number = _after_heredoc(lines, number, word, indented=bool(dash))
        name, _, rest = logical.partition(" ")
        flags = []
        rest = rest.lstrip()
        while match := _FLAG.match(rest):
            flags.append((match[1], match[2] or ""))
            rest = rest[match.end() :]
        yield Instruction(name.upper(), tuple(flags), rest, begin + 1)


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`; unknown ones are empty."""

    def value(match: re.Match[str]) -> str:
        known = variables.get(match["bare"] or match["name"], "")
        if match["how"] == "-":
            return known or match["word"]
        if match["how"] == "+":
            return match["word"] if known else ""
        return known

    return _VARIABLE.sub(value, text)


def _sources(instruction: Instruction) -> Iterator[str]:
    for flag, value in instruction.flags:
        if flag == "from":
            yield value
        elif flag == "mount":
            yield from (p[5:] for p in value.split(",") if p.startswith("from="))


def _name(path: str) -> str:
    return path.partition("@")[0].partition(":")[0]


def _escape(lines: list[str]) -> str:
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if not match:
            break
        if match[1].lower() == "escape":
            return match[2]
    return "\\"


def _logical_line(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """The line that begins at `number` with its continuations, and where the next begins."""
    parts: list[str] = []
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if line.startswith("#") or (parts and not line):
            if not parts:
                return "", number
            continue
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line[: -len(escape)].rstrip())
    return " ".join(parts).strip(), number


def _after_heredoc(lines: list[str], number: int, word: str, *, indented: bool) -> int:
    while number < len(lines):
        line = lines[number].lstrip("\t") if indented else lines[number]
        number += 1
        if line == word:
            break
    return number
