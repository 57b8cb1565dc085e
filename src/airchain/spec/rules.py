"""What relates the fields of a specification to each other.

Pure: a `Draft` and the text of its Dockerfiles in, findings out. Every rule is
a function of its own; `check` runs them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from airchain.spec import messages
from airchain.spec.document import FieldPath
from airchain.spec.image_rules import image_graph, image_origin
from airchain.spec.model import Cache, Service
from airchain.spec.shape import Draft, EnvironmentDraft, dangling
from airchain.spec.wording import Finding, did_you_mean

# Image names that Airchain itself uses in the product's part of the registry.
_RESERVED_IMAGES = ("releases",)
RESERVED_PRODUCTS = ("airchain",)
_RESERVED_BACKING = ("edge", "keeper")
_ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
# Lists of a service, each value's pattern, and the pattern in words.
_FORMATS = (
    (
        "volumes",
        re.compile(r"^[A-Za-z0-9._/-]+:/[^:]*(:ro|:rw)?$"),
        "SOURCE:/TARGET or SOURCE:/TARGET:ro",
    ),
    ("tmpfs", re.compile(r"^/"), "a path that begins with /"),
    ("capabilities", re.compile(r"^(?!CAP_)[A-Z][A-Z_]+$"), "a name such as NET_BIND_SERVICE"),
)

ProductRule = Callable[[Draft], Iterable[Finding]]
EnvironmentRule = Callable[[Draft, EnvironmentDraft], Iterable[Finding]]


def check(draft: Draft, dockerfiles: Mapping[str, str]) -> list[Finding]:
    """All findings of the product itself; `dockerfiles` has the text by image name."""
    found = [finding for rule in PRODUCT_RULES for finding in rule(draft)]
    found += image_graph(draft, dockerfiles)
    return [finding for finding in found if draft.whole(*finding.path)]


def check_environment(draft: Draft, environment: EnvironmentDraft) -> list[Finding]:
    """All findings of one environment; paths are relative to it."""
    found = [f for rule in ENVIRONMENT_RULES for f in rule(draft, environment)]
    return [finding for finding in found if environment.whole(*finding.path)]


def reserved_names(draft: Draft) -> Iterator[Finding]:
    """Names that Airchain needs for itself."""
    if draft.product in RESERVED_PRODUCTS:
        yield Finding(("product",), f"{draft.product} is a name that airchain uses itself")
    for name in _RESERVED_IMAGES:
        if name in draft.declared.get("images", ()):
            yield Finding(("images", name), f"{name} is a name that airchain uses itself")


def edge_ports(draft: Draft) -> Iterator[Finding]:
    """Two environments on one machine cannot answer at the same port."""
    seen: dict[int, str] = {}
    for name, environment in draft.environments.items():
        if environment.edge is None:
            continue
        port = environment.edge.port
        if port in seen:
            yield Finding(
                ("environments", name, "edge", "port"),
                f"{port} is the port of {seen[port]} as well",
                "give each environment a port of its own, so that both can be up at once",
            )
        seen.setdefault(port, name)


def image_references(draft: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """Services and backing services run from images that exist."""
    users = [("services", n, s.image) for n, s in environment.services.items()]
    users += [("backing", n, b.image) for n, b in environment.backing.items()]
    for section, name, image in users:
        yield from missing(draft.declared, "images", image, (section, name, "image"))


def secret_references(draft: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """A secret that is used is declared."""
    users = [("services", n, s.secrets) for n, s in environment.services.items()]
    users += [("backing", n, b.secrets) for n, b in environment.backing.items()]
    named: list[tuple[FieldPath, str]] = [
        ((section, name, "secrets", index), secret)
        for section, name, secrets in users
        for index, secret in enumerate(secrets)
    ]
    named += [
        (("routes", index, "signed", "secret"), route.signed.secret)
        for index, route in environment.routes.items()
        if route.signed
    ]
    for path, secret in named:
        if dangling(draft.declared, "secrets", secret):
            yield Finding(
                path,
                f"the secret {secret} is not declared",
                f"declare it at the top: `secrets: {{{secret}: {{}}}}`, "
                "or `{generate: true}` for a random value",
            )


def notifications(draft: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """The webhook's address is a secret for this machine only; its messages can be filled in."""
    notify = environment.deploy.notify if environment.deploy else None
    if notify is None:
        return
    path = ("deploy", "notify")
    if dangling(draft.declared, "secrets", notify.secret):
        yield Finding(
            (*path, "secret"),
            f"the secret {notify.secret} is not declared",
            f"declare it at the top: `secrets: {{{notify.secret}: {{}}}}`",
        )
    elif notify.secret in draft.secrets and draft.secrets[notify.secret].generate:
        yield Finding(
            (*path, "secret"),
            f"{notify.secret} is generated, and a random value is no address",
            f"declare it as `{notify.secret}: {{}}`",
        )
    users = [("services", n, s.secrets) for n, s in environment.services.items()]
    users += [("backing", n, b.secrets) for n, b in environment.backing.items()]
    for section, name, secrets in users:
        if notify.secret in secrets:
            yield Finding(
                (section, name, "secrets", secrets.index(notify.secret)),
                f"{notify.secret} is the address of the webhook, which no container is given",
                "take it out here, or name another secret in deploy.notify",
            )
    for stage, text in notify.messages.items():
        if wrong := messages.problem(text):
            yield Finding((*path, "messages", stage), *wrong)


def kinds(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """Each kind of service has what it needs, and nothing that it cannot use."""
    for name, service in environment.services.items():
        path = ("services", name)
        if not environment.whole(*path, "kind"):
            continue
        if service.kind == "web":
            if service.port is None:
                yield Finding((*path, "port"), "is required for kind web")
            if service.health is None:
                yield Finding(
                    (*path, "health"),
                    "is required for kind web",
                    "such as `health: /healthz`: nothing is sent to a service before this answers",
                )
        elif service.health is not None and service.port is None:
            yield Finding((*path, "port"), "is required where health is given")
        if service.before_tasks and service.kind != "web":
            # A worker would begin to work with tables that are not there yet.
            yield Finding((*path, "before_tasks"), f"is for kind web, this is kind {service.kind}")
        if service.kind == "cron":
            yield from _schedule(path, service)
        elif service.schedule is not None:
            yield Finding((*path, "schedule"), f"is for kind cron, this is kind {service.kind}")


def container_settings(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """What a container is given has the format that Docker asks for."""
    for name, service in environment.services.items():
        path = ("services", name)
        if service.user is not None and service.user.partition(":")[0] in ("root", "0"):
            yield Finding((*path, "user"), "containers do not run as root", "name another user")
        for field, pattern, words in _FORMATS:
            for index, value in enumerate(getattr(service, field)):
                if not pattern.match(value):
                    yield Finding((*path, field, index), f"must be {words}, got {value!r}")
        for variable in service.env:
            if not _ENV_NAME.match(variable):
                yield Finding((*path, "env", variable), "is not a name for a variable")
            elif variable.startswith("AIRCHAIN_"):
                yield Finding((*path, "env", variable), "AIRCHAIN_… is set by airchain itself")


def routes(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """A route leads to a web service or to files, and no path has two routes."""
    seen: dict[str, int] = {}
    for index, route in environment.routes.items():
        path = ("routes", index)
        if route.to is not None:
            yield from _leads_to_web(environment, route.to, (*path, "to"))
        elif route.files is None and environment.whole(*path, "files"):
            yield Finding(
                (*path, "to"),
                "is required",
                "such as `to: web`, or `files: media` for a folder of `files`",
            )
        if route.path in seen:
            yield Finding(
                (*path, "path"), f"{route.path} has a route already, number {seen[route.path] + 1}"
            )
        seen.setdefault(route.path, index)


def files(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """Folders of files that are used exist, and can be asked for as they shall be."""
    for name, service in environment.services.items():
        for index, use in enumerate(service.files):
            folder = use.removesuffix(":ro")
            yield from missing(
                environment.declared, "files", folder, ("services", name, "files", index)
            )
    for index, route in environment.routes.items():
        path = ("routes", index)
        if route.files is None:
            if route.signed:
                yield Finding((*path, "signed"), "is for a route to files")
            continue
        yield from missing(environment.declared, "files", route.files, (*path, "files"))
        if route.to is not None:
            yield Finding((*path, "files"), f"this route leads to {route.to} already")
        if not any(service.kind == "web" for service in environment.services.values()):
            yield Finding((*path, "files"), "no host answers requests: there is no web service")
        if route.cache and route.cache != Cache(seconds=route.cache.seconds):
            yield Finding(
                (*path, "cache"),
                "has more than how long whoever fetched a file may keep it",
                "write it as `cache: 1h`: files are not kept twice on a host",
            )
        signed = route.signed
        if signed and signed.cookie is None and signed.header is None:
            yield Finding(
                (*path, "signed"),
                "needs a cookie or a header",
                "whose value tells the viewer that an address was made for from all others",
            )


def fleets(draft: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """A fleet runs services that exist, on hosts of a size that exists."""
    for name, fleet in environment.fleets.items():
        path = ("fleets", name)
        if fleet.min > fleet.max and environment.whole(*path, "max"):
            yield Finding((*path, "min"), f"{fleet.min} is more than max, which is {fleet.max}")
        yield from missing(draft.declared, "sizes", fleet.size, (*path, "size"))
        for index, service in enumerate(fleet.services):
            yield from missing(
                environment.declared, "services", service, (*path, "services", index)
            )
            if service in fleet.services[:index]:
                yield Finding((*path, "services", index), f"{service} is listed twice")


def unused_services(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """A service that no host would run is a mistake; tasks need no fleet of their own."""
    declared = environment.declared.get("fleets", frozenset())
    known = all(environment.whole("fleets", name, "services") for name in declared)
    if not declared or declared != set(environment.fleets) or not known:
        return  # that is a finding of its own
    run = {service for fleet in environment.fleets.values() for service in fleet.services}
    for name, service in environment.services.items():
        known = environment.whole("services", name, "kind")
        if known and service.kind != "task" and name not in run:
            yield Finding(
                ("services", name),
                "no fleet runs it",
                f"add it to a fleet's services ({', '.join(environment.fleets)}), "
                f"or remove it from this environment with `{name}: null`",
            )


def backing_names(_: Draft, environment: EnvironmentDraft) -> Iterator[Finding]:
    """Backing services share the names of hosts and services on the network."""
    for name in environment.backing:
        if name in environment.declared.get("services", ()):
            yield Finding(("backing", name), f"there is a service {name} as well")
        if name in _RESERVED_BACKING:
            yield Finding(("backing", name), f"{name} is a name that airchain uses itself")


def missing(
    declared: Mapping[str, frozenset[str]], section: str, name: str, path: FieldPath
) -> Iterator[Finding]:
    """The finding for a reference at `path` that leads nowhere."""
    if dangling(declared, section, name):
        kind = "folder" if section == "files" else section.removesuffix("s")
        what = f"there is no {kind} {name}"
        yield Finding(path, what, did_you_mean(name, sorted(declared[section])))


def _leads_to_web(environment: EnvironmentDraft, name: str, path: FieldPath) -> Iterator[Finding]:
    yield from missing(environment.declared, "services", name, path)
    service = environment.services.get(name)
    known = environment.whole("services", name, "kind")
    if service is not None and known and service.kind != "web":
        yield Finding(path, f"{name} is of kind {service.kind}, not web")


def _schedule(path: tuple[str, str], service: Service) -> Iterator[Finding]:
    from cronsim import CronSim, CronSimError

    if service.schedule is None:
        yield Finding(
            (*path, "schedule"), "is required for kind cron", 'such as `schedule: "*/10 * * * *"`'
        )
        return
    try:
        next(CronSim(service.schedule, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        yield Finding(
            (*path, "schedule"),
            f"is not a schedule: {service.schedule!r}",
            "five fields: minute hour day-of-month month day-of-week",
        )


PRODUCT_RULES: tuple[ProductRule, ...] = (reserved_names, image_origin, edge_ports)
ENVIRONMENT_RULES: tuple[EnvironmentRule, ...] = (
    image_references,
    secret_references,
    notifications,
    kinds,
    container_settings,
    routes,
    files,
    fleets,
    unused_services,
    backing_names,
)
