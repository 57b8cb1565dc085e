"""`manage.py expire_tokens`: remove what no app can use any more (cron)."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from oauth2_provider.models import DeviceGrant, clear_expired


class Command(BaseCommand):
    help = "Remove expired tokens, and the requests of devices that nobody answered."

    def handle(self, **_: object) -> None:
        clear_expired()
        devices, _ = DeviceGrant.objects.filter(expires__lt=timezone.now()).delete()
        self.stdout.write(f"expired tokens are gone, and {devices} requests of devices")
