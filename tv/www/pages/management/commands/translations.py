"""`manage.py translations`: compile the interface's texts, or bring their files in line."""

import polib
from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from pages import translations


class Command(BaseCommand):
    help = "Compile the translations; with --sync, first add texts that are new and drop old ones."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sync", action="store_true", help="renew the .po files from the code")

    def handle(self, *, sync: bool, **_: object) -> None:
        if sync:
            for language in translations.languages():
                self.sync(language)
        translations.compile_all()

    def sync(self, language: str) -> None:
        path = str(translations.files(language))
        file = polib.pofile(path, wrapwidth=99)
        translations.sync(file, translations.in_code(settings.BASE_DIR))
        file.save(path)
        for entry in file.untranslated_entries():
            self.stdout.write(f"{language}: not translated: {entry.msgid}")
