"""Editing rights: the windows of one title, and those of many at once."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalogue import caches
from catalogue.models import Series
from editors.editing import Settling, full_name, note
from rights import bulk
from rights.forms import EditForm, parts_of
from rights.models import Window
from rights.reading import SERIES

SHOWN = 20
"""Titles that the page of a bulk edit lists before it only counts."""

WHOLES = {"series": (), "season": ("series",), "episode": ("season__series",)}
"""What the full name of a title on that level needs."""


class WindowInline(admin.TabularInline):
    model = Window
    extra = 0
    fields = ("opens", "closes", "include", "exclude", "tier")


@admin.action(
    description="Edit the rights of selected %(verbose_name_plural)s", permissions=["rights"]
)
def edit_rights(
    modeladmin: "EditsRights", request: HttpRequest, queryset: QuerySet
) -> HttpResponse | None:
    """The form first, then the edit and where the editor came from."""
    level = modeladmin.level
    form = EditForm(level, request.POST if "apply" in request.POST else None)
    if form.is_valid():
        # Which after the edit a filter by rights may no longer find.
        count, left = queryset.count(), bulk.left(level, queryset, form.edit)
        with transaction.atomic():  # no edit without a record of it
            changes = bulk.apply(level, queryset, form.edit)
            caches.settle(record(modeladmin, request, form, changes))
        messages.success(request, told(form, changes, count))
        if left:
            messages.warning(request, warning(level, left))
        return None
    return TemplateResponse(
        request, "admin/edit_rights.html", context(modeladmin, request, queryset, form)
    )


def record(
    modeladmin: "EditsRights", request: HttpRequest, form: EditForm, changes: bulk.Changes
) -> set[str]:
    """An entry for each title and part that changed; the slugs of their series."""
    slugs: set[str] = set()
    for level, changed in changes.items():
        own = level == modeladmin.level
        model = modeladmin.model if own else Window._meta.get_field(level).related_model
        found = model._default_manager.filter(pk__in=changed).order_by()
        message = form.described() if own else form.described_of_parts()
        note(request, found.select_related(*WHOLES[level]), message)
        slugs.update(found.values_list("__".join([*WHOLES[level], "slug"]), flat=True))
    return slugs


def told(form: EditForm, changes: bulk.Changes, count: int) -> str:
    """What was done, to the editor who did it."""
    own = len(changes[form.level])
    parts = [counted(len(found), level) for level, found in changes.items() if level != form.level]
    deep = f" With them {' and '.join(parts)}." if parts else ""
    return f"{form.described()} {own} changed, {count - own} as they were.{deep}"


def warning(level: str, left: int) -> str:
    has = "has" if left == 1 else "have"
    return (
        f"{left} of them still {has} {parts_of(level, 'or')} with windows of their own, "
        "which count there as before."
    )


def counted(count: int, level: str) -> str:
    return f"{count} {level}{'' if count == 1 else 's'}"


def context(
    modeladmin: "EditsRights", request: HttpRequest, queryset: QuerySet, form: EditForm
) -> dict[str, Any]:
    return {
        **modeladmin.admin_site.each_context(request),
        "title": "Edit rights",
        "opts": modeladmin.model._meta,
        "form": form,
        "media": modeladmin.media + form.media,
        "titles": [(full_name(title), title.windows.all()) for title in queryset[:SHOWN]],
        "count": queryset.count(),
        "parts": parts_of(modeladmin.level, "or"),
        "with_parts": bulk.with_parts(modeladmin.level, queryset),
        "across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
    }


class EditsRights(Settling):
    """Pages of what windows are given to."""

    level = ""
    """`series`, `season` or `episode`."""
    actions = (edit_rights,)

    def has_rights_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rights.change_window")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("windows")

    @admin.display(description="rights")
    def rights(self, title: Model) -> str:
        """Its own windows; a part without any has those of the whole."""
        return "; ".join(str(window) for window in title.windows.all()) or "–"


@admin.register(Window)
class WindowAdmin(Settling):
    """All windows, by when they open and close. They are edited where their titles are."""

    list_display = ("of", "opens", "closes", "tier", "include", "exclude")
    list_filter = ("tier", "opens", "closes")
    search_fields = (
        "series__title", "season__series__title", "episode__season__series__title",
        "episode__title", "include", "exclude",
    )  # fmt: skip
    list_select_related = ("series", "season__series", "episode__season__series")
    autocomplete_fields = ("series", "season", "episode")
    date_hierarchy = "closes"

    def slugs(self, objects: QuerySet) -> list[str]:
        """Of the series, whatever the level of the windows."""
        series = Series.objects.filter(pk__in=objects.values(of=SERIES))
        return list(series.values_list("slug", flat=True))

    @admin.display(description="title")
    def of(self, window: Window) -> str:
        return full_name(window.series or window.season or window.episode)
