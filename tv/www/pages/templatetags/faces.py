"""What templates of pages have besides Django's own tags."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pages import hints
from pages.icons import FILLED, LINES
from rights.entitlement import Allowed, Denied

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing that says nothing: the button around it has a name of its own."""
    kind = "icon icon-filled" if name in FILLED else "icon"
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        kind,
        LINES[name],
    )


@register.simple_tag
def hint(verdict: Allowed | Denied) -> SafeString | str:
    """From when, until when or for whom; nothing where there is nothing to say."""
    found = hints.of(verdict, timezone.now())
    return (
        format_html('<span class="hint hint-{}">{}</span>', found.kind, found.text) if found else ""
    )
