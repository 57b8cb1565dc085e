"""`airchain deploy`: bring a release to an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from airchain.cli.context import Context

if TYPE_CHECKING:
    from airchain.release.audit import What
    from airchain.release.deploy import Deployed
    from airchain.release.scope import Scope


def deploy(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(help="Where to, such as prod.")],
    release: Annotated[
        str | None,
        typer.Argument(help="First digits of a release or commit; without it, the current commit."),
    ] = None,
    all_at_once: Annotated[
        bool, typer.Option("--all-at-once", help="No host waits for another.")
    ] = False,
) -> None:
    """Bring a release to every host of an environment.

    Hosts prepare while the old release serves; one host switches first, then
    growing waves, then the rest, each watched before the next. A release that
    does worse than the one before is taken back.
    """
    from airchain.release import index, lock

    context = Context.of(ctx)
    specification = context.environment(environment)
    product = context.product
    lock.require_free(context.scope(environment))
    if release is None:
        # What builds is slow to import, and a finished release needs nothing of it.
        from airchain.fleet.environment import make_secrets, ready
        from airchain.release.make import make_from_folder

        make_secrets(product, environment, specification, context.home, context.output)
        engine = ready(product, context.home, context.output)
        entry = make_from_folder(
            product, context.folder, engine, context.home, context.keys, context.output
        )
    else:
        entry = index.find(context.store, product.product, release)
    bring(context, environment, "deploy", entry.digest, all_at_once=all_at_once)


def bring(
    context: Context,
    environment: str,
    what: What,
    release: str,
    detail: str = "",
    *,
    all_at_once: bool = False,
) -> None:
    """Carry out a deployment under the environment's lock, and tell what it came to."""
    from airchain.errors import AirchainError, GivenUp
    from airchain.fleet import delivery, secrets
    from airchain.release.deploy import standing
    from airchain.release.operation import Order, under_way

    product, output = context.product.product, context.output
    settings = context.environment(environment).deploy
    webhook = secrets.webhook(context.home, product, environment, settings, output)
    order = Order(what, release, webhook, detail)
    scope = context.scope(environment)
    try:
        with under_way(scope, order, output) as operation:
            done = delivery.deploy(
                context.home, operation, release, settings, output, all_at_once=all_at_once
            )
    except KeyboardInterrupt as stop:
        raise GivenUp("interrupted", hint=standing(scope)) from stop
    except AirchainError:
        # That may be why: it needs something which was never brought.
        _say_what_stays(context, scope, release)
        raise
    _say_what_stays(context, scope, release)
    tell(context, environment, done)


def _say_what_stays(context: Context, scope: Scope, release: str) -> None:
    """Name backing services that do not run as the release wants them: `up` brings those."""
    from airchain.errors import AirchainError
    from airchain.release.index import short
    from airchain.release.make import fetch

    try:
        record = fetch(context.product.registry.name, scope.product, release, scope.keys)
        specification = record.environments.get(scope.environment)
        if specification is None or not specification.backing:
            return
        from airchain.fleet import place as places

        place = places.find(context.home, scope.store, scope.product, scope.environment)
        names = places.backing_left(place, record)
    except AirchainError:
        return  # What is wrong with them or the release is said by whoever needs it.
    if names:
        with context.output.step("backing services") as step:
            step.note(
                f"not as release {short(release)} wants them: {', '.join(names)};"
                f" `airchain up {scope.environment} {short(release)}` brings them, their data stays"
            )


def tell(context: Context, environment: str, done: Deployed) -> None:
    """Say what a deployment came to and where the time went."""
    from airchain.release.index import short

    context.output.timings()
    if done.hosts:
        count = f"{len(done.hosts)} host" + ("" if len(done.hosts) == 1 else "s")
        outcome = f"release {short(done.release)} serves on {count}"
    else:
        outcome = (
            f"{environment} points at release {short(done.release)}; "
            f"no host is up, `airchain up {environment}` starts them"
        )

    def human() -> None:
        context.output.print(outcome)
        phases = sorted({phase for report in done.reports for phase in report.timings})
        if done.changed and phases:
            context.output.table(
                ("host", *(f"{phase} s" for phase in phases)),
                [
                    (r.host, *(f"{r.timings.get(phase, 0):.2f}" for phase in phases))
                    for r in done.reports
                ],
                right=tuple(f"{phase} s" for phase in phases),
            )

    context.output.result(done, human)
