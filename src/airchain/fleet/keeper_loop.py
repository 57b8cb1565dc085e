"""The keeper's loop: look, decide, act; twice a second, whatever happens."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airchain.errors import AirchainError, EngineError, SignatureError
from airchain.files import write_whole
from airchain.fleet import edge, haproxy, keeper_facts, local, settings
from airchain.fleet.keeper import KeeperStatus
from airchain.fleet.keeper_facts import Memory, Seen
from airchain.fleet.keeper_plan import plan
from airchain.fleet.keeper_work import Work
from airchain.fleet.settings import Settings
from airchain.fleet.tidy import Tidy
from airchain.images import engine as engines
from airchain.paths import Home
from airchain.registry import serve
from airchain.release.keys import Keys
from airchain.release.make import fetch
from airchain.spec.model import Environment
from airchain.store.records import Pointer

INTERVAL = 0.5
# A longer pause between two looks means that the machine slept or was stuck.
GAP = timedelta(seconds=5)
_REMEMBERED = 40
# What goes wrong once (an edge that just reloads) is in the log; what lasts is in the status.
LASTING = 3


class Keeper:
    """Keeps one environment. `status` is the file that says how it goes, for Airchain `code`."""

    def __init__(
        self, home: Home, product: str, environment: str, status: Path, code: str = ""
    ) -> None:
        self.home = home
        self.product = product
        self.environment = environment
        self.store = settings.store(home, product, environment)
        self.keys = Keys(home, self.store, product)
        self.memory = Memory(watched=datetime.now(UTC))
        self._status = status
        self._code = code
        self._beat = datetime.now(UTC)
        self._said: deque[str] = deque(maxlen=_REMEMBERED)
        self._error: str | None = None
        self._failed_looks = 0
        self._work: Work | None = None
        self._releases: dict[str, Environment] = {}
        self._tidy = Tidy(home, self.store, self.say)

    def run(self, ending: threading.Event) -> None:
        """Look and act until `ending` is set. An error is said, and the next look is taken."""
        self.say("watching")
        while not ending.is_set():
            try:
                self.look_and_act()
                self._fail(None)
            except AirchainError as error:
                self._fail(f"{error}" + (f" ({error.hint})" if error.hint else ""))
            except Exception as error:  # noqa: BLE001 - it must outlive what nobody thought of
                self._fail(f"{type(error).__name__}: {error}")
            self._write_status()
            ending.wait(INTERVAL)
        self.say("ending")
        if self._work is not None:
            self._work.close()

    def look_and_act(self) -> None:
        """One round."""
        follower = self.keys.follower(self.environment)
        pointer = follower.look()
        # Only now: while the store was away, no host could be heard.
        self._notice_gap()
        if pointer is not None:
            self._follow(pointer)
        if refusal := follower.refusal:
            # Said after the hosts were kept, by the last good pointer.
            raise SignatureError(refusal.text, hint=refusal.hint)

    def _follow(self, pointer: Pointer) -> None:
        made = settings.load(self.home, self.product, self.environment)
        specification = self._release(made, keeper_facts.release_to_follow(pointer))
        work = self._work or self._begin()
        with ExitStack() as later:
            # Hosts are kept whatever is wrong with the edge or with a secret.
            later.callback(self._keep_hosts, work, made, specification, pointer)
            edge.ensure(work.engine, self.home, made, specification)
        self._tidy.look(made)

    def _keep_hosts(
        self, work: Work, made: Settings, specification: Environment, pointer: Pointer
    ) -> None:
        before = self.memory.snapshot()
        seen = self._see(work, specification)
        facts = keeper_facts.assemble(seen, specification, before)
        work.do(plan(facts, datetime.now(UTC)), made, specification)
        after = self.memory.snapshot()
        busy = {*before.launching, *after.launching, *before.ending, *after.ending}
        settled = [h for h in seen.hosts if h.name not in busy]
        work.send_secrets(made, settled, self._in_use(made, pointer))
        known = busy.union(h.name for h in seen.hosts)
        local.forget(self.home, self.product, self.environment, known)

    def say(self, text: str) -> None:
        """One line to the log and to the status file."""
        line = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}"
        self._said.append(line)
        print(line, flush=True)  # noqa: T201 - the log of this process

    def _see(self, work: Work, specification: Environment) -> Seen:
        hosts = local.hosts(work.engine, self.product, self.environment)
        runtime = haproxy.runtime(self.home, self.product, self.environment)
        return Seen(
            hosts=hosts,
            reports=keeper_facts.read_reports(self.store, self.product, self.environment, hosts),
            sizes=keeper_facts.read_sizes(
                self.store, self.product, self.environment, specification
            ),
            servers=runtime.servers() if runtime.answers() else None,
        )

    def _begin(self) -> Work:
        engine = engines.find(self.home)
        if engine is None:
            raise EngineError("no engine answers", hint="airchain engine start")
        self._work = Work(engine, self.home, self.memory, self.say)
        return self._work

    def _release(self, made: Settings, digest: str) -> Environment:
        if digest not in self._releases:
            # Nobody else may be at work on this machine to see that its registry runs.
            serve.ensure(self.home, made.registry, made.store)
            release = fetch(made.registry, self.product, digest, self.keys)
            self._releases[digest] = release.environments[self.environment]
        return self._releases[digest]

    def _in_use(self, made: Settings, pointer: Pointer) -> list[Environment]:
        digests = keeper_facts.releases_in_use(pointer)
        found = [self._release(made, digest) for digest in digests]
        self._releases = dict(zip(digests, found, strict=True))
        return found

    def _notice_gap(self) -> None:
        now = datetime.now(UTC)
        if now - self._beat > GAP:
            self.memory.watched = now
            self.say(f"looked away for {(now - self._beat).total_seconds():.0f} s")
        self._beat = now

    def _fail(self, error: str | None) -> None:
        if error is not None and error != self._error:
            self.say(f"error: {error}")
        self._error = error
        self._failed_looks = self._failed_looks + 1 if error is not None else 0

    def _write_status(self) -> None:
        written = KeeperStatus(
            pid=os.getpid(),
            code=self._code,
            beat=datetime.now(UTC),
            said=tuple(self._said),
            error=(self._error if self._failed_looks >= LASTING else None)
            or (self._work.failure if self._work else None),
        )
        write_whole(self._status, written.encode())
