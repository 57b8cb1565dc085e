"""`manage.py load_catalogue`: fill an empty database with the fixtures."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from catalogue.generator import licences, load, plan
from catalogue.models import Kind, Series


class Command(BaseCommand):
    help = "Fill an empty database with the generated catalogue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", default=plan.SEED)
        parser.add_argument("--episodes", type=int, default=plan.EPISODES)

    def handle(self, *, seed: str, episodes: int, **_: object) -> None:
        if episodes < 1:
            raise CommandError(f"--episodes must be at least 1, got {episodes}")
        if Series.objects.exists():
            raise CommandError("the catalogue is not empty: load it into an empty database")
        catalogue = plan.make(seed, episodes)
        # A fixed day, so that the same seed makes the same rows; the cron takes it from there.
        load.load(catalogue, licences.midnight(plan.SHELF))
        films = sum(row.kind == Kind.FILM for row in catalogue.series)
        self.stdout.write(
            f"{len(catalogue.series) - films} series, {films} films, {episodes} episodes, "
            f"{len(catalogue.partners)} partners, {len(catalogue.people)} people"
        )
