"""From routes and instances to the text of nginx's configuration. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from airchain.host import nginx_cache, nginx_files
from airchain.host.identity import Places
from airchain.host.instances import SUBNET, Instance
from airchain.host.nginx_words import HEADERS, indented, quote
from airchain.spec.model import Limit, Route

# Answers with the serial of the configuration that a worker runs.
SERIAL_PORT = 8099

_HEAD = "# Rendered by Airchain from the release.\n"

# Who asked is what the edge says, and nobody else: that is on the environment's own network.
_EDGE = """\
set_real_ip_from {network};
real_ip_header X-Forwarded-For;
"""

# One server per upstream: there is no other to turn to, so it is never marked as failed.
# Idle connections are given up before a service's own server does (gunicorn: 2 s).
_UPSTREAM = """
upstream {name} {{
    server {address}:{port} max_fails=0;
    keepalive 64;
    keepalive_timeout 1s;
}}
"""

_SERVER = """
server {{
    listen 80 default_server;
    access_log {log} if=$airchain_logged;
    include answers.conf;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    proxy_next_upstream error;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $airchain_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Accept-Encoding $airchain_encoding;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $airchain_proto;
    proxy_set_header X-Request-Id $airchain_request;
    proxy_hide_header X-Served-By;
    proxy_hide_header X-Request-Id;
{headers}
    location = /.airchain/health {{
        access_log off;
        default_type text/plain;
        if (-f {flag}) {{ return 200 "in service\\n"; }}
        return 503 "not in service\\n";
    }}
{locations}}}
"""

_LOCATION = """
    location {path} {{
        proxy_pass http://{source};
{settings}    }}
"""

# journald's socket: `journalctl -t access`.
_LOG = "syslog:server=unix:/dev/log,nohostname,tag=access airchain"
# Of what succeeds a share; what fails is logged as ever.
_ALL = "100%"
_SHARE = """\
split_clients $airchain_request $airchain_share_{number} {{ {share} $airchain_logged; * 0; }}
map $status $airchain_logged_{number} {{
    default $airchain_share_{number};
    "~^[45]" $airchain_logged;
}}
"""
# Services of this host ask each other for many viewers, so they are not counted where no cache
# stands in between. An empty key is what nginx does not count.
_COUNTED = f"""\
geo $realip_remote_addr $airchain_outside {{ default 1; {SUBNET} ""; }}
map $airchain_outside $airchain_counted {{ default $binary_remote_addr; "" ""; }}
"""
# Who is answered from the cache costs nothing: counted are requests that go to the service itself,
# and those that fill the cache.
_COUNTED_PAST_CACHE = """\
map "$server_port $airchain_from_{cached}" $airchain_counted_{number} {{
    default $airchain_counted;
    "80 airchain-fill" "";
}}
"""
_LIMIT_HEAD = """\
limit_req_zone {counted} zone=airchain_limit_{number}:4m rate={rate};
"""

_CONFIRM = """
server {{
    listen 127.0.0.1:{port};
    keepalive_timeout 0;
    location / {{ default_type text/plain; return 200 "{serial}"; }}
}}
"""


@dataclass(frozen=True)
class Site:
    """A configuration and the serial with which workers that run it answer."""

    text: str
    serial: str


def render(
    routes: Sequence[Route],
    web: Sequence[Instance],
    places: Places,
    keys: Mapping[str, str] = MappingProxyType({}),
    network: str | None = None,
) -> Site:
    """The configuration that sends each route to its instance on this host, or to files.

    Routes to services that run elsewhere are left out; so are files where no service
    answers requests. nginx itself takes the longest path that fits. `keys` has a mark of
    each key for signed addresses: a new one makes another configuration. `network` is
    the one that the edge is on.
    """
    by_service = {i.service: i for i in web if i.address and i.spec.port}
    here = [r for r in routes if r.to in by_service or (r.files and by_service)]
    cached = [r for r in here if r.to and r.cache]
    locations = [_location(r, here, cached, by_service, places) for r in here]
    body = "".join(
        [
            _HEAD,
            _EDGE.format(network=network) if network else "",
            "".join(_log_head(r, n) for n, r in enumerate(here)),
            nginx_cache.head(cached, by_service),
            _COUNTED if any(r.limit for r in here) else "",
            "".join(_limit_head(r, n, cached) for n, r in enumerate(here)),
            nginx_files.viewers(here),
            *(_upstream(i) for i in sorted(by_service.values(), key=lambda i: i.name)),
            _SERVER.format(
                flag=places.in_service,
                headers=indented(HEADERS, 4),
                log=_LOG,
                locations="".join(locations),
            ),
            nginx_cache.server(cached, by_service, [_limit(r, here.index(r)) for r in cached]),
        ]
    )
    marks = "".join(f"{name} {mark}\n" for name, mark in sorted(keys.items()))
    serial = hashlib.sha256((body + marks).encode()).hexdigest()[:12]
    return Site(body + _CONFIRM.format(port=SERIAL_PORT, serial=serial), serial)


def _upstream(instance: Instance) -> str:
    return _UPSTREAM.format(name=instance.name, address=instance.address, port=instance.spec.port)


def _location(
    route: Route,
    routes: Sequence[Route],
    cached: Sequence[Route],
    by_service: Mapping[str, Instance],
    places: Places,
) -> str:
    number = routes.index(route)
    common = f"set $airchain_route {quote(route.path)};\n" + _log(route, number)
    common += _limit(route, number)
    if route.files:
        return nginx_files.location(route, routes, places, common)
    instance = by_service[str(route.to)]
    settings = indented(common + f"client_max_body_size {route.body};\n", 8)
    if route.cache is None:
        name = instance.name
    else:
        name = nginx_cache.source(cached.index(route))
        settings += nginx_cache.settings(route, cached.index(route), instance)
    return _LOCATION.format(path=quote(route.path), source=name, settings=settings)


def _log_head(route: Route, number: int) -> str:
    return "" if route.log == _ALL else _SHARE.format(number=number, share=route.log)


def _log(route: Route, number: int) -> str:
    return "" if route.log == _ALL else f"access_log {_LOG} if=$airchain_logged_{number};\n"


def _limit_head(route: Route, number: int, cached: Sequence[Route]) -> str:
    if route.limit is None:
        return ""
    head, counted = "", "$airchain_counted"
    if route in cached:
        head = _COUNTED_PAST_CACHE.format(number=number, cached=cached.index(route))
        counted += f"_{number}"
    return head + _LIMIT_HEAD.format(number=number, counted=counted, rate=rate(route.limit))


def _limit(route: Route, number: int) -> str:
    if route.limit is None:
        return ""
    burst = f" burst={route.limit.burst} nodelay" if route.limit.burst else ""
    return (
        f"limit_req zone=airchain_limit_{number}{burst};\n"
        "limit_req_status 429;\n"
        "limit_req_log_level info;\n"
        f"set $airchain_again {max(1, math.ceil(1 / route.limit.per_second))};\n"
    )


def rate(limit: Limit) -> str:
    """As nginx writes it: whole requests in a second, or else in a minute."""
    if limit.per_second >= 1:
        return f"{round(limit.per_second)}r/s"
    return f"{max(1, round(limit.per_second * 60))}r/m"
