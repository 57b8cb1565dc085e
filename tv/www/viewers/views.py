"""Pages of accounts. All are one viewer's own, and kept by no cache."""

from typing import Any
from uuid import UUID

from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import (
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView, UpdateView

from ops.cache import CacheAway
from playback import addresses
from viewers import attempts, devices, forms, mail
from viewers.models import Viewer
from viewers.sessions import SessionStore


class Limited:
    """A form that is answered 429 when it is sent too often; `wait` says for how many seconds."""

    def wait(self, request: HttpRequest) -> int:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if seconds := self.wait(request):
            return self.too_often(seconds)
        return super().post(request, *args, **kwargs)

    def too_often(self, seconds: int) -> HttpResponse:
        """With an empty form: what was sent is not even looked at."""
        fields = {**self.get_form_kwargs(), "data": None, "files": None}
        form = self.get_form_class()(**fields)
        context = self.get_context_data(form=form, wait=seconds, minutes=-(-seconds // 60))
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response


class SignIn(Limited, LoginView):
    form_class = forms.SignIn
    template_name = "account/sign-in.html"

    def wait(self, request: HttpRequest) -> int:
        return attempts.sign_in(request, request.POST.get("username", ""))


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who signs out at a machine that others use is signed out of it, whatever is away."""
        try:
            auth.logout(request)
        except CacheAway:
            request.session = SessionStore()
        response = HttpResponseRedirect(self.get_success_url())
        # With it go the addresses of what was played, and the place of what is watched next.
        response.delete_cookie(addresses.COOKIE, samesite="Lax")
        return response


@method_decorator([never_cache, sensitive_post_parameters()], "dispatch")
class SignUp(Limited, FormView):
    form_class = forms.SignUp
    template_name = "account/sign-up.html"
    success_url = reverse_lazy("home")

    def wait(self, request: HttpRequest) -> int:
        return attempts.sign_up(request)

    def form_valid(self, form: Form) -> HttpResponse:
        # Both or nothing: an account that its owner was told nothing of would be in the way.
        with transaction.atomic():
            viewer = form.save()
            auth.login(self.request, viewer)
        return super().form_valid(form)


@method_decorator(never_cache, "dispatch")
class Account(LoginRequiredMixin, UpdateView):
    form_class = forms.Profile
    template_name = "account/account.html"
    success_url = reverse_lazy("account")

    def get_object(self, queryset: Any = None) -> Viewer:
        return self.request.user

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, devices=devices.of(self.request.user))


@never_cache
@require_POST
@login_required
def sign_out_device(request: HttpRequest, key: UUID) -> HttpResponse:
    if not devices.sign_out(request.user, key):
        raise Http404(key)
    return redirect("account")


@method_decorator(never_cache, "dispatch")
class Password(Limited, PasswordChangeView):
    """Whoever found a machine signed in must not find out the password here."""

    form_class = forms.ChangedPassword
    template_name = "account/password.html"
    success_url = reverse_lazy("account")

    def wait(self, request: HttpRequest) -> int:
        return attempts.sign_in(request, request.user.email)

    def form_valid(self, form: Form) -> HttpResponse:
        devices.sign_out_all(self.request.user)
        return super().form_valid(form)


@method_decorator(never_cache, "dispatch")
class Reset(Limited, FormView):
    """The answer is the same whether there is such an account or not."""

    form_class = forms.Reset
    template_name = "account/reset.html"

    def wait(self, request: HttpRequest) -> int:
        return attempts.reset(request)

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"]
        if not attempts.reset_again(email):
            mail.send_reset(email, self.request)
        return self.render_to_response(self.get_context_data(form=form, sent=True))


class NewPassword(PasswordResetConfirmView):
    """Where the mail leads. Once the password is new, sessions and devices have to sign in."""

    form_class = forms.NewPassword
    template_name = "account/new-password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Form) -> HttpResponse:
        devices.sign_out_all(self.user)
        return super().form_valid(form)
