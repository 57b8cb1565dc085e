"""Which commit the working folder stands at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airchain.run import run

GIT_TIMEOUT = 30.0
DIRTY, UNCOMMITTED = "-dirty", "uncommitted"


@dataclass(frozen=True)
class Revision:
    """A commit, with `-dirty` behind its name where files differ from it.

    Outside a git repository the name is `uncommitted`.
    """

    name: str
    subject: str
    author: str

    @property
    def clean(self) -> bool:
        """Whether the name says all: files are those of a commit."""
        return not self.name.endswith(DIRTY) and self.name != UNCOMMITTED

    @property
    def short(self) -> str:
        """Twelve characters of the commit, and the mark of a dirty folder."""
        commit, dash, mark = self.name.partition("-")
        return commit[:12] + dash + mark


def read_revision(folder: Path) -> Revision:
    """The revision of `folder`, looking only at files below it for dirt."""
    log = run(
        ["git", "log", "-1", "--format=%H%n%s%n%an"],
        cwd=folder,
        check=False,
        timeout=GIT_TIMEOUT,
        hint="install git: a release records the commit it was made from",
    )
    if log.returncode != 0:
        return Revision(UNCOMMITTED, "", "")
    commit, subject, author = log.stdout.rstrip("\n").split("\n", 2)
    changes = run(["git", "status", "--porcelain", "--", "."], cwd=folder, timeout=GIT_TIMEOUT)
    return Revision(commit + (DIRTY if changes.stdout.strip() else ""), subject, author)
