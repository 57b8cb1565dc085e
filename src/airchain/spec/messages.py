"""Templates of what is told about deployments: checked with airchain.yaml, rendered later.

Jinja2, in its sandbox. A variable that there is none of is an error, not an empty place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

# What a template may name, each with an example. All are text but `hosts`, a list of names.
VARIABLES: Mapping[str, str | list[str]] = {
    "product": "hello",
    "environment": "prod",
    "what": "deploy",
    "who": "maria@desk",
    "release": "0f7fc74d31a0",
    "previous": "5c28b47a9e11",
    "commit": "1c3abf2d9e0f",
    "subject": "Say good evening",
    "hosts": ["web-4f2a", "web-9c01"],
    "detail": "web-4f2a: web is unhealthy",
    "seconds": "3.2",
}
# Slack cuts a message at 40,000 characters; nobody reads that many.
LONGEST = 4_000
# What a template raises, beside Jinja's own errors, whose expressions do not fit the values.
UNFILLABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(template: str, values: Mapping[str, str | list[str]]) -> str:
    """The text with the values filled in; they cannot ping a channel or make links."""
    text: str = _environment().from_string(template).render(values)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def problem(template: str) -> tuple[str, str | None] | None:
    """What is wrong with a template, and a hint; None where it is right."""
    from jinja2 import TemplateError, meta

    from airchain.spec.wording import did_you_mean

    environment = _environment()
    try:
        named = meta.find_undeclared_variables(environment.parse(template))
        for name in sorted(named - VARIABLES.keys() - environment.globals.keys()):
            return f"there is no variable {name}", did_you_mean(name, tuple(VARIABLES))
        render(template, VARIABLES)
    except TemplateError as error:
        return f"is not a template: {error.message}", None
    except UNFILLABLE as error:
        return f"cannot be filled in: {error}", None
    return None


def _environment() -> ImmutableSandboxedEnvironment:
    # Imported where it is needed: most commands never render a message.
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # The receiver takes no HTML: what is special to it is escaped by `finalize`.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=_escaped, autoescape=False
    )


def _escaped(value: object) -> object:
    return value.translate(_SLACK) if isinstance(value, str) else value
