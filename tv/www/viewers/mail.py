"""Mail to viewers: only that with which a password is reset."""

import logging

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ops import requestid
from viewers.models import Viewer

log = logging.getLogger(__name__)


def send_reset(email: str, request: HttpRequest) -> None:
    """Have a worker see to it.

    Beside the request: how long it takes must not tell whether there is such an account. And only
    the worker makes the token, so that it lies in no queue.
    """
    words = (email, request.build_absolute_uri("/"), request.brand.name, translation.get_language())
    requestid.beside(enqueue, *words)


def enqueue(*words: str) -> None:
    from viewers.tasks import mail_reset

    try:
        mail_reset.delay(*words)
    except Exception as error:  # noqa: BLE001  (botocore's, kombu's and the socket's own)
        log.warning("a password's reset is not queued: %s: %s", type(error).__name__, error)


def reset_path(viewer: Viewer) -> str:
    """Good once, for PASSWORD_RESET_TIMEOUT."""
    key = urlsafe_base64_encode(force_bytes(viewer.pk))
    return reverse("new-password", args=(key, default_token_generator.make_token(viewer)))


def reset(email: str, origin: str, brand: str, language: str) -> bool:
    """Send it, if somebody can sign in with that address and a password.

    To the account's address and never to what was typed: the Kelvin sign is looked for as a `k`,
    but such a mailbox may be another's.
    """
    try:
        viewer = Viewer.objects.get_by_natural_key(email)
    except Viewer.DoesNotExist:
        return False
    if not (viewer.is_active and viewer.has_usable_password()):
        return False
    with translation.override(language):
        context = {
            "viewer": viewer,
            "brand": brand,
            "address": origin.rstrip("/") + reset_path(viewer),
        }
        subject = render_to_string("account/reset-subject.txt", context).strip()
        text = render_to_string("account/reset-mail.txt", context)
        send_mail(subject, text, None, [viewer.email])
    return True
