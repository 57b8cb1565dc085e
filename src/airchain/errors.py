"""Everything that a user can cause to go wrong.

    AirchainError          the base: message, where, hint
    ├── SpecError          airchain.yaml is wrong (carries all problems at once)
    ├── PreflightError     the machine lacks something that would be missed later
    ├── EngineError        no usable Docker Engine, or it stopped answering
    ├── RunError           a process that we started failed or ran out of time
    ├── BuildError         an image could not be built
    ├── ImageTestError     an image was built and its test failed
    ├── RegistryError      the registry refused or did not answer
    │   ├── StoreDamaged   it holds something else than what was pushed
    │   └── Missing        it holds nothing of that name, or its store is away
    ├── StoreError         an object is missing, broken or not writable
    │   └── Conflict       a conditional write lost against another writer
    ├── ReleaseError       a release cannot be made, found or verified
    ├── SignatureError     an object of the store is not what the product's key signed
    │   └── UntrustedKey   it was signed, by a key that does not count (any more)
    ├── Locked             somebody holds the environment's lock, or took it from us
    ├── DeployError        a release did not become healthy; the old one serves
    ├── FleetError         a host, backing service or edge did not come up
    ├── WaitTimeout        a bounded wait ended; says what it was waiting for
    └── GivenUp            work was ended because another part failed or Ctrl-C was pressed

A failure says what is wrong (`message`), where (`where`: field path, file,
host) and what to do (`hint`). The command line prints these three and no
traceback; `--debug` adds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AirchainError(Exception):
    """A failure that is shown to the user as `message`, `where`, `hint`.

    `detail` is multi-line evidence printed below, such as the last log lines.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a specification; `line` counts from 1.

    `field` is the path of the field, such as `services.django.port`; it is
    empty where the whole file is meant.
    """

    file: str
    line: int | None
    field: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return (
            f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"
        )


class SpecError(AirchainError):
    """The specification is wrong. Where it was checked, `problems` holds all at once."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> SpecError:
        """One error for all `problems`, each a line of `detail` followed by its hint."""
        lines = []
        for problem in problems:
            lines.append(str(problem))
            lines += [f"  hint: {line}" for line in (problem.hint or "").splitlines()]
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        files = " and ".join(dict.fromkeys(p.file for p in problems))
        error = cls(f"{count} in {files}", detail="\n".join(lines))
        error.problems = tuple(problems)
        return error


class PreflightError(AirchainError):
    """Something is missing that would be missed later."""


class EngineError(AirchainError):
    """No usable Docker Engine."""


class RunError(AirchainError):
    """A process failed. `detail` holds the end of its output."""


class BuildError(AirchainError):
    """An image could not be built."""


class ImageTestError(AirchainError):
    """The test of an image failed."""


class RegistryError(AirchainError):
    """The registry refused or did not answer."""


class StoreDamaged(RegistryError):
    """The registry holds something else than what was pushed, or a part of it."""


class Missing(RegistryError):
    """The registry holds nothing of that name: it is gone, or the whole store is away."""


class StoreError(AirchainError):
    """An object of the store is missing, broken or not writable."""


class Conflict(StoreError):
    """A conditional write lost against another writer."""


class ReleaseError(AirchainError):
    """A release cannot be made, found or verified."""


class SignatureError(AirchainError):
    """An object of the store is not what the product's key signed."""


class UntrustedKey(SignatureError):
    """A signature by a key that does not count (any more)."""


class Locked(AirchainError):
    """Somebody holds the environment's lock, or took it from us."""


class DeployError(AirchainError):
    """A release did not become healthy."""


class FleetError(AirchainError):
    """A host, a backing service or the edge did not come up."""


class WaitTimeout(AirchainError):
    """A bounded wait ended."""


class GivenUp(AirchainError):
    """Work was ended on purpose: another part failed, or the run was interrupted."""
