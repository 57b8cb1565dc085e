"""`manage.py drill`: give the workers tasks that take their time, to see what becomes of them.

Who replaces or kills a worker meanwhile reads in the workers' log, by the ids printed here, how
often each task began and was done.
"""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ops.tasks import drill


class Command(BaseCommand):
    help = "Queue tasks that only take their time; print their ids, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=5, help="each takes so long")
        parser.add_argument("--tasks", type=int, default=1, help="how many")

    def handle(self, *, seconds: float, tasks: int, **_: object) -> None:
        if not 0 <= seconds < settings.TASK_TIME_LIMIT:
            raise CommandError(f"--seconds must be less than {settings.TASK_TIME_LIMIT}")
        if not 1 <= tasks <= 100:
            raise CommandError("--tasks must be 1 to 100")
        for _task in range(tasks):
            self.stdout.write(drill.delay(seconds).id)
