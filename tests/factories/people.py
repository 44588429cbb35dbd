"""People who sign in."""

from typing import Any

import factory
from django.contrib.auth.models import Group, User
from factory.django import DjangoModelFactory

from retail.choices import Role

PASSWORD = "a password for tests"


def _give(user: User, role: Role) -> None:
    user.groups.add(Group.objects.get(name=role.value))


def _trait(role: Role) -> factory.Trait:
    return factory.Trait(given=factory.PostGeneration(lambda user, create, extracted: _give(user, role)))


class UserFactory(DjangoModelFactory):
    """Somebody with access to the admin and the password `PASSWORD`.

    `UserFactory(role=Role.ACCOUNTANT)` or `UserFactory(accountant=True)` gives the role's permissions.
    """

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        merchandiser = _trait(Role.MERCHANDISER)
        accountant = _trait(Role.ACCOUNTANT)
        operator = _trait(Role.OPERATOR)
        administrator = _trait(Role.ADMINISTRATOR)

    username = factory.Sequence(lambda n: f"user{n}")
    first_name = "Анна"
    last_name = factory.Sequence(lambda n: f"Иванова-{n}")
    password = factory.django.Password(PASSWORD)
    is_staff = True
    is_superuser = False

    @factory.post_generation
    def role(self: User, create: bool, extracted: Role | None, **kwargs: Any) -> None:
        if create and extracted:
            _give(self, extracted)
