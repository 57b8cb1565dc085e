"""`manage.py ensure_accounts`: the editors' group, and the accounts to begin with.

Run once per release, after the migrations. Passwords are secrets of the environment; where one
is changed, the account follows. An account whose secret the environment does not have is left
alone.
"""

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import transaction

from editors import accounts
from tv import env


class Command(BaseCommand):
    help = "Make the editors' group and the accounts that the environment's secrets name."

    @transaction.atomic
    def handle(self, **_: object) -> None:
        editors = accounts.ensure_editors()
        for account in accounts.ACCOUNTS:
            try:
                password = env.secret(account.secret)
            except ImproperlyConfigured as error:
                self.stdout.write(f"{account.email}: left alone: {error}")
                continue
            self.stdout.write(f"{account.email}: {accounts.ensure(account, password, editors)}")
