"""Take in the files of «Экспорт XML» at once, as the periodic task does."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from exchange.models import Ukm5Store
from exchange.services.ukm5 import files


class Command(BaseCommand):
    help = (
        "Takes in the files that UKM 5 has exported as XML into the folders of its stores (UKM5_FILES), each once, and "
        "puts them away: processed/<day> once they are recorded, broken what nobody can read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", metavar="CODE", help="only the store that UKM 5 calls so")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.UKM5_FILES:
            raise CommandError("UKM5_FILES names no folder.")
        store = None
        if options["store"]:
            store = Ukm5Store.objects.called(options["store"]).first()
            if store is None:
                raise CommandError(f"No store of UKM 5 is called {options['store']}.")
        looked = files.look(now=timezone.now(), store=store)
        self.stdout.write(f"{looked.taken} taken in, {looked.broken} broken, {looked.waiting} waiting")
