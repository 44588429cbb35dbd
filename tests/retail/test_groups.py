import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from retail.models import ItemGroup
from retail.services import groups
from tests.factories.retail import ItemGroupFactory


@pytest.fixture
def branch():
    """Food / Dairy / Milk."""
    food = ItemGroupFactory(name="Food")
    dairy = ItemGroupFactory(name="Dairy", parent=food)
    return food, dairy, ItemGroupFactory(name="Milk", parent=dairy)


@pytest.mark.django_db
def test_move_puts_a_group_under_another_or_to_the_top(branch):
    food, dairy, milk = branch

    groups.move(group=milk, parent=food)
    groups.move(group=dairy, parent=None)

    assert groups.paths() == {food.pk: "Food", milk.pk: "Food / Milk", dairy.pk: "Dairy"}


@pytest.mark.django_db
def test_move_refuses_to_put_a_group_inside_itself(branch):
    food, dairy, milk = branch

    for parent in branch:
        with pytest.raises(groups.GroupInsideItself):
            groups.move(group=food, parent=parent)
    with pytest.raises(groups.GroupInsideItself):
        groups.move(group=dairy, parent=milk)


@pytest.mark.django_db
def test_the_database_refuses_a_circle_however_it_is_made(branch):
    food, _dairy, milk = branch

    for parent in (milk, food):
        with pytest.raises(IntegrityError, match="inside itself"), transaction.atomic():
            ItemGroup.objects.filter(pk=food.pk).update(parent=parent)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_move_two_groups_into_each_other_at_once_make_no_circle():
    one, other = ItemGroupFactory.create_batch(2)
    start = threading.Barrier(2, timeout=10)

    def move(pair):
        group, parent = pair
        start.wait()
        try:
            groups.move(group=group, parent=parent)
        except groups.GroupInsideItself:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(move, [(one, other), (other, one)]))

    assert sorted(done) == [False, True]
    assert len(groups.paths()) == 2
