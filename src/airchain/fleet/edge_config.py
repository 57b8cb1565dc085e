"""The edge's configuration as text. Pure.

Everything that comes and goes while the environment runs (hosts) is added and
removed through the runtime socket. The text changes, and the edge reloads,
only when routes or fleets do; the hosts of the moment stand in it then, so
that a reload leaves no gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airchain.spec.model import Environment

PORT = 8080
HEALTH = "/.airchain/health"
CHECK = "check inter 500ms fall 2 rise 1"
_PREFIX = "fleet-"
_NO_ROUTE = "no-route"

_HEAD = """\
global
    log stdout format raw local0 notice
    stats socket /run/edge/admin.sock mode 600 level admin expose-fd listeners
    stats timeout 10s
    hard-stop-after 60s

defaults
    mode http
    log global
    option dontlognull
    option redispatch 1
    option http-ignore-probes
    # A reload closes a viewer's connection after an answer, never between two.
    option idle-close-on-response
    timeout connect 1s
    timeout client 60s
    timeout server 120s
    timeout http-request 10s
    timeout http-keep-alive 60s
    timeout queue 5s
    timeout check 2s
    timeout tunnel 1h
    retries 3
    retry-on conn-failure empty-response 502 503
    http-reuse safe
    errorfile 503 /usr/share/airchain/503.http

frontend viewers
    bind :{port}
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    # Only what may be sent twice is sent twice.
    http-request disable-l7-retry unless METH_GET or {{ method HEAD OPTIONS }}
    # How hosts are asked whether they serve is nobody else's business.
    http-request return status 404 if {{ path_beg /.airchain/ }}
"""
_BACKEND = """
backend {name}
    balance leastconn
    option httpchk
    http-check send meth GET uri {health}
    http-check expect status 200
"""


@dataclass(frozen=True)
class EdgeServer:
    """A host at the edge: `address` is an IP address on the environment's network."""

    fleet: str
    host: str
    address: str


def backend(fleet: str) -> str:
    """The name of a fleet's backend."""
    return _PREFIX + fleet


def fleet_of(backend_name: str) -> str | None:
    """The fleet of a backend; None for what is none."""
    found = backend_name.removeprefix(_PREFIX)
    return found if found != backend_name else None


def web_fleets(environment: Environment) -> tuple[str, ...]:
    """Fleets with a web service, in the specification's order."""
    web = {name for name, service in environment.services.items() if service.kind == "web"}
    return tuple(n for n, fleet in environment.fleets.items() if web.intersection(fleet.services))


def fleet_for(environment: Environment, service: str) -> str | None:
    """The first fleet that runs `service`; it gets all of its requests."""
    return next((n for n, f in environment.fleets.items() if service in f.services), None)


def render(environment: Environment, servers: Iterable[EdgeServer] = ()) -> str:
    """The whole configuration: frontend, path routing, one backend per web fleet."""
    fleets = web_fleets(environment)
    here = sorted(servers, key=lambda s: (s.fleet, s.host))
    blocks = [_HEAD.format(port=PORT) + "".join(_rules(environment))]
    blocks += [_backend(fleet, [s for s in here if s.fleet == fleet]) for fleet in fleets]
    blocks.append(f"\nbackend {_NO_ROUTE}\n    http-request return status 404\n")
    return "".join(blocks)


def _rules(environment: Environment) -> list[str]:
    """Longest path first, as nginx on the hosts decides too."""
    lines, default = [], _NO_ROUTE
    for route in sorted(environment.routes, key=lambda r: (-len(r.path), r.path)):
        fleet = fleet_for(environment, route.to)
        if fleet is None:
            continue
        if route.path == "/":
            default = backend(fleet)
        else:
            lines.append(f"    use_backend {backend(fleet)} if {{ path_beg {route.path} }}\n")
    return [*lines, f"    default_backend {default}\n"]


def _backend(fleet: str, servers: Sequence[EdgeServer]) -> str:
    text = _BACKEND.format(name=backend(fleet), health=HEALTH)
    return text + "".join(f"    server {s.host} {s.address}:80 {CHECK}\n" for s in servers)
