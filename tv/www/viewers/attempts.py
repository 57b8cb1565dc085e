"""How often someone may try to sign in, to sign up or to have a password reset.

A password is guessed by trying many at one account, or one at many accounts, from one address or
from many. Each has its limit; the tight one is of an account from one address, so that whoever
tries cannot shut out the viewer, who comes from another.
"""

import hashlib

from django.http import HttpRequest

from ops import address
from ops.limits import Limit
from viewers.models import plain

SIGN_IN_HERE = Limit("sign-in/here", most=5, seconds=300)
SIGN_IN_ACCOUNT = Limit("sign-in/account", most=100, seconds=3600)
SIGN_IN_ADDRESS = Limit("sign-in/address", most=50, seconds=300)
SIGN_UP_ADDRESS = Limit("sign-up/address", most=20, seconds=3600)
RESET_ACCOUNT = Limit("reset/account", most=3, seconds=3600)
RESET_ADDRESS = Limit("reset/address", most=10, seconds=3600)


def sign_in(request: HttpRequest, email: str) -> int:
    """Seconds to wait; 0 counts the attempt."""
    here, who = place(request), account(email)
    return (
        SIGN_IN_ADDRESS.wait(here)
        or SIGN_IN_HERE.wait(f"{here}/{who}")
        or SIGN_IN_ACCOUNT.wait(who)
    )


def sign_up(request: HttpRequest) -> int:
    return SIGN_UP_ADDRESS.wait(place(request))


def reset(request: HttpRequest) -> int:
    return RESET_ADDRESS.wait(place(request))


def reset_again(email: str) -> bool:
    """Whether that account had its share of mail; nobody is told."""
    return RESET_ACCOUNT.wait(account(email)) > 0


def place(request: HttpRequest) -> str:
    return address.network(address.of(request))


def account(email: str) -> str:
    """Whatever was typed, as part of a cache's key."""
    return hashlib.sha256(plain(email).encode()).hexdigest()[:32]
