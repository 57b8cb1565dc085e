"""What the editors' pages of the catalogue have in common."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from catalogue import caches
from catalogue.models import Episode, Season


class Settling(admin.ModelAdmin):
    """What viewers see follows an edit at once, and not only when caches are stale."""

    to_series = ""
    """The way from the model to its series, such as `season__series__`."""

    def slugs(self, objects: QuerySet) -> list[str]:
        slugs = objects.values_list(f"{self.to_series}slug", flat=True).distinct()
        # What has no series yet names none.
        return [slug for slug in slugs if slug]

    def slugs_of(self, instance: Model) -> list[str]:
        return self.slugs(type(instance)._default_manager.filter(pk=instance.pk).order_by())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        own = form.initial.get("slug") if not self.to_series else None
        before = [own] if own else []
        caches.settle([*before, *self.slugs_of(form.instance)])

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        slugs = self.slugs_of(obj)
        super().delete_model(request, obj)
        caches.settle(slugs)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        slugs = self.slugs(queryset.order_by())
        super().delete_queryset(request, queryset)
        caches.settle(slugs)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        note(request, [obj], message, ADDITION)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        note(request, [obj], message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> None:
        note(request, queryset, "", DELETION)


def full_name(one: Model) -> str:
    """Such as `The Pier: Season 1, 2`: there are as many seasons 1 as series."""
    if isinstance(one, Episode):
        return f"{full_name(one.season)}, {one.number}"
    return f"{one.series}: {one}" if isinstance(one, Season) else str(one)


def note(
    request: HttpRequest, objects: Iterable[Model], message: Any, action: int = CHANGE
) -> None:
    """Record what was done to each, by its full name. A list is a message in Django's own form."""
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(one, for_concrete_model=False),
            object_id=one.pk,
            object_repr=full_name(one)[:200],
            action_flag=action,
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )
        for one in objects
    )
