"""The editors' site itself, and the record of what was done on it."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html

admin.site.site_header = "Airchain TV: editors"
admin.site.site_title = "Editors"
admin.site.index_title = "Catalogue, rights and video"
admin.site.site_url = "/"
admin.site.empty_value_display = "–"


@admin.register(LogEntry)
class LogEntryAdmin(admin.ModelAdmin):
    """Who changed what, when. Nobody edits it."""

    list_display = ("action_time", "user", "done", "content_type", "title", "changes")
    list_display_links = None
    list_filter = ("action_flag", "content_type", "action_time", "user")
    list_select_related = ("user", "content_type")
    list_per_page = 100
    search_fields = ("object_repr", "change_message", "user__email", "=object_id")
    date_hierarchy = "action_time"
    show_full_result_count = False

    @admin.display(ordering="action_flag")
    def done(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description="changes")
    def changes(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    @admin.display(description="what", ordering="object_repr")
    def title(self, entry: LogEntry) -> str:
        try:
            address = None if entry.is_deletion() else entry.get_admin_url()
        except NoReverseMatch:
            address = None
        if address is None:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False
