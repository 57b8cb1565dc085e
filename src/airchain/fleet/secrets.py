"""Values of secrets on the building machine: one file each, for their owner only.

The specification names them; a value never stands in it, in an image, in a
command line or in a variable. Hosts keep theirs in memory only.
"""

from __future__ import annotations

import re
import secrets as randomness
from collections.abc import Iterable, Mapping
from pathlib import Path

from airchain.errors import FleetError
from airchain.files import write_whole
from airchain.paths import Home
from airchain.progress import Progress
from airchain.release.notify import Webhook, note
from airchain.spec.model import Deploy, Environment, Secret
from airchain.spec.wording import did_you_mean

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
# As many as the most demanding of frameworks asks for: 64 characters (Django: 50).
_RANDOM_BYTES = 48
_LARGEST = 64 * 1024


def declared(environment: Environment) -> tuple[str, ...]:
    """Names of all secrets that an environment uses.

    Those of its services, backing services and webhook, and those that sign addresses.
    """
    services = {name for service in environment.services.values() for name in service.secrets}
    backing = {name for service in environment.backing.values() for name in service.secrets}
    notify = environment.deploy.notify
    webhook = {notify.secret} if notify else set()
    return tuple(sorted(services | backing | webhook | {*environment.signing_keys}))


def webhook(
    home: Home, product: str, environment: str, settings: Deploy, progress: Progress
) -> Webhook | None:
    """Where deployments of the environment are told of; None where nowhere.

    No value for its address is no reason not to deploy, but is said.
    """
    if settings.notify is None:
        return None
    name = settings.notify.secret
    try:
        address = values(home, product, environment, [name])[name]
    except FleetError as error:
        note(progress, f"no webhook is told: {error}; {error.hint}")
        return None
    return Webhook(address.decode("utf-8", "replace").strip(), settings.notify.messages)


def ensure(
    home: Home, product: str, environment: str, needed: Iterable[str], known: Mapping[str, Secret]
) -> tuple[str, ...]:
    """Make the values that may be generated; return the names of those made now.

    Any other value that is missing is a `FleetError` that names them all, and
    nothing is made then.
    """
    folder = home.secrets(product, environment)
    absent = [name for name in sorted(set(needed)) if not (folder / name).is_file()]
    manual = [name for name in absent if not known.get(name, Secret()).generate]
    if manual:
        raise FleetError(
            f"{'these secrets have' if len(manual) > 1 else 'this secret has'} no value: "
            + ", ".join(manual),
            where=f"{product} {environment}",
            hint="\n".join(f"airchain secrets set {environment} {name}" for name in manual),
        )
    for name in absent:
        put(home, product, environment, name, randomness.token_urlsafe(_RANDOM_BYTES).encode())
    return tuple(absent)


def put(home: Home, product: str, environment: str, name: str, value: bytes) -> None:
    """Set one value; at most 64 KiB."""
    if not _NAME.fullmatch(name):
        raise FleetError(
            "is not a name of a secret",
            where=repr(name),
            hint="capital letters, digits and underscores, a letter first",
        )
    if not value or len(value) > _LARGEST:
        raise FleetError(f"a value has 1 to {_LARGEST} bytes, this has {len(value)}", where=name)
    folder = home.secrets(product, environment)
    folder.mkdir(parents=True, exist_ok=True)
    for private in (folder, folder.parent, folder.parent.parent):
        private.chmod(0o700)
    write_whole(folder / name, value, mode=0o600)


def listed(home: Home, product: str, environment: str) -> tuple[str, ...]:
    """Names of the secrets that have a value."""
    folder = home.secrets(product, environment)
    if not folder.is_dir():
        return ()
    return tuple(sorted(p.name for p in folder.iterdir() if _NAME.fullmatch(p.name)))


def check_known(name: str, known: Iterable[str], environment: str) -> None:
    """A name that is none of `known` is a `FleetError`, which says what it may be called."""
    names = sorted(known)
    if name not in names:
        hint = did_you_mean(name, names) or "airchain.yaml declares none"
        raise FleetError(f"{environment} has no such secret", where=name, hint=hint)


def remove(home: Home, product: str, environment: str, name: str) -> None:
    """Forget one value; none being there is a `FleetError`."""
    path = home.secrets(product, environment) / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise FleetError("has no value", where=name, hint=f"airchain secrets list {environment}")
    path.unlink()


def values(home: Home, product: str, environment: str, names: Iterable[str]) -> dict[str, bytes]:
    """The values of `names`; one missing is a `FleetError`."""
    folder: Path = home.secrets(product, environment)
    found: dict[str, bytes] = {}
    for name in names:
        try:
            found[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            raise FleetError(
                "has no value", where=name, hint=f"airchain secrets set {environment} {name}"
            ) from None
    return found
