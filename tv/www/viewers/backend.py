"""Who a session is of."""

import logging

from django.contrib.auth.backends import ModelBackend

from ops.outage import AWAY
from viewers.models import Viewer

log = logging.getLogger(__name__)


class Viewers(ModelBackend):
    """While the database is away everyone is a stranger, who gets what is in the cache; the
    session stays."""

    def get_user(self, user_id: int) -> Viewer | None:
        try:
            return super().get_user(user_id)
        except AWAY as error:
            log.warning("who is signed in is not known: %s", error)
            return None
