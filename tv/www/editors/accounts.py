"""The accounts that an environment begins with, and what editors may do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from viewers.models import Tier, Viewer

EDITORS = "editors"
ALL, EDIT, VIEW = ("view", "add", "change", "delete"), ("view", "add", "change"), ("view",)
MAY: Mapping[str, tuple[str, ...]] = {
    # Only who runs the network takes whole titles away, or decides what brands and genres are.
    "catalogue.series": EDIT,
    "catalogue.film": EDIT,
    "catalogue.season": ALL,
    "catalogue.episode": ALL,
    "catalogue.person": ALL,
    "catalogue.credit": ALL,
    "catalogue.artwork": ALL,
    "catalogue.partner": EDIT,
    "catalogue.genre": VIEW,
    "catalogue.country": VIEW,
    "rights.window": ALL,
    "brands.brand": VIEW,
    "playback.asset": EDIT,
    "playback.rendition": VIEW,
    "playback.subtitletrack": VIEW,
    "playback.job": ALL,
    "playback.step": VIEW,
    "admin.logentry": VIEW,
}
"""By model, what the group of editors may do with it."""


@dataclass(frozen=True)
class Account:
    email: str
    name: str
    secret: str
    """The name of the secret that holds its password."""
    tier: str = Tier.FREE
    editor: bool = False


ACCOUNTS = (
    Account("editor@tv.localhost", "Editor", "EDITOR_PASSWORD", Tier.PREMIUM, editor=True),
    Account("viewer@tv.localhost", "Free viewer", "VIEWER_PASSWORD"),
    Account("premium@tv.localhost", "Premium viewer", "VIEWER_PASSWORD", Tier.PREMIUM),
)


def permissions() -> Iterator[Permission]:
    """Those of MAY; a model that is missing is a mistake in it."""
    wanted = {
        (app, f"{verb}_{model}")
        for app, model in (name.split(".") for name in MAY)
        for verb in MAY[f"{app}.{model}"]
    }
    which = Q()
    for app, code in wanted:
        which |= Q(content_type__app_label=app, codename=code)
    found = Permission.objects.filter(which).select_related("content_type")
    missing = wanted - {(one.content_type.app_label, one.codename) for one in found}
    if missing:
        raise LookupError(f"no such permission: {sorted(missing)}")
    return iter(found)


def ensure_editors() -> Group:
    group, _ = Group.objects.get_or_create(name=EDITORS)
    group.permissions.set(permissions())
    return group


def ensure(account: Account, password: str, editors: Group) -> str:
    """What was done: `made`, `given its password` or `as it was`."""
    viewer = Viewer.objects.filter(email=account.email).first()
    if viewer is None:
        viewer = Viewer.objects.create_user(
            account.email,
            password,
            name=account.name,
            tier=account.tier,
            is_staff=account.editor,
        )
        done = "made"
    elif viewer.check_password(password):
        done = "as it was"
    else:
        viewer.set_password(password)
        viewer.save(update_fields=["password"])
        done = "given its password"
    if account.editor:
        viewer.groups.add(editors)
    return done
