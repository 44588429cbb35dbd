"""manage.py ask_for_report: leave a request for the transactions of some days in the folder of a till."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.models import Equipment
from exchange.services.transaction_files import asking
from retail.exceptions import DomainError


class Command(BaseCommand):
    help = "Asks a till of Frontol or Artix, by a file in its folder, for its transactions of some days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--register", type=int, required=True, metavar="N", help="number of the register")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the same day")

    def handle(self, *args: Any, **options: Any) -> None:
        equipment = Equipment.objects.filter(register__number=options["register"]).first()
        if equipment is None:
            raise CommandError(_("Register %(number)s has no equipment.") % {"number": options["register"]})
        first = options["first"]
        try:
            last, now = options["last"] or first, timezone.now()
            paths = asking.ask(equipment=equipment, first=first, last=last, by=None, now=now)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        for path in paths:
            self.stdout.write(str(path))
