"""`manage.py prepare`: what a release does once, before its first host serves."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS = (("migrate", "--noinput"), ("ensure_clients",), ("ensure_accounts",))
"""Each may be run again and does only what is missing: a task may run twice."""


class Command(BaseCommand):
    help = "Migrate, and make what must be there: in one process, since each start costs a second."

    def handle(self, **_: object) -> None:
        for step in STEPS:
            call_command(*step, stdout=self.stdout, stderr=self.stderr)
