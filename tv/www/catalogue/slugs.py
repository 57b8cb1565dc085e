"""What a name in an address looks like: the same to editors' forms as to the API."""

from django.core.validators import RegexValidator

SLUG = "[a-z0-9-]{1,80}"

check = RegexValidator(
    rf"^{SLUG}\Z", "Small letters a to z, digits and hyphens: it becomes part of an address."
)
