"""Editing the catalogue: series and films, what they consist of, and who made them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from art import addresses, uploads
from catalogue.models import (
    Artwork,
    Country,
    Credit,
    Episode,
    Film,
    Genre,
    Kind,
    Partner,
    Person,
    Season,
    Series,
)
from editors.editing import Settling
from rights.admin import EditsRights, WindowInline


@admin.register(Country)
class CountryAdmin(Settling):
    to_series = "series__"
    list_display = ("name", "code", "language")
    search_fields = ("name", "code")


class CountsTitles(Settling):
    """Pages of what titles belong to."""

    to_series = "series__"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(count=Count("series"))

    @admin.display(ordering="count")
    def titles(self, whole: Genre | Partner) -> int:
        return whole.count


@admin.register(Genre)
class GenreAdmin(CountsTitles):
    list_display = ("name", "strand", "position", "titles")
    list_filter = ("strand",)
    search_fields = ("name",)


@admin.register(Partner)
class PartnerAdmin(CountsTitles):
    list_display = ("name", "country", "titles")
    list_filter = ("country",)
    list_select_related = ("country",)
    search_fields = ("name",)


@admin.register(Person)
class PersonAdmin(Settling):
    to_series = "series__"
    list_display = ("name", "country")
    list_filter = ("country",)
    list_select_related = ("country",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


class SeasonInline(admin.TabularInline):
    model = Season
    extra = 0
    show_change_link = True
    fields = ("number", "year", "episodes")
    readonly_fields = ("episodes",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Season]:
        return super().get_queryset(request).annotate(count=Count("episodes"))

    def episodes(self, season: Season) -> str:
        return str(getattr(season, "count", ""))


class CreditInline(admin.TabularInline):
    """Credits that there are. Who they are of is only read: a choice of hundreds for each row
    would take a query for each."""

    model = Credit
    extra = 0
    fields = ("position", "role", "person", "character")
    readonly_fields = ("person",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).select_related("person")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewCreditInline(admin.TabularInline):
    model = Credit
    extra = 1
    fields = ("position", "role", "person", "character")
    autocomplete_fields = ("person",)
    verbose_name_plural = "more credits"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).none()


class ArtworkForm(forms.ModelForm):
    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if "file" in self.changed_data:
            self.picture = uploads.read(file)
        return file

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if picture := getattr(self, "picture", None):
            uploads.check(picture, found.get("kind", ""))
            self.instance.version = picture.version
            self.instance.width, self.instance.height = picture.width, picture.height
        return found


class ArtworkInline(admin.TabularInline):
    model = Artwork
    form = ArtworkForm
    extra = 0
    max_num = len(Artwork.Shape.choices)
    fields = ("kind", "file", "size", "preview")
    readonly_fields = ("size", "preview")

    def size(self, artwork: Artwork) -> str:
        return f"{artwork.width} by {artwork.height}" if artwork.pk else "–"

    def preview(self, artwork: Artwork) -> str:
        if not artwork.pk:
            return "–"
        address = addresses.uploaded(artwork.series.slug, artwork.kind, artwork.version)
        return picture(address, 90 * artwork.width // artwork.height, 90)


def picture(address: str, width: int, height: int) -> str:
    return format_html(
        '<img src="{}" alt="" width="{}" height="{}" loading="lazy">', address, width, height
    )


class TitleAdmin(EditsRights):
    """What series and films have in common."""

    level = "series"
    list_display = (
        "poster", "title", "original_title", "genre", "country", "partner", "year", "available",
        "rights",
    )  # fmt: skip
    list_display_links = ("poster", "title")
    list_filter = ("available", "windows__tier", "genre__strand", "genre", "country", "added")
    list_select_related = ("genre", "country", "partner")
    list_per_page = 50
    search_fields = ("title", "original_title", "slug", "partner__name", "people__name")
    search_help_text = "Title in English or the original, partner, or anyone of the credits"
    ordering = ("title", "pk")
    date_hierarchy = "added"
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("partner",)
    readonly_fields = ("available", "drawn")
    fieldsets = (
        (None, {"fields": (("title", "original_title"), "slug", "tagline", "synopsis")}),
        ("About", {"fields": (("year", "rating"), ("genre", "country"), "partner")}),
        ("On the site", {"fields": (("added", "popularity"), "available", "drawn")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Series]:
        return super().get_queryset(request).prefetch_related("artwork")

    @admin.display(description="")
    def poster(self, series: Series) -> str:
        return picture(addresses.poster_of(series), 40, 60)

    @admin.display(description="artwork")
    def drawn(self, series: Series) -> str:
        """As viewers see it: uploaded, or drawn where nothing is."""
        if not series.pk:
            return "Drawn once the title is saved."
        poster = picture(addresses.poster_of(series), 160, 240)
        return format_html("{} {}", poster, picture(addresses.wide_of(series), 427, 240))


@admin.register(Series)
class SeriesAdmin(TitleAdmin):
    inlines = (SeasonInline, WindowInline, CreditInline, NewCreditInline, ArtworkInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Series]:
        return super().get_queryset(request).filter(kind=Kind.SERIES)


class FilmForm(forms.ModelForm):
    """A film is one episode of one season; who edits it need not know."""

    minutes = forms.IntegerField(min_value=1, max_value=600)

    class Meta:
        model = Film
        exclude = ("kind", "available")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.episode = None
        if self.instance.pk:
            self.episode = Episode.objects.filter(season__series=self.instance).first()
        if self.episode:
            self.fields["minutes"].initial = self.episode.minutes


@admin.register(Film)
class FilmAdmin(TitleAdmin):
    form = FilmForm
    inlines = (WindowInline, CreditInline, NewCreditInline, ArtworkInline)
    fieldsets = (
        TitleAdmin.fieldsets[0],
        ("About", {"fields": (("year", "rating", "minutes"), ("genre", "country"), "partner")}),
        TitleAdmin.fieldsets[2],
    )

    def save_model(self, request: HttpRequest, film: Film, form: FilmForm, change: bool) -> None:
        film.kind = Kind.FILM
        super().save_model(request, film, form, change)
        season, _ = Season.objects.get_or_create(
            series_id=film.pk, number=1, defaults={"year": film.year}
        )
        part = {"title": film.title, "synopsis": film.tagline}
        if not form.episode or "minutes" in form.changed_data:
            part["duration"] = 60 * form.cleaned_data["minutes"]
        Episode.objects.update_or_create(season=season, number=1, defaults=part)


class EpisodeInline(admin.TabularInline):
    model = Episode
    extra = 0
    show_change_link = True
    fields = ("number", "title", "synopsis", "duration")


@admin.register(Season)
class SeasonAdmin(EditsRights):
    level = "season"
    to_series = "series__"
    list_display = ("series", "__str__", "year", "length", "rights")
    list_filter = ("series__genre",)
    list_select_related = ("series",)
    list_per_page = 50
    search_fields = ("series__title",)
    autocomplete_fields = ("series",)
    ordering = ("series__title", "number")
    inlines = (EpisodeInline, WindowInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Season]:
        seasons = super().get_queryset(request).filter(series__kind=Kind.SERIES)
        return seasons.annotate(count=Count("episodes"))

    @admin.display(description="episodes", ordering="count")
    def length(self, season: Season) -> int:
        return season.count


@admin.register(Episode)
class EpisodeAdmin(EditsRights):
    level = "episode"
    to_series = "season__series__"
    list_display = ("series", "season", "number", "title", "minutes", "video", "rights")
    list_display_links = ("title",)
    list_filter = ("season__series__kind", "season__series__genre")
    list_select_related = ("season__series", "asset")
    list_per_page = 50
    search_fields = ("title", "season__series__title")
    autocomplete_fields = ("season", "asset")
    ordering = ("season__series__title", "season__number", "number")
    inlines = (WindowInline,)

    @admin.display(ordering="season__series__title")
    def series(self, episode: Episode) -> str:
        series = episode.season.series
        page = reverse(f"admin:catalogue_{series.kind}_change", args=(series.pk,))
        return format_html('<a href="{}">{}</a>', page, series)

    @admin.display(description="video", ordering="asset")
    def video(self, episode: Episode) -> str:
        if episode.asset_id:
            page = reverse("admin:playback_asset_change", args=(episode.asset_id,))
            return format_html('<a href="{}">{}</a>', page, episode.asset)
        page = reverse("admin:playback_job_add")
        return format_html('<a href="{}?episode={}">Upload</a>', page, episode.pk)
