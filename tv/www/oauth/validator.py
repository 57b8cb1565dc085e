"""What oauthlib asks about device codes; the toolkit answers all else."""

from typing import Any

from django.utils import timezone
from oauth2_provider.models import DeviceGrant
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from oauth import codes, polling


class Validator(OAuth2Validator):
    def validate_device_code(
        self, client_id: str, code: str, request: Request, *_: Any, **__: Any
    ) -> str | None:
        """The verdict, or None for a code that is not this client's. In a transaction: an
        approved request is taken away, so that it makes one pair of tokens and no second."""
        found = DeviceGrant.objects.select_for_update().select_related("user")
        grant = found.filter(device_code=codes.digest(code), client_id=client_id).first()
        if grant is None:
            return None
        asked = polling.Request(grant.status, grant.expires, grant.last_checked, grant.interval)
        verdict = polling.verdict(asked, timezone.now())
        match verdict:
            case DeviceCodeGrant.DEVICE_CODE_AUTHORIZED:
                request.user, request.scopes = grant.user, grant.scope.split()
                grant.delete()
            case DeviceCodeGrant.DEVICE_CODE_SLOW_DOWN:
                grant.interval += codes.INTERVAL
                grant.save()
            case DeviceCodeGrant.DEVICE_CODE_PENDING:
                grant.save()  # which notes the time
        return verdict
