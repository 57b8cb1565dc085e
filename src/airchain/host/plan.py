"""What has to be done so that this host runs a release. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from airchain.host.facts import Unit
from airchain.host.instances import Instance, with_addresses


@dataclass(frozen=True)
class Plan:
    """The acts of one convergence, in their order.

    tasks    to be run once per release, before anything of it serves
    start    to be started beside what runs, `early` ones while the tasks run
    keep     run already and are not touched
    crons    their units are written; they run when their time comes
    retire   to be drained and stopped once the new ones serve
    """

    tasks: tuple[Instance, ...]
    start: tuple[Instance, ...]
    keep: tuple[Instance, ...]
    crons: tuple[Instance, ...]
    retire: tuple[Instance, ...]

    @property
    def serving(self) -> tuple[Instance, ...]:
        """The web services and workers that run once the plan is done."""
        return (*self.keep, *self.start)

    @property
    def early(self) -> tuple[Instance, ...]:
        """Those to be started that need not wait for the tasks."""
        return tuple(i for i in self.start if i.spec.before_tasks)

    @property
    def late(self) -> tuple[Instance, ...]:
        """Those to be started that must find the tasks done."""
        return tuple(i for i in self.start if not i.spec.before_tasks)

    @property
    def web(self) -> tuple[Instance, ...]:
        """Those of them that nginx forwards to."""
        return tuple(i for i in self.serving if i.kind == "web")


def make_plan(
    wanted: Sequence[Instance], units: Sequence[Unit], retiring: AbstractSet[str] = frozenset()
) -> Plan:
    """Compare what shall run with the units that are here.

    `retiring` names instances that are being drained already.
    """
    present = {u.instance.name: u for u in units}
    addressed = with_addresses(wanted, {n: u.instance.address for n, u in present.items()})
    stay = [i for i in addressed if i.stays]
    up = {name for name, unit in present.items() if unit.up}
    names = {i.name for i in addressed}
    return Plan(
        tasks=tuple(i for i in addressed if i.kind == "task"),
        start=tuple(i for i in stay if i.name not in up),
        keep=tuple(i for i in stay if i.name in up),
        crons=tuple(i for i in addressed if i.kind == "cron"),
        retire=tuple(
            u.instance
            for u in units
            if u.instance.name not in names and u.instance.name not in retiring
        ),
    )
