"""The edge's configuration as text. Pure.

Everything that comes and goes while the environment runs (hosts) is added and
removed through the runtime socket. The text changes, and the edge reloads,
only when routes or fleets do; the hosts of the moment stand in it then, so
that a reload leaves no gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airchain.spec.model import Environment, Route

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
    # 502 is how nginx on a host says that nothing there can answer. A service's own 503 is meant:
    # asking three more hosts for it would make an outage worse.
    retry-on conn-failure empty-response 502
    http-reuse safe
    errorfile 503 /usr/share/airchain/503.http

frontend viewers
    bind :{port}
    # By this name a request is found in the logs of all that it passes.
    http-request set-header X-Request-Id %[uuid]
    # Only what may be sent twice is sent twice.
    http-request disable-l7-retry unless METH_GET or {{ method HEAD OPTIONS }}
    # How hosts are asked whether they serve is nobody else's business, however it is written.
    http-request return status 404 if {{ path,url_dec -m sub /.airchain/ }}
    # No host could answer: for viewers that is what the edge itself says where there is none.
    http-response set-status 503 reason "Service Unavailable" if {{ status 502 }}
"""
# What a request says of where it comes from is the word of whoever sent it: taken away, unless
# only those who are trusted can send it.
_HEARD = """\
    http-request set-header X-Forwarded-For %[src]{unless_for}
    http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]{unless_proto}
{kept}    http-request del-header X-Viewer- -m beg
    http-request del-header CloudFront- -m beg
{given}"""
_MAINTENANCE = """\
    http-request return status 503 content-type application/problem+json string \
'{"type":"about:blank","title":"Maintenance","status":503}' hdr Retry-After 60 \
hdr Cache-Control no-store unless { req.hdr(accept) -m sub text/html }
    http-request return status 503 content-type "text/html; charset=utf-8" \
file /usr/share/airchain/maintenance.html hdr Retry-After 60 hdr Cache-Control no-store \
hdr Content-Security-Policy "default-src 'none'; \
style-src 'sha256-abBxlDZto4DN5EVqMTHzhCUOuEFMjiGs5RTZTCpy0ag='"
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


def fleet_for(environment: Environment, route: Route) -> str | None:
    """The first fleet that can answer; it gets all of the route's requests."""
    if route.files is not None:
        return next(iter(environment.web_fleets), None)
    return next((n for n, f in environment.fleets.items() if route.to in f.services), None)


def render(environment: Environment, servers: Iterable[EdgeServer] = ()) -> str:
    """The whole configuration: frontend, path routing, one backend per web fleet."""
    fleets = environment.web_fleets
    here = sorted(servers, key=lambda s: (s.fleet, s.host))
    maintenance = _MAINTENANCE if environment.edge.maintenance else ""
    frontend = _HEAD.format(port=PORT) + _heard(environment.edge.trust) + maintenance
    blocks = [frontend + "".join(_rules(environment))]
    blocks += [_backend(fleet, [s for s in here if s.fleet == fleet]) for fleet in fleets]
    blocks.append(f"\nbackend {_NO_ROUTE}\n    http-request return status 404\n")
    return "".join(blocks)


def _heard(trust: Sequence[str]) -> str:
    """Rules for what a request says of its viewer; headers of `trust` are believed.

    A country is two letters, so that caches do not keep a page for each word that somebody
    makes up. Of a header that comes more than once, the last counts: services and caches
    would not take the same one.
    """
    told = [name for name in trust if not name.startswith("X-Forwarded-")]
    kept = [f"    http-request set-var(txn.told{n}) req.fhdr({h})\n" for n, h in enumerate(told)]
    given = [
        f"    http-request set-header {name} %[var(txn.told{number})] "
        f"if {{ var(txn.told{number}) {_believable(name)} }}\n"
        for number, name in enumerate(told)
    ]
    unless = " unless {{ req.fhdr({0}) -m reg {1} }}"
    trusted = {
        name: unless.format(name, pattern) if name in trust else ""
        for name, pattern in (("X-Forwarded-For", "."), ("X-Forwarded-Proto", "^https?$"))
    }
    return _HEARD.format(
        unless_for=trusted["X-Forwarded-For"],
        unless_proto=trusted["X-Forwarded-Proto"],
        kept="".join(kept),
        given="".join(given),
    )


def _believable(header: str) -> str:
    return "-m reg ^[A-Z]{2}$" if header.endswith("-Country") else "-m reg ."


def _rules(environment: Environment) -> list[str]:
    """Longest path first, as nginx on the hosts decides too."""
    lines, default = [], _NO_ROUTE
    for route in sorted(environment.routes, key=lambda r: (-len(r.path), r.path)):
        fleet = fleet_for(environment, route)
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
