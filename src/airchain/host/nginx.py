"""From routes and instances to the text of nginx's configuration. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airchain.host.instances import Instance
from airchain.spec.model import Route

# Answers with the serial of the configuration that a worker runs.
SERIAL_PORT = 8099

_HEAD = """\
# Rendered by Airchain from the release.
map $http_upgrade $airchain_connection { default upgrade; "" ""; }
map $http_x_forwarded_proto $airchain_proto { default $http_x_forwarded_proto; "" $scheme; }
map $http_x_request_id $airchain_request { default $http_x_request_id; "" $request_id; }
proxy_cache_path /var/cache/nginx/airchain keys_zone=airchain:16m levels=1:2 max_size=256m
                 inactive=10s use_temp_path=off;
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
    client_max_body_size 100m;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    proxy_next_upstream error;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $airchain_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $airchain_proto;
    proxy_set_header X-Request-Id $airchain_request;
    proxy_hide_header X-Served-By;
    add_header X-Served-By $hostname always;

    location = /.airchain/health {{
        default_type text/plain;
        if (-f {flag}) {{ return 200 "in service\\n"; }}
        return 503 "not in service\\n";
    }}
{locations}}}
"""

_LOCATION = """
    location {path} {{
        proxy_pass http://{name};
{cache}    }}
"""

# The instance is part of the key: what an old release answered is not shown by a new one.
_CACHE = """\
        proxy_cache airchain;
        proxy_cache_key "{name} $scheme://$http_host$request_uri";
        proxy_cache_valid 200 301 302 {seconds};
        proxy_cache_lock on;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        proxy_cache_bypass $http_authorization;
        proxy_no_cache $http_authorization;
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


def render(routes: Sequence[Route], web: Sequence[Instance], flag: Path) -> Site:
    """The configuration that sends each route to its instance on this host.

    Routes to services that run elsewhere are left out. nginx itself takes the
    longest path that fits. `flag` is the file that says "in service".
    """
    by_service = {i.service: i for i in web if i.address and i.spec.port}
    here = [(r, by_service[r.to]) for r in routes if r.to in by_service]
    body = "".join(
        [
            _HEAD,
            *(_upstream(i) for i in sorted(by_service.values(), key=lambda i: i.name)),
            _SERVER.format(flag=flag, locations="".join(_location(r, i) for r, i in here)),
        ]
    )
    serial = hashlib.sha256(body.encode()).hexdigest()[:12]
    return Site(body + _CONFIRM.format(port=SERIAL_PORT, serial=serial), serial)


def _upstream(instance: Instance) -> str:
    return _UPSTREAM.format(name=instance.name, address=instance.address, port=instance.spec.port)


def _location(route: Route, instance: Instance) -> str:
    cache = ""
    if route.cache is not None:
        cache = _CACHE.format(name=instance.name, seconds=duration(route.cache))
    return _LOCATION.format(path=quote(route.path), name=instance.name, cache=cache)


def quote(text: str) -> str:
    """One word of nginx's configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def duration(seconds: float) -> str:
    """Whole seconds, at least one: that is how nginx counts validity."""
    return f"{max(1, round(seconds))}s"
