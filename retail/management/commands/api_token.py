"""manage.py api_token accountant --name "1С": makes an API token of a person and prints it, once."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from retail.services import api_tokens


class Command(BaseCommand):
    help = "Makes an API token of a person and prints it: it is not told again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="Whose token it is: it may do what this person may.")
        parser.add_argument("--name", default="manage.py api_token", help="What it is for, as the list of tokens says.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who may sign in is called {options['username']}.")
        _row, token = api_tokens.create(user=user, name=options["name"][:100], by=None, now=timezone.now())
        self.stdout.write(token)
