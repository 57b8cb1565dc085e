"""The apps that viewers let into their accounts."""

from typing import Any

from django.db import models
from oauth2_provider.models import AbstractApplication

from brands import domains
from brands.models import Brand


class Client(AbstractApplication):
    """An app of one brand. It has no secret: whoever has the app has what is in it."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="clients")

    def is_usable(self, request: Any) -> bool:
        """Only at its brand's domain, with its tokens as well; `request` is oauthlib's."""
        here = domains.of(request.headers.get("HTTP_HOST") or "")
        return here is not None and here.pk == self.brand_id
