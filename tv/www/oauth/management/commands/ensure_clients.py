"""`manage.py ensure_clients`: give each brand the network's own apps (after migrations)."""

from django.core.management.base import BaseCommand

from oauth import clients


class Command(BaseCommand):
    help = "Make the clients of the API that are missing."

    def handle(self, **_: object) -> None:
        made = clients.ensure()
        self.stdout.write(
            f"{len(made)} clients were missing{': ' if made else ''}{', '.join(made)}"
        )
