"""Taking secrets out of text that goes to a log. Pure, but for the secrets this process read."""

import re
from collections.abc import Mapping

from tv import env

GONE = "[redacted]"

_RULES = (
    # `Authorization: Bearer …`, `Basic …`
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {GONE}"),
    # JSON Web Tokens, wherever they stand.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), GONE),
    # Cookies that are as good as a password.
    (re.compile(r"\b(tv_session|tv_csrf|tv_play)=[^\s;,'\"]+"), rf"\1={GONE}"),
    # `password=…`, `"refresh_token": "…"`, 'device_code': '…'.
    (
        re.compile(
            r"(?P<name>\b[\w-]*(?:password|passwd|secret|token|device_code|api_key)\d*['\"]?\s*[=:]\s*)"
            r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;'\")}\]]+)",
            re.IGNORECASE,
        ),
        rf"\g<name>{GONE}",
    ),
    # Links with which a password is reset, and the signatures of media's addresses.
    (re.compile(r"(/account/reset/[^/\s]+/)(?!set-password)[^/\s]+"), rf"\1{GONE}"),
    (re.compile(r"(/media/)[\w-]{16,}(/\d+/)"), rf"\1{GONE}\2"),
    # `mysql://user:password@host`, `redis://:password@host`
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s:/@]+(@)"), rf"\1{GONE}\2"),
)  # fmt: skip


def redact(text: str, secrets: Mapping[str, str] | None = None) -> str:
    """The text without secrets: those known by value, and what has the looks of one."""
    for name, value in (env.READ if secrets is None else secrets).items():
        if value in text:
            text = text.replace(value, f"[{name}]")
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
