"""Who works in the chain: one user for every role, and an administrator who may do everything."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from retail.choices import Role

PASSWORD = "prilavok-demo"
ADMINISTRATOR = "admin"
SUPERUSER = "Superuser"


class Person(NamedTuple):
    username: str
    role: Role
    first_name: str
    last_name: str
    superuser: bool = False

    @property
    def title(self) -> str:
        """The role as var/demo.json tells it."""
        return SUPERUSER if self.superuser else self.role.value


PEOPLE = (
    Person(ADMINISTRATOR, Role.ADMINISTRATOR, "Павел", "Северов", superuser=True),
    Person("administrator", Role.ADMINISTRATOR, "Ольга", "Назарова"),
    Person("merchandiser", Role.MERCHANDISER, "Марина", "Товарова"),
    Person("accountant", Role.ACCOUNTANT, "Анна", "Счетова"),
    Person("operator", Role.OPERATOR, "Игорь", "Кассин"),
)


def make(*, now: datetime) -> None:
    """Write the users. Their passwords are one, so that it is hashed once: a hash takes a third of a second."""
    password = make_password(PASSWORD)
    for person in PEOPLE:
        user = User.objects.create(
            username=person.username,
            password=password,
            first_name=person.first_name,
            last_name=person.last_name,
            email=f"{person.username}@prilavok.example",
            is_staff=True,
            is_superuser=person.superuser,
            date_joined=now,
        )
        user.groups.add(Group.objects.get(name=person.role.value))


def named(username: str) -> User:
    """Return a user of the demonstration. Raises `User.DoesNotExist`."""
    return User.objects.get(username=username)
