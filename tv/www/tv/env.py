"""Reading the environment: plain values, and secrets that arrive as files."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

READ: dict[str, str] = {}
"""The secrets that this process has read, for its log to leave out."""


def text(name: str, default: str) -> str:
    """The variable, or the default where it is unset or empty."""
    return os.environ.get(name) or default


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, got {value!r}") from None


def flag(name: str, default: bool = False) -> bool:
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def without() -> list[str]:
    """The secrets that this service does without."""
    return words("WITHOUT_SECRETS", "")


def secret(name: str) -> str:
    """The content of the file named by `<NAME>_FILE`, or of `/run/secrets/<NAME>`.

    A secret is never taken from a variable: environments end up in logs and process lists. Of those
    that the service does without nothing is known: they are empty.
    """
    if name in without():
        return ""
    path = Path(text(f"{name}_FILE", f"/run/secrets/{name}"))
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"secret {name} cannot be read from {path}: {error.strerror}. "
            f"Mount it there, or set {name}_FILE to the file that holds it."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"secret {name} is empty: {path}")
    READ[name] = value
    return value
