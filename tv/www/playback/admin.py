"""Editors' pages: videos, the jobs that make them, and uploading."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import Media, Script
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST

from editors.editing import note
from ops.policy import plays
from playback import flow, folders, jobs, uploads
from playback.forms import UploadForm
from playback.models import Asset, Job, Rendition, Step, SubtitleTrack
from playback.playing import play


class Shown(admin.TabularInline):
    """Rows that are made by jobs, and only shown."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Renditions(Shown):
    model = Rendition


class Subtitles(Shown):
    model = SubtitleTrack


class Steps(Shown):
    model = Step
    fields = ("name", "state", "percent", "attempts", "due")


@admin.register(Asset)
class AssetAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "state", "length", "plays", "published", "watch")
    list_filter = (("version", admin.EmptyFieldListFilter), "published")
    search_fields = ("title", "slug")
    readonly_fields = ("state", "length", "version", "published", "plays", "watch")
    fields = ("title", "slug", "credit", *readonly_fields)
    inlines = (Renditions, Subtitles)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        return super().get_queryset(request).annotate(episodes_count=Count("episodes"))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Asset | None = None
    ) -> tuple[str, ...]:
        """A slug is part of addresses and folders: it stays."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @admin.display(description="state")
    def state(self, asset: Asset) -> str:
        return asset.state.label

    @admin.display(description="length", ordering="duration")
    def length(self, asset: Asset) -> str:
        minutes, seconds = divmod(round(asset.duration), 60)
        return f"{minutes}:{seconds:02}" if asset.version else "–"

    @admin.display(description="episodes", ordering="episodes_count")
    def plays(self, asset: Asset) -> int:
        return getattr(asset, "episodes_count", 0)

    @admin.display(description="preview")
    def watch(self, asset: Asset) -> str:
        if not asset.pk or not asset.version:
            return "–"
        return format_html(
            '<a href="{}">Watch</a>', reverse("admin:playback_preview", args=[asset.pk])
        )

    def get_urls(self) -> list[Any]:
        preview = path("<int:pk>/preview/", self.admin_site.admin_view(plays(self.preview)),
                       name="playback_preview")  # fmt: skip
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The current version, whatever the rights of what plays it."""
        asset = self.get_object(request, str(pk))
        if asset is None or not self.has_view_permission(request, asset):
            raise PermissionDenied
        if not asset.version:
            raise Http404(asset.slug)
        playback = play(request, asset, ads=False, until=None)
        context = {**self.admin_site.each_context(request), "title": asset.title,
                   "asset": asset, "playback": playback, "opts": self.opts}  # fmt: skip
        response = TemplateResponse(request, "admin/playback/preview.html", context)
        playback.bind(request, response)
        return response


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    list_display = ("filename", "episode_name", "state", "progress", "reason", "by", "created")
    list_filter = ("state", "created")
    search_fields = ("filename", "asset__title", "asset__slug", "reason")
    list_select_related = ("episode__season__series", "by", "asset")
    actions = ("try_again",)
    inlines = (Steps,)
    fields = readonly_fields = (
        "asset_link", "episode_name", "filename", "state", "progress", "reason", "said", "found",
        "by", "created", "changed",
    )  # fmt: skip

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One job, followed until it is over; a list is not, since rows are chosen in it."""
        response = super().change_view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.context_data:
            response.context_data["media"] += Media(js=[Script("playback/follow.js", defer=True)])
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).prefetch_related("steps")

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """A job is what it is: it can be tried again, and removed."""
        return super().has_change_permission(request, obj) if obj is None else False

    @admin.display(description="episode")
    def episode_name(self, job: Job) -> str:
        return jobs.title(job.episode) if job.episode else "–"

    @admin.display(description="video")
    def asset_link(self, job: Job) -> str:
        url = reverse("admin:playback_asset_change", args=[job.asset_id])
        return format_html('<a href="{}">{}</a>', url, job.asset)

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        done = flow.percent(job.state, {step.name: step.percent for step in job.steps.all()})
        more = "data-under-way" if job.state in flow.ACTIVE else ""
        return format_html(
            '<progress max="100" value="{}" {}>{} %</progress> {} %', done, more, done, done
        )

    @admin.display(description="what ffmpeg said")
    def said(self, job: Job) -> str:
        return format_html("<pre>{}</pre>", job.detail) if job.detail else "–"

    @admin.display(description="in the file")
    def found(self, job: Job) -> str:
        facts = [(name, value) for name, value in (job.source or {}).items() if name != "texts"]
        return format_html_join("\n", "{}: {}<br>", facts) if facts else "–"

    @admin.action(description="Try again where it failed", permissions=("add",))
    def try_again(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        with transaction.atomic():  # none without a record of it
            again = [job for job in chosen if jobs.retry(job.pk)]
            note(request, again, "Tried again where it failed.")
        self.message_user(request, f"{len(again)} of {len(chosen)} jobs are tried again.")
        if len(again) < len(chosen):
            self.message_user(
                request,
                "The others have not failed, or their file is kept no longer: upload it again.",
                messages.WARNING,
            )

    def get_urls(self) -> list[Any]:
        def guarded(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("upload/begin/", guarded(self.upload_begin), name="playback_upload_begin"),
            path("upload/<str:name>/finish/", guarded(self.upload_finish),
                 name="playback_upload_finish"),
            path("upload/<str:name>/<int:offset>/", guarded(self.upload_piece),
                 name="playback_upload_piece"),
            *super().get_urls(),
        ]  # fmt: skip

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A job is begun by uploading."""
        self.allow(request)
        episode = request.GET.get("episode", "")
        form = UploadForm(initial={"episode": episode if episode.isdigit() else None})
        context = {**self.admin_site.each_context(request), "title": "Upload a video", "form": form,
                   "opts": self.opts, "piece": uploads.PIECE, "running": uploads.running(),
                   "media": self.media + form.media}  # fmt: skip
        return TemplateResponse(request, "admin/playback/upload.html", context)

    def allow(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def upload_begin(self, request: HttpRequest) -> HttpResponse:
        self.allow(request)
        size = request.POST.get("size", "")
        try:
            name = uploads.begin(request.user, int(size) if size.isdigit() else 0)
        except uploads.UploadError as error:
            return JsonResponse({"error": str(error)}, status=400)
        return JsonResponse({"name": name})

    def upload_piece(self, request: HttpRequest, name: str, offset: int) -> HttpResponse:
        self.allow(request)
        try:
            return JsonResponse({"size": uploads.append(request.user, name, offset, request)})
        except uploads.OutOfStepError as error:
            return JsonResponse({"error": str(error), "size": error.size}, status=409)
        except uploads.UploadError as error:
            return JsonResponse({"error": str(error)}, status=400)

    def upload_finish(self, request: HttpRequest, name: str) -> HttpResponse:
        """Begin the job with what was sent."""
        self.allow(request)
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            told = " ".join(text for texts in form.errors.values() for text in texts)
            return JsonResponse({"error": told}, status=400)
        try:
            file = uploads.whole(request.user, name)
        except uploads.UploadError as error:
            return JsonResponse({"error": str(error)}, status=400)
        sent = form.cleaned_data["subtitles"]
        with folders.scratch() as texts:
            paths = {language: texts / language for language in sent}
            for language, text in sent.items():
                paths[language].write_bytes(text.read())
            filename = request.POST.get("filename", "") or "upload"
            upload = jobs.Upload(file, filename, paths, move=True)
            job = jobs.begin(upload, form.cleaned_data["episode"], by=request.user)
        self.log_addition(request, job, [{"added": {}}])
        return JsonResponse({"job": reverse("admin:playback_job_change", args=[job.pk])})
