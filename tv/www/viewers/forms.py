"""Forms of accounts."""

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.utils.translation import gettext_lazy as _

from viewers.models import Viewer


class SignIn(AuthenticationForm):
    """By e-mail address, which is what Django calls the username here."""

    error_messages = {
        "invalid_login": _("The e-mail address or the password is not right."),
        "inactive": _("This account is closed."),
    }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget = forms.EmailInput(
            {"autocomplete": "username", "maxlength": 254}
        )


class SignUp(BaseUserCreationForm):
    class Meta:
        model = Viewer
        fields = ("email", "name")
        labels = {"email": _("E-mail address"), "name": _("What we may call you")}
        widgets = {
            "email": forms.EmailInput({"autocomplete": "username"}),
            "name": forms.TextInput({"autocomplete": "nickname"}),
        }
        error_messages = {
            "email": {"unique": _("There is an account with this address: sign in, or reset it.")}
        }

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def validate_password_for_user(self, user: Viewer, password_field_name: str = "") -> None:
        """What is wrong with a password stands where it was chosen, not where it was repeated."""
        super().validate_password_for_user(user, "password1")


class NewPassword(SetPasswordForm):
    def validate_password_for_user(self, user: Viewer, password_field_name: str = "") -> None:
        """As at signing up."""
        super().validate_password_for_user(user, "new_password1")


class ChangedPassword(PasswordChangeForm, NewPassword):
    """With the old one."""


class Profile(forms.ModelForm):
    class Meta:
        model = Viewer
        fields = ("name",)
        labels = {"name": _("What we may call you")}
        widgets = {"name": forms.TextInput({"autocomplete": "nickname"})}


class Reset(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
