"""Routes whose answers are kept on the host, as text of nginx's configuration. Pure.

nginx asks the service through itself: a second server, on loopback, fills the cache. There
an answer is compressed, once and not for each viewer, and is told how long it holds
(`stale-while-revalidate` and `stale-if-error` of RFC 5861), which bounds how long an
old one is shown; nginx has no setting of its own for that. What the service itself said of
caches counts before that, and goes on to viewers.

One request at a time asks for the same thing, the others wait for its answer. Requests
that are private go straight to the service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airchain.host.instances import Instance
from airchain.host.nginx_words import HEADERS, duration, header, indented, quote
from airchain.spec.model import Cache, Route

FILL_PORT = 8098

# In memory: an answer that holds for a second is not worth a disk.
_HEAD = """\
proxy_cache_path /run/airchain-cache keys_zone=airchain:8m levels=1:2 max_size=64m
                 inactive={inactive} use_temp_path=off;
map $upstream_http_cache_control $airchain_said {{
    default $upstream_http_cache_control;
    "" nothing;
}}
map $upstream_http_x_airchain_said $airchain_heard {{
    default $upstream_http_x_airchain_said;
    "" $upstream_http_cache_control;
    nothing no-cache;
}}
# For caches like this one, and not for browsers: they ask again.
map $airchain_heard $airchain_says {{
    default $airchain_heard;
    "~(?=.*\\bmax-age=0\\b)(?=.*\\bs-maxage=)" no-cache;
}}
map $upstream_http_vary $airchain_varies {{ default Accept-Encoding; "~*accept-encoding" ""; }}
upstream airchain-fill {{
    server 127.0.0.1:{port} max_fails=0;
    keepalive 64;
}}
"""

_ROUTE_HEAD = """\
map "{private}" $airchain_private_{number} {{ default 1; "" ""; }}
map "$request_method $airchain_private_{number}" $airchain_from_{number} {{
    default {name};
    "~^(GET|HEAD) $" airchain-fill;
}}
map "$upstream_status $upstream_http_cache_control" $airchain_keep_{number} {{
    default $upstream_http_cache_control;
    "~^[23].. $" "max-age={seconds}, {stale}";
    "~^[23]" "$upstream_http_cache_control, {stale}";
    "~^5" "";
}}
"""

# The instance is part of the key: what an old release answered is not shown by a new one.
# That a page is gone, or forbidden, has to replace what was there.
_SETTINGS = """\
proxy_cache airchain;
proxy_cache_key "{name} $airchain_proto://$http_host$request_uri $airchain_encoding{key}";
proxy_cache_valid 301 302 307 308 403 404 410 {seconds};
proxy_cache_revalidate on;
proxy_cache_background_update on;
proxy_cache_lock on;
proxy_cache_lock_age 10s;
proxy_cache_lock_timeout 60s;
proxy_cache_bypass $airchain_private_{number};
proxy_no_cache $airchain_private_{number};
open_file_cache max=4096 inactive=60s;
open_file_cache_valid 10s;
gzip_vary off;
proxy_hide_header X-Served-By;
proxy_hide_header X-Request-Id;
proxy_hide_header X-Airchain-Said;
proxy_hide_header Cache-Control;
add_header Cache-Control $airchain_says always;
add_header Vary $airchain_varies always;
add_header X-Cache $upstream_cache_status always;
"""

_FILL_SERVER = """
server {{
    listen 127.0.0.1:{port};
    access_log off;
    gzip_vary off;
    # Who asked the first server: that is who is counted.
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    proxy_http_version 1.1;
    proxy_read_timeout 300s;
    proxy_next_upstream error;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_hide_header Cache-Control;
    proxy_hide_header X-Airchain-Said;
    include answers.conf;
{locations}}}
"""

_FILL = """
    location {path} {{
        proxy_pass http://{name};
        add_header Cache-Control $airchain_keep_{number} always;
        add_header X-Airchain-Said $airchain_said always;
{limit}    }}
"""


def head(cached: Sequence[Route], by_service: Mapping[str, Instance]) -> str:
    """For the `http` block: the cache, and what decides about each of the routes."""
    if not cached:
        return ""
    longest = max(route.cache.seconds + route.cache.stale for route in cached if route.cache)
    text = _HEAD.format(inactive=duration(max(10, longest + 1)), port=FILL_PORT)
    return text + "".join(
        _ROUTE_HEAD.format(
            number=number,
            name=by_service[str(route.to)].name,
            private=_private(route),
            seconds=max(1, round(route.cache.seconds)),
            stale=_stale(route.cache),
        )
        for number, route in enumerate(cached)
        if route.cache
    )


def settings(route: Route, number: int, instance: Instance) -> str:
    """For the route's `location` block, whose `proxy_pass` is `source`."""
    assert route.cache is not None
    key = "".join(f" {header(name)}" for name in route.cache.key)
    text = _SETTINGS.format(
        name=instance.name, number=number, key=key, seconds=duration(route.cache.seconds)
    )
    return indented(text + HEADERS, 8)


def source(number: int) -> str:
    """Where requests of the cached route `number` go: to the cache's filling or past it."""
    return f"$airchain_from_{number}"


def server(
    cached: Sequence[Route], by_service: Mapping[str, Instance], limits: Sequence[str]
) -> str:
    """The server that the cache is filled through; `limits` are the settings of each route's."""
    if not cached:
        return ""
    locations = "".join(
        _FILL.format(
            path=quote(route.path),
            name=by_service[str(route.to)].name,
            number=number,
            limit=indented(limits[number], 8),
        )
        for number, route in enumerate(cached)
    )
    return _FILL_SERVER.format(port=FILL_PORT, locations=locations)


def _private(route: Route) -> str:
    assert route.cache is not None
    cookies = "".join(f"$cookie_{name}" for name in route.cache.private)
    return f"$http_authorization$http_upgrade{cookies}"


def _stale(cache: Cache) -> str:
    # Of two that say the same, as where the service has said it, the first counts.
    stale = round(cache.stale)
    return f"stale-while-revalidate={stale}, stale-if-error={stale}"
