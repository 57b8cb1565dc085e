"""`airchain status`: show fleets, hosts and what they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.fleet.status import EnvironmentStatus, FleetStatus, HostStatus

WATCH_EVERY = 1.0


def status(
    ctx: typer.Context,
    environment: Annotated[
        str | None, typer.Argument(help="Which environment; all that are up without it.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again every second.")] = False,
) -> None:
    """Show what is true right now: release, fleets, hosts, edge, keeper."""
    from airchain.fleet import place as places

    context = Context.of(ctx)
    names = [environment] if environment else list(context.product.environments)

    def look() -> list[EnvironmentStatus]:
        found = []
        for name in names:
            specification = context.environment(name)
            place = places.find(context.home, context.store, context.product.product, name)
            if environment or places.is_up(place):
                found.append(places.observe(place, specification))
        return found

    if watch:
        _watch(context, look)
    else:
        found = look()
        context.output.result(found, lambda: _show_all(context, found))


def _watch(context: Context, look: Callable[[], list[EnvironmentStatus]]) -> None:
    while True:
        found = look()
        if context.output.mode == "rich":
            context.output.console.clear()
        context.output.result(found, partial(_show_all, context, found), more=True)
        time.sleep(WATCH_EVERY)


def _show_all(context: Context, found: list[EnvironmentStatus]) -> None:
    if not found:
        context.output.print("no environment is up")
    for status_ in found:
        _show(context, status_)


def _show(context: Context, status_: EnvironmentStatus) -> None:
    from airchain.release.index import short
    from airchain.release.lock import describe
    from airchain.store import clock

    output = context.output
    release = short(status_.release) if status_.release else "none"
    name = f"{status_.product} {status_.environment}"
    rollout = status_.rollout if status_.up else "not up"
    output.print(f"{name}: release {release}, {rollout}")
    if status_.lock:
        output.print(describe(status_.lock, clock.now(context.store)))
    if not status_.up and not status_.lock:
        output.print(f"`airchain up {status_.environment}` brings it up")
        return
    if status_.unsettled:
        output.print(f"not settled: {'; '.join(status_.unsettled)}")
    output.print(f"keeper {status_.keeper}, edge {status_.edge}: {'  '.join(status_.addresses)}")
    if status_.backing:
        backing = ", ".join(f"{name} {state}" for name, state in status_.backing.items())
        output.print(f"backing services: {backing}")
    for fleet in status_.fleets:
        _show_fleet(context, fleet)
    output.print()


def _show_fleet(context: Context, fleet: FleetStatus) -> None:
    from airchain.store import clock

    output = context.output
    output.print(
        f"\n{fleet.name}: {fleet.in_service} of {fleet.wanted} in service"
        f" (min {fleet.minimum}, max {fleet.maximum})"
    )
    if fleet.hosts:
        output.table(
            ("host", "state", "release", "edge", "address", "services"),
            [_row(host) for host in fleet.hosts],
        )
    for host in fleet.hosts:
        if host.clock_skew is not None and clock.matters(host.clock_skew):
            output.print(f"  {host.name}: its clock is {clock.said(host.clock_skew)}")
        if host.error:
            output.print(f"  {host.name}: {host.error}")
            if host.hint:
                output.print(f"    hint: {host.hint}")


def _row(host: HostStatus) -> tuple[str, ...]:
    from airchain.release.index import short

    services = ", ".join(f"{name} {state}" for name, state in host.services.items())
    release = short(host.release) if host.release else "-"
    return (host.name, host.state, release, host.at_edge, host.address, services)
