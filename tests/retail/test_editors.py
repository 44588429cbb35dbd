"""Who is told to have edited."""

import runpy
import sys

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core import management
from django.db import connection, transaction
from django.utils import timezone

from config.celery import app
from config.middleware import EditorMiddleware
from registers.models import Register
from registers.services import pairing
from retail.choices import EditSource, Role
from retail.models import Edit, FileImport, Item
from retail.services import editors
from retail.services.imports import imports
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, PriceTypeFactory, SkuFactory
from tests.retail.admin import choose, form_of, page, signed_in
from tests.retail.files import csv_file, take_in
from tests.retail.programs import Program

pytestmark = pytest.mark.django_db


def last():
    return Edit.objects.order_by("-pk")[0]


@app.task
def rename(pk: int, **_):
    Item.objects.filter(pk=pk).update(name="Renamed on schedule")


def test_a_person_is_told_by_key_and_by_name():
    user = UserFactory(first_name="Анна", last_name="Ким")

    with editors.editing(source=EditSource.PAGE, by=user):
        ItemFactory()

    assert (last().by, last().by_name, last().source) == (user, "Анна Ким", "page")


def test_one_who_has_done_signs_no_more():
    with editors.editing(source=EditSource.COMMAND, origin="outer"):
        with editors.editing(source=EditSource.PAGE, by=UserFactory()):
            pass
        ItemFactory()
        outer = last()
    ItemFactory()

    assert (outer.source, outer.origin, outer.by) == ("command", "outer", None)
    assert last().source == EditSource.DIRECT


def test_past_the_product_the_role_of_the_database_is_told():
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        [role] = cursor.fetchone()

    ItemFactory()

    assert (last().source, last().origin) == ("", role)


def _fail():
    with editors.editing(source=EditSource.COMMAND), transaction.atomic():
        ItemFactory()
        raise ZeroDivisionError


def test_one_whose_work_failed_signs_no_more():
    with pytest.raises(ZeroDivisionError):
        _fail()

    ItemFactory()

    assert last().source == EditSource.DIRECT


@pytest.mark.django_db(transaction=True)
def test_a_signature_ends_with_its_statement():
    """A pooler gives the connection to somebody else between two transactions."""
    with editors.editing(source=EditSource.COMMAND, origin="first"):
        ItemFactory()
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('prilavok.editor', true), '')")
            assert cursor.fetchone() == ("",)

    assert last().origin == "first"


@pytest.mark.django_db(transaction=True)
def test_a_connection_opened_meanwhile_is_signed_too():
    with editors.editing(source=EditSource.COMMAND, origin="long"):
        connection.close()
        ItemFactory()

    assert last().origin == "long"


def test_signing_takes_no_statement(django_assert_num_queries):
    item = ItemFactory()

    with editors.editing(source=EditSource.COMMAND), django_assert_num_queries(2):
        Item.objects.filter(pk=item.pk).update(name="Сыр")
        assert Item.objects.get().name == "Сыр"


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("UPDATE retail_item SET name = '100 % of %s'", None),
        ("UPDATE retail_item SET name = %s", ["100 % of %s"]),
        ("UPDATE retail_item SET name = %(name)s", {"name": "100 % of %s"}),
        ("WITH found AS (SELECT id FROM retail_item) UPDATE retail_item SET name = '100 %% of %%s' WHERE %s", [True]),
    ],
)
def test_a_signature_disturbs_no_statement(sql, params):
    ItemFactory()
    user = UserFactory(first_name="100 %s", last_name="O'Нил")

    with editors.editing(source=EditSource.PAGE, by=user), connection.cursor() as cursor:
        for _again in range(7):  # More often than it takes to prepare a statement.
            cursor.execute(sql, params)
        changed = cursor.rowcount

    assert changed == 1
    assert Item.objects.get().name == "100 % of %s"
    assert last().by_name == "100 %s O'Нил"


def test_what_is_returned_by_a_signed_statement_is_its_own():
    with editors.editing(source=EditSource.COMMAND):
        items = Item.objects.bulk_create(
            ItemFactory.build_batch(3, unit=ItemFactory().unit, vat_rate=ItemFactory().vat_rate)
        )

    assert [item.name for item in items] == [Item.objects.get(pk=item.pk).name for item in items]


def test_rows_that_are_read_piece_by_piece_are_read_as_ever():
    ItemFactory.create_batch(3)

    with editors.editing(source=EditSource.COMMAND):
        assert len(list(Item.objects.iterator(chunk_size=2))) == 3


def test_a_form_is_signed_by_whoever_sends_it():
    user, item = UserFactory(is_superuser=True), ItemFactory(name="Сыр")
    client = signed_in(user)
    address = page("retail_item_change", item.pk)

    client.post(address, form_of(client.get(address), name="Сыр молодой"))

    edit = Edit.objects.get(act="changed", model="retail.item")
    assert (edit.by, edit.source, edit.changes) == (user, "page", {"name": ["Сыр", "Сыр молодой"]})


def test_a_mass_action_is_signed_row_by_row():
    user, items = UserFactory(is_superuser=True), ItemFactory.create_batch(3)

    choose(signed_in(user), "retail_item", "withdraw", items, confirmed="1")

    told = Edit.objects.filter(by=user, model="retail.item", changes={"withdrawn": [False, True]})
    assert {edit.object_id for edit in told} == {item.pk for item in items}


def test_who_gave_a_role_to_whom_is_told():
    boss, user = UserFactory(is_superuser=True), UserFactory()
    client, role = signed_in(boss), Group.objects.get(name=Role.ACCOUNTANT)
    address = page("auth_user_change", user.pk)

    client.post(address, form_of(client.get(address), groups=[role.pk]))

    edit = Edit.objects.get(by=boss, model="auth.user_groups")
    assert (edit.page_id, edit.changes) == (user.pk, {"group_id": [[], [role.pk]]})


@pytest.mark.parametrize(("method", "path"), [("get", "/admin/"), ("post", "/kkm/v1/transactions")])
def test_whoever_reads_and_registers_pay_nothing(rf, django_assert_num_queries, method, path):
    seen = []
    request = getattr(rf, method)(path)
    request.user = UserFactory()

    with django_assert_num_queries(0):
        EditorMiddleware(lambda request: seen.append(editors.current()))(request)

    assert seen == [editors.Editor()]


def test_a_program_signs_with_its_token_in_the_name_of_its_person():
    program, sku, price_type = Program(), SkuFactory(), PriceTypeFactory()

    program.post("prices", {"prices": [{"sku": sku.code, "price_type": price_type.pk, "amount": "99.90"}]})

    edit = Edit.objects.get(model="retail.price")
    assert (edit.by, edit.source, edit.origin) == (program.user, "program", "test")
    assert editors.current() == editors.Editor()


def test_one_who_reads_with_a_token_is_not_told():
    editors.recognise(by=UserFactory(), origin="a token")

    ItemFactory()

    assert last().by is None


def test_a_stranger_signs_nothing(rf):
    request = rf.post("/admin/login/")
    request.user = AnonymousUser()

    EditorMiddleware(lambda request: ItemFactory())(request)

    assert (last().by, last().by_name, last().source) == (None, "", "page")


def test_a_task_signs_with_the_name_of_its_schedule():
    item = ItemFactory()

    rename.apply(kwargs={"pk": item.pk}, headers={"periodic_task_name": "Rename things"})

    assert (last().source, last().origin) == ("schedule", "Rename things")
    assert editors.current() == editors.Editor()


def test_a_task_that_somebody_starts_signs_with_its_own_name():
    rename.apply(kwargs={"pk": ItemFactory().pk})

    assert last().origin.endswith("rename")


def test_a_command_signs_with_its_name(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "argv", ["manage.py", "import_goods", "a.csv"])
    monkeypatch.setattr(management, "execute_from_command_line", lambda argv: seen.append(editors.current()))

    runpy.run_path("manage.py", run_name="__main__")

    assert seen == [editors.Editor(source="command", origin="import_goods")]


def test_a_device_that_is_paired_is_told_on_the_page_of_its_register():
    register, user = RegisterFactory(), UserFactory()
    code = pairing.issue(register=register, by=user, now=timezone.now())

    pairing.pair(code=code, device={"software": "Касса", "version": "2.1", "serial": "42"}, now=timezone.now())

    edit = Edit.objects.get(act="noted")
    assert (edit.model, edit.object_id) == (Register._meta.label_lower, register.pk)
    assert (edit.source, edit.note) == ("register", "A device was paired")
    assert set(edit.origin.split()) == {"Касса", "2.1", "42"}


class TestImport:
    def test_tells_of_the_file_and_of_every_row(self):
        user = UserFactory()
        SkuFactory(code="1")
        PriceTypeFactory()

        with editors.editing(source=EditSource.PAGE, by=user):
            take_in("prices", ["sku", "price"], ["1", "5"], ["1", "-5"])

        run = FileImport.objects.get()
        assert (run.kind, run.file_name, run.finished) == ("prices", "goods.csv", True)
        assert (run.new, run.changed, run.same, run.faulty) == (1, 0, 0, 1)
        line = Edit.objects.get(act="imported")
        assert (line.by, line.object_id, line.label, line.run) == (user, run.pk, "goods.csv", None)
        row = run.edits.get()
        assert (row.by, row.model, row.act) == (user, "retail.price", "added")

    def test_tells_what_was_written_before_it_broke_off(self, monkeypatch):
        monkeypatch.setattr(imports, "CHUNK", 1)
        SkuFactory(code="1")
        PriceTypeFactory()
        source = imports.read(kind="prices", file=csv_file(["sku", "price"], ["1", "5"], ["1", "6"]))

        outcomes = source.run(now=timezone.now(), file_name="prices.csv")
        next(outcomes)
        outcomes.close()

        run = FileImport.objects.get()
        assert (run.new, run.finished) == (1, False)
        assert run.edits.count() == 1

    def test_a_check_leaves_no_trace(self):
        SkuFactory(code="1")
        PriceTypeFactory()

        take_in("prices", ["sku", "price"], ["1", "5"], dry_run=True)

        assert not FileImport.objects.exists()
