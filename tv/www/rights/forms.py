"""The form with which an editor changes the windows of many titles."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminRadioSelect, AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.utils import timezone

from rights.bulk import PARTS, Edit, Operation
from rights.countries import check_apart, normal
from rights.models import Window
from viewers.models import Tier


class Countries(forms.CharField):
    def clean(self, value: Any) -> str:
        return normal(super().clean(value))


def parts_of(level: str, link: str = "and") -> str:
    """In words."""
    return f" {link} ".join(f"{finer}s" for finer in PARTS[level])


class EditForm(forms.Form):
    operation = forms.ChoiceField(
        choices=Operation.choices, widget=AdminRadioSelect, initial=Operation.EXTEND
    )
    opens = forms.SplitDateTimeField(
        required=False, widget=AdminSplitDateTime, help_text="UTC. For set and add; empty: now."
    )
    closes = forms.SplitDateTimeField(
        required=False,
        widget=AdminSplitDateTime,
        help_text="UTC. Empty: for good; to close: now.",
    )
    include = Countries(required=False, label="Only in", help_text="Codes; empty: everywhere.")
    exclude = Countries(required=False, label="Not in", help_text="For set and add, as the above.")
    tier = forms.ChoiceField(choices=Tier.choices, initial=Tier.FREE, help_text="As the above.")
    parts = forms.BooleanField(
        required=False,
        initial=True,
        help_text="For set and close. Where a part has windows, they count instead of these.",
    )

    def __init__(self, level: str, *args: Any) -> None:
        super().__init__(*args)
        self.level = level
        if PARTS[level]:
            self.fields["parts"].label = f"Also windows of their {parts_of(level)}"
        else:
            del self.fields["parts"]

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        now = found["now"] = timezone.now()
        opens, closes = found.get("opens") or now, found.get("closes")
        if found.get("operation") in {Operation.SET, Operation.ADD}:
            if closes and closes <= opens:
                raise ValidationError({"closes": "It must close after it opens."})
        elif closes and closes < now:
            raise ValidationError({"closes": "This is in the past; empty means now, to close."})
        check_apart(found.get("include", ""), found.get("exclude", ""))
        return found

    @property
    def edit(self) -> Edit:
        return Edit(**self.cleaned_data)

    def described(self) -> str:
        """For the record of what an editor did."""
        edit = self.edit
        until = f"{edit.closes:%Y-%m-%d %H:%M}" if edit.closes else ""
        if edit.operation == Operation.EXTEND:
            return f"Rights extended, closing {until or 'never'}."
        if edit.operation == Operation.CLOSE:
            return f"Rights closed at {until or f'{edit.now:%Y-%m-%d %H:%M}'}."
        verb = "set" if edit.operation == Operation.SET else "added"
        return f"Rights {verb}: {Window(**vars(edit.terms))}."

    def described_of_parts(self) -> str:
        """The same for a part that followed its whole."""
        if self.edit.operation == Operation.SET:
            return f"Windows removed: those of its {self.level} count. {self.described()}"
        return f"{self.described()} With its {self.level}."
