"""What an app may be let do, in the words in which a viewer is asked."""

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "watch": _("Play what you may watch"),
    "library": _("See and change your watch list, and see how far you have watched"),
    "account": _("See your name, e-mail address and tier"),
}
