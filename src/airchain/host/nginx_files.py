"""Routes to files as text of nginx's configuration. Pure.

nginx reads the files itself. With `signed`, whoever asks must have got the address
from somebody who knows the key; the signature is the base64url form of the MD5 of

    EXPIRES/FOLDERS VIEWER KEY

as `secure_link` has it. The key stands last and is never empty, so nothing can be
appended to what was signed; the viewer is letters, digits, - and _, so nothing can
be moved from one part to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from airchain.host.identity import Places
from airchain.host.nginx_words import HEADERS, header, indented, quote
from airchain.host.site_keys import file as key_file
from airchain.spec.model import Route, Signed

# A name in a signed address: no name that is hidden, and nothing that means another folder.
_NAME = "[A-Za-z0-9_-][A-Za-z0-9._-]*"
# Who the viewer is: $airchain_who_0 for the first route with signed addresses.
_VIEWER = """\
map {cookie} $airchain_cookie_{number} {{ default ""; "~^[A-Za-z0-9_-]{{8,128}}$" {cookie}; }}
map {header} $airchain_who_{number} {{
    default "";
    "" $airchain_cookie_{number};
    "~^[A-Za-z0-9_-]{{8,128}}$" {header};
}}
"""

_PLAIN = """
    location ^~ {prefix} {{
        alias {folder};
{reading}        location ~ "/\\." {{ return 404; }}
    }}
"""

_SIGNED = """
    location ^~ {prefix} {{
        location ~ {address} {{
{common}            # No file there (the host has just booted): no key, and another host is asked.
            set $airchain_key "";
            include {key};
            secure_link $airchain_signature,$airchain_expires;
            secure_link_md5 {covered};
            if ($airchain_key = "") {{ return 502; }}
            if ($airchain_who_{number} = "") {{ return 403; }}
            if ($secure_link != "1") {{ return 403; }}
            alias "{folder}$airchain_signed/$airchain_file";
{reading}        }}
        return 403;
    }}
"""
# An address is a secret while it holds, and nginx repeats it with every complaint.
_QUIET = "error_log stderr alert;\n"

# A link that a service made leads nowhere: it would be followed on the host, not in its container.
_READING = """\
disable_symlinks on from={folder};
open_file_cache max=4096 inactive=60s;
open_file_cache_valid 10s;
add_header X-Content-Type-Options nosniff always;
"""


def viewers(routes: Sequence[Route]) -> str:
    """What tells the viewers of signed addresses apart, for the `http` block."""
    return "".join(
        _VIEWER.format(
            number=number,
            cookie=f"$cookie_{signed.cookie}" if signed.cookie else '""',
            header=header(signed.header) if signed.header else '""',
        )
        for number, signed in enumerate(_signed(routes))
    )


def location(route: Route, routes: Sequence[Route], places: Places, common: str) -> str:
    """The route's location; `routes` are all, of which it is one, and `common` what any has."""
    assert route.files is not None
    prefix = f"{route.path.rstrip('/')}/"
    folder = f"{places.files / route.files}/"
    reading = _reading(route, folder) + HEADERS
    if route.signed is None:
        return _PLAIN.format(
            prefix=quote(prefix), folder=quote(folder), reading=indented(common + reading, 8)
        )
    number = _signed(routes).index(route.signed)
    return _SIGNED.format(
        prefix=quote(prefix),
        address=quote(_address(prefix, route.signed)),
        covered=f'"$airchain_expires/$airchain_signed $airchain_who_{number} $airchain_key"',
        number=number,
        # A pattern, since nginx may find none for it.
        key=f"{key_file(places, route.signed.secret)}".removesuffix("f") + "[f]",
        folder=folder,
        common=indented(common + _QUIET, 12),
        reading=indented(reading, 12),
    )


def _signed(routes: Sequence[Route]) -> list[Signed]:
    return [route.signed for route in routes if route.files and route.signed]


def _address(prefix: str, signed: Signed) -> str:
    """The pattern of PATH/SIGNATURE/EXPIRES/FOLDERS/FILE."""
    start = prefix.replace(".", "[.]")
    folders = "/".join([_NAME] * signed.folders)
    return (
        f"^{start}(?<airchain_signature>[A-Za-z0-9_-]{{22}})/(?<airchain_expires>[0-9]{{1,11}})/"
        f"(?<airchain_signed>{folders})/(?<airchain_file>{_NAME}(?:/{_NAME})*)$"
    )


def _reading(route: Route, folder: str) -> str:
    text = _READING.format(folder=folder.rstrip("/"))
    if route.cache is None:
        return text
    # Who may have it is decided here for each request: nobody between keeps it for others.
    whose = "private" if route.signed else "public"
    kept = max(1, round(route.cache.seconds))
    return text + f'add_header Cache-Control "{whose}, max-age={kept}";\n'
