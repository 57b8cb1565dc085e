"""What an editor fills in to give an episode a video."""

import re
from pathlib import Path

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.files.uploadedfile import UploadedFile

from catalogue.models import Episode
from playback.models import Job

LARGEST_TEXT = 4 << 20
_LANGUAGE = re.compile(r"(?:^|[._-])([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)$")


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SubtitleFilesField(forms.FileField):
    """Any number of files whose names end in their language, such as `film.ko.srt`."""

    widget = ManyFilesInput

    def clean(self, data: object, initial: object = None) -> dict[str, UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return {language(file): file for file in files}


def language(file: UploadedFile) -> str:
    name = Path(file.name or "")
    found = _LANGUAGE.search(name.stem)
    if name.suffix.lower() not in {".srt", ".vtt"} or not found:
        raise forms.ValidationError(
            f"{name}: subtitles are named with their language, such as film.ko.srt or en.vtt."
        )
    if (file.size or 0) > LARGEST_TEXT:
        raise forms.ValidationError(f"{name} is larger than subtitles are.")
    return found[1]


class UploadForm(forms.Form):
    episode = forms.ModelChoiceField(
        Episode.objects.select_related("season__series"),
        widget=ForeignKeyRawIdWidget(Job._meta.get_field("episode").remote_field, admin.site),
        help_text="Look it up with the glass.",
    )
    subtitles = SubtitleFilesField(
        required=False, help_text="WebVTT or SubRip, one file a language: film.ko.srt, film.en.vtt."
    )
