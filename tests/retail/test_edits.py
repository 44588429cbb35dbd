"""The history of edits as the database writes it, whichever way a row is reached."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from retail.models import Barcode, Constants, Document, Edit, FileImport, Item, Price
from retail.services import catalogue, edits
from retail.tasks import edits_forget_old
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import (
    LONG_AGO,
    BarcodeFactory,
    ItemFactory,
    PackFactory,
    PriceFactory,
    SkuFactory,
)

pytestmark = pytest.mark.django_db

JOURNALS = {"exchange.registerload", "registers.kkmtransaction"}


@pytest.fixture
def told():
    """Return what has been told since, in the order of telling."""
    latest = max(Edit.objects.values_list("pk", flat=True), default=0)

    def since(**kept):
        nonlocal latest
        new = list(Edit.objects.filter(pk__gt=latest, **kept).order_by("pk"))
        latest = max(Edit.objects.values_list("pk", flat=True), default=0)
        return new

    return since


def keeping_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'history_of_%'")
        return {table for (table,) in cursor.fetchall()}


def test_a_row_that_comes_is_told_with_all_that_it_says(told):
    item = ItemFactory(name="Сыр", article="", group=None)

    [edit] = told(model="retail.item")

    assert (edit.act, edit.object_id, edit.label) == ("added", item.pk, "Сыр")
    assert edit.changes["name"] == [None, "Сыр"]
    assert not {"id", "article", "group_id"} & set(edit.changes)


def test_what_changes_is_told_from_and_to(told):
    price = PriceFactory(amount="99.90")
    told()

    Price.objects.filter(pk=price.pk).update(amount=Decimal("105.00"))

    [edit] = told()
    assert (edit.model, edit.act, edit.changes) == (
        "retail.price",
        "changed",
        {"amount": [Decimal("99.90"), Decimal("105.00")]},
    )


def test_a_row_that_goes_is_told_with_all_that_it_said(told):
    barcode = BarcodeFactory(value="4607000001370")
    told()

    barcode.delete()

    [edit] = told()
    assert (edit.act, edit.label) == ("deleted", "4607000001370")
    assert edit.changes == {"value": ["4607000001370", None], "sku_id": [barcode.sku_id, None]}


def test_saving_what_was_there_tells_nothing(told):
    item = ItemFactory()
    told()

    item.save()

    assert told() == []


def test_many_rows_take_no_statement_more_than_one(told, django_assert_num_queries):
    ItemFactory.create_batch(30)
    told()

    with django_assert_num_queries(1):
        Item.objects.update(weighed=True)

    assert len(told()) == 30


def test_rows_that_are_written_over_are_told_as_changed(told):
    price = PriceFactory(amount=1)
    told()

    Price.objects.bulk_create(
        [
            Price(sku=price.sku, price_type=price.price_type, valid_from=price.valid_from, amount=2),
            Price(
                sku=price.sku, price_type=price.price_type, valid_from=price.valid_from + timedelta(days=1), amount=3
            ),
        ],
        update_conflicts=True,
        unique_fields=["sku", "price_type", "valid_from"],
        update_fields=["amount"],
    )

    assert sorted(edit.act for edit in told()) == ["added", "changed"]


def test_what_the_database_stamps_by_itself_is_nobodys_edit(told):
    sku = SkuFactory()
    told()

    Item.objects.filter(pk=sku.item_id).update(name="Другое")
    catalogue.stamp([sku.pk])

    assert [edit.model for edit in told()] == ["retail.item"]


@pytest.mark.parametrize(("factory", "page"), [(BarcodeFactory, "sku"), (PriceFactory, "sku"), (PackFactory, "item")])
def test_a_part_is_told_on_the_page_of_its_whole(told, factory, page):
    part = factory()

    edit = told()[-1]

    assert (edit.object_id, edit.page_model, edit.page_id) == (part.pk, f"retail.{page}", getattr(part, page).pk)


def test_a_part_that_moves_is_told_on_both_pages(told):
    barcode, other = BarcodeFactory(), SkuFactory()
    told()

    Barcode.objects.filter(pk=barcode.pk).update(sku=other)

    assert {edit.page_id for edit in told()} == {barcode.sku_id, other.pk}


def test_of_a_password_only_the_change_is_told(told):
    user = UserFactory()
    told()

    user.set_password("another password")
    user.last_login = timezone.now()
    user.save()

    [edit] = told()
    assert edit.changes == {"password": []}
    assert user.password not in str(list(Edit.objects.values()))


def test_roles_that_are_given_and_taken_are_told_together(told):
    user, groups = UserFactory(), list(Group.objects.order_by("pk")[:2])
    told()

    user.groups.add(*groups)
    user.groups.remove(groups[0])

    given, taken = told()
    assert (given.page_model, given.page_id) == ("auth.user", user.pk)
    assert given.changes == {"group_id": [[], [group.pk for group in groups]]}
    assert taken.changes == {"group_id": [[groups[0].pk], []]}


def test_a_task_that_runs_leaves_no_trace_and_one_that_is_switched_off_does(told):
    task = PeriodicTask.objects.order_by("pk")[0]
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=timezone.now(), total_run_count=F("total_run_count") + 1)
    assert told() == []

    PeriodicTask.objects.filter(pk=task.pk).update(enabled=False)

    assert [edit.changes for edit in told()] == [{"enabled": [True, False]}]


def test_how_a_register_is_set_is_told(told):
    register = RegisterFactory(stock_control="none")
    told()

    register.stock_control = "external"
    register.save()

    assert [edit.changes for edit in told()] == [{"stock_control": ["none", "external"]}]


def test_everything_that_people_set_in_the_admin_keeps_its_history(admin_user, rf):
    """A new reference list has to say so in a migration: SELECT retail_keep_history(…)."""
    request = rf.get("/")
    request.user = admin_user
    editable = {
        related._meta.db_table
        for model, page in admin.site._registry.items()
        if page.has_change_permission(request) and not _is_kept_otherwise(model)
        for related in (model, *(inline.model for inline in page.inlines))
    }

    assert editable - keeping_tables() == set()


def _is_kept_otherwise(model):
    """Tell whether a model is a document, whose posting is its history, or a journal of machines."""
    return issubclass(model, Document) or model._meta.label_lower in JOURNALS or model._meta.app_label == "axes"


def test_what_was_told_is_never_edited():
    ItemFactory()

    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        Edit.objects.update(by_name="Somebody else")


def test_what_was_told_is_not_deleted_either():
    ItemFactory()

    with pytest.raises(IntegrityError, match="only what is old is forgotten"), transaction.atomic():
        Edit.objects.all().delete()


def test_a_note_tells_what_columns_do_not():
    item, now = ItemFactory(), timezone.now()

    edits.note(of=item, said="Counted the apples", now=now)

    edit = Edit.objects.get(act="noted")
    assert (edit.at, edit.page_model, edit.page_id, edit.note) == (now, "retail.item", item.pk, "Counted the apples")


class TestForgetting:
    @pytest.fixture(autouse=True)
    def history(self):
        """Three edits: of five years ago, of a year ago, and of now."""
        self.now = timezone.now()
        item = ItemFactory()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('prilavok.forgetting', 'on', false)")
            cursor.execute("DELETE FROM retail_edit")
            cursor.execute("SELECT set_config('prilavok.forgetting', '', false)")
        for days in (2000, 365, 0):
            edits.note(of=item, said=f"{days}", now=self.now - timedelta(days=days))

    def left(self):
        return list(Edit.objects.order_by("pk").values_list("note", flat=True))

    def test_what_is_older_than_the_constants_say_is_forgotten(self):
        assert edits.forget_old(now=self.now) == 1
        assert self.left() == ["365", "0"]

    def test_nothing_is_forgotten_where_it_is_kept_for_ever(self):
        Constants.objects.update(history_months=0)

        assert edits.forget_old(now=self.now) == 0
        assert self.left()[:3] == ["2000", "365", "0"]

    def test_all_of_it_is_forgotten_once_all_of_it_is_old(self):
        FileImport.objects.create(at=LONG_AGO, kind="items", file_name="old.csv")

        assert edits.forget_old(now=self.now + timedelta(days=36500)) == 3
        assert not Edit.objects.exists()
        assert not FileImport.objects.exists()

    def test_much_is_forgotten_piece_by_piece(self, monkeypatch):
        monkeypatch.setattr(edits, "_BATCH", 1)

        assert edits.forget_old(now=self.now + timedelta(days=36500)) == 3

    def test_the_task_forgets(self):
        edits_forget_old()

        assert self.left() == ["365", "0"]
