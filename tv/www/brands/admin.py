"""Editing brands. A change is seen by every process within ten seconds (see `domains.KEEP`)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from brands.models import Brand
from catalogue import rows
from viewers.models import Tier


class BrandForm(forms.ModelForm):
    tiers = forms.MultipleChoiceField(choices=Tier.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Brand
        exclude = ()


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin):
    form = BrandForm
    list_display = ("name", "domain", "tagline", "theme")
    search_fields = ("name", "domain")
    filter_horizontal = ("genres",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rows.forget(form.instance.slug)
