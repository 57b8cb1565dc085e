"""The codes of a device's request (RFC 8628): one to type, and one that is a secret."""

import hashlib
import secrets
from datetime import timedelta

LIFETIME = timedelta(minutes=10)
INTERVAL = 5
"""Seconds between two polls; as many more after each that came too early."""

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Neither vowels, so that no word comes out, nor what looks like something else."""
LENGTH, GROUP = 8, 4


def user_code() -> str:
    """Such as WDJB-MJHT: one of 25 thousand million, for ten minutes."""
    return grouped("".join(secrets.choice(LETTERS) for _ in range(LENGTH)))


def grouped(letters: str) -> str:
    return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))


def normal(typed: str) -> str:
    """The code as it was given out, however the viewer wrote it."""
    return grouped("".join(letter for letter in typed.upper() if letter in LETTERS)[: LENGTH + 1])


def digest(device_code: str) -> str:
    """What is kept of a device code, which is as good as a token once it is approved."""
    return hashlib.sha256(device_code.encode()).hexdigest()
