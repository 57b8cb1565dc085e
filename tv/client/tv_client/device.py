"""Signing in by a code that is typed on another device (RFC 8628)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tv_client.errors import ClientError, SignedOut
from tv_client.http import Site, body_of, checked, parsed

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER = 5
"""Seconds more between polls each time the site asks for it."""


class Endpoints(BaseModel, frozen=True):
    """Where the site gives out tokens (RFC 8414)."""

    device_authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str


class Code(BaseModel, frozen=True):
    """What to show, and what to poll with."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    expires_in: int
    interval: int = 5


@dataclass(frozen=True)
class Granted:
    """The viewer said yes; the answer holds the tokens."""

    answer: dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """Nothing yet: ask again after so many seconds."""

    interval: int


def step(status: int, answer: dict[str, Any], interval: int) -> Granted | Wait:
    """What a poll's answer means; an end without tokens is an error."""
    if status == 200:
        return Granted(answer)
    match answer.get("error"):
        case "authorization_pending":
            return Wait(interval)
        case "slow_down":
            return Wait(interval + SLOWER)
        case "access_denied":
            raise SignedOut("the request was turned down")
        case "expired_token":
            raise SignedOut("nobody typed the code in time")
        case error:
            reason = answer.get("error_description") or error or f"it answers {status}"
            raise ClientError(f"the site gives no tokens: {reason}")


def endpoints(site: Site) -> Endpoints:
    """As the site itself says."""
    answer = checked(site.send("GET", "/.well-known/oauth-authorization-server"))
    return parsed(Endpoints, answer)


def begin(site: Site, where: Endpoints, client_id: str) -> Code:
    """Ask for a code."""
    form = {"client_id": client_id}
    answer = checked(site.send("POST", where.device_authorization_endpoint, data=form))
    return parsed(Code, answer)


def poll(site: Site, where: Endpoints, client_id: str, code: Code) -> dict[str, Any]:
    """Ask until there are tokens: no faster than the site likes, while the code lasts."""
    interval, left = code.interval, float(code.expires_in)
    form = {"grant_type": GRANT, "device_code": code.device_code, "client_id": client_id}
    while left > 0:
        site.sleep(interval)
        left -= interval
        response = site.send("POST", where.token_endpoint, data=form)
        if response.status_code >= 500:
            continue  # the site is restarting; the code lives on
        match step(response.status_code, body_of(response), interval):
            case Granted(answer):
                return answer
            case Wait(seconds):
                interval = seconds
    raise SignedOut("nobody typed the code in time")


def refresh(site: Site, where: Endpoints, client_id: str, token: str) -> dict[str, Any]:
    """New tokens for the old refresh token, which is good no more then."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    response = site.send("POST", where.token_endpoint, data=form)
    if response.status_code in {400, 401}:
        raise SignedOut("you were signed out")
    answer: dict[str, Any] = checked(response).json()
    return answer


def revoke(site: Site, where: Endpoints, client_id: str, token: str) -> None:
    """Make the tokens worthless: a refresh token takes its access tokens with it."""
    form = {"token": token, "token_type_hint": "refresh_token", "client_id": client_id}
    checked(site.send("POST", where.revocation_endpoint, data=form))
