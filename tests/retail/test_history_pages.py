"""The history of edits as people read it: on the page of what was edited, and in one list."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from registers.models import Register
from retail.admin import edit_words
from retail.choices import EditSource, Role
from retail.models import Barcode, Constants, Edit, FileImport, Item, Price, Sku
from retail.services import editors, edits
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import (
    BarcodeFactory,
    ItemFactory,
    ItemGroupFactory,
    PackFactory,
    PriceFactory,
    PriceTypeFactory,
    ShopFactory,
    SkuFactory,
)
from tests.retail.admin import page, signed_in
from tests.retail.files import take_in

pytestmark = pytest.mark.django_db


def history(obj, client=None):
    opts = obj._meta
    return (client or signed_in()).get(page(f"{opts.app_label}_{opts.model_name}_history", obj.pk))


def entries(response):
    return [told for act in response.context["acts"] for told in act.entries]


def said(told):
    return {change.title: (change.old, change.new) for change in told.changes}


def listed(client=None, **narrowed):
    response = (client or signed_in()).get(page("retail_edit_changelist"), narrowed)
    return [edit.told for edit in response.context["cl"].result_list]


class TestPage:
    def test_tells_who_and_when_and_what_it_was_and_became(self):
        item, user = ItemFactory(name="Сыр"), UserFactory(first_name="Анна", last_name="Ким")
        with editors.editing(source=EditSource.PAGE, by=user):
            Item.objects.filter(pk=item.pk).update(name="Сыр молодой")

        response = history(item)

        act = response.context["acts"][0]
        assert (act.who, act.how) == ("Анна Ким", "")
        assert said(act.entries[0]) == {"Name": ("Сыр", "Сыр молодой")}
        text = response.content.decode()
        assert "<del>Сыр</del>" in text
        assert "<ins>Сыр молодой</ins>" in text

    def test_has_a_button_on_the_page_of_what_is_edited(self):
        item = ItemFactory()

        text = signed_in().get(page("retail_item_change", item.pk)).content.decode()

        assert page("retail_item_history", item.pk) in text

    def test_names_what_keys_point_at_and_labels_of_choices(self, settings):
        old, new = ItemGroupFactory(name="Сыры"), ItemGroupFactory(name="Молоко")
        item = ItemFactory(group=old)
        Item.objects.filter(pk=item.pk).update(group=new, kind="service", weighed=True)

        assert said(entries(history(item))[0]) == {
            "Group": ("Сыры", "Молоко"),
            "Kind": ("Goods", "Service"),
            "Weighed": ("No", "Yes"),
        }

    def test_names_what_a_key_pointed_at_before_it_was_deleted(self):
        group = ItemGroupFactory(name="Сыры")
        item = ItemFactory(group=group)
        Item.objects.filter(pk=item.pk).update(group=None)
        group.delete()

        assert said(entries(history(item))[0]) == {"Group": ("Сыры", "–")}

    def test_writes_numbers_and_moments_as_people_do(self, in_russian):
        moment = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
        price = PriceFactory(amount=1, valid_from=moment)
        Price.objects.filter(pk=price.pk).update(amount="12345.60")

        [changed, added] = [told for told in entries(history(price.sku)) if told.what.lower() == "цена"]

        assert said(changed) == {"Цена": ("1,00", "12\xa0345,60")}
        assert said(added)["Действует с"] == ("", "01.12.2026 09:30")

    def test_of_an_sku_shows_its_barcodes_and_prices(self):
        sku = SkuFactory()
        BarcodeFactory(sku=sku, value="4607000001370")
        PriceFactory(sku=sku)
        Barcode.objects.all().delete()

        shown = [(told.verb, told.what) for told in entries(history(sku))]

        assert shown == [("Deleted", "Barcode"), ("Added", "Price"), ("Added", "Barcode"), ("Added", "SKU")]

    def test_of_an_item_shows_its_skus_and_packs(self):
        sku = SkuFactory()
        PackFactory(item=sku.item)
        PriceFactory(sku=sku)

        shown = [told.what for told in entries(history(sku.item))]

        assert shown == ["Price", "Pack", "SKU", "Item"]

    def test_of_a_price_shows_that_price_alone(self):
        price, _other = PriceFactory(), PriceFactory()
        PriceFactory(sku=price.sku)

        assert [told.what for told in entries(history(price))] == ["Price"]

    def test_of_a_person_shows_roles_by_name_and_no_password(self):
        user = UserFactory()
        user.groups.set(Group.objects.filter(name__in=[Role.ACCOUNTANT, Role.MERCHANDISER]))
        user.set_password("another one")
        user.save()

        password, roles, *_rest = entries(history(user))

        assert said(password) == {"Password": ("", "changed, and not shown")}
        [change] = roles.changes
        assert (change.title, change.old, change.new) == ("Roles", "", "Merchandiser; Accountant")

    def test_of_a_role_shows_permissions_in_words(self):
        role = Group.objects.create(name="Guard")
        role.permissions.add(Permission.objects.get(codename="view_price"))

        [change] = entries(history(role))[0].changes

        assert change.title == "Permissions"
        assert change.new.endswith("price | viewing")

    def test_counts_the_links_that_are_too_many_to_name(self):
        role = Group.objects.create(name="Guard")
        role.permissions.add(*Permission.objects.all()[:30])

        [change] = entries(history(role))[0].changes

        assert change.new.endswith("and 10 more")

    def test_of_a_register_shows_how_it_was_set_and_who_let_a_device_in(self):
        register = RegisterFactory(stock_control="none")
        Register.objects.filter(pk=register.pk).update(stock_control="external")
        edits.note(of=register, said="Made a pairing code", now=timezone.now())

        shown = entries(history(register))

        assert {"Stock control": ("No control", "External stock control")} in [said(told) for told in shown]
        assert "Made a pairing code" in [told.note for told in shown]

    def test_of_a_schedule_shows_when_it_was_switched_off(self):
        task = PeriodicTask.objects.order_by("pk")[0]
        PeriodicTask.objects.filter(pk=task.pk).update(enabled=False)

        assert said(entries(history(task))[0]) == {"Enabled": ("Yes", "No")}

    def test_of_constants_shows_what_was_switched(self):
        Constants.objects.update(packet_size=500)

        assert said(entries(history(Constants.objects.get()))[0]) == {"Number of items per packet": ("0", "500")}

    def test_puts_together_what_was_done_at_once(self):
        sku = SkuFactory()
        BarcodeFactory.create_batch(2, sku=sku)

        assert len(history(sku).context["acts"]) == 1

    def test_is_shown_in_pages(self):
        item = ItemFactory()
        for number in range(60):
            Item.objects.filter(pk=item.pk).update(article=f"{number}")

        first = history(item)
        second = signed_in().get(page("retail_item_history", item.pk), {"p": 2})

        assert len(entries(first)) == 50
        assert len(entries(second)) == 11

    def test_is_for_those_who_may_see_what_is_edited(self):
        item = ItemFactory()

        assert history(item, signed_in(UserFactory(merchandiser=True))).status_code == 200
        assert history(item, signed_in(UserFactory())).status_code == 403

    def test_of_what_is_not_there_leads_back(self):
        assert signed_in().get(page("retail_item_history", 404)).status_code == 302

    def test_of_what_nobody_edited_says_so(self):
        shop = ShopFactory()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('prilavok.forgetting', 'on', true)")
            cursor.execute("DELETE FROM retail_edit")

        assert "Nothing has been edited here" in history(shop).content.decode()

    def test_asks_as_much_of_the_database_for_many_edits_as_for_few(self):
        few, many = SkuFactory(), SkuFactory()
        for sku, count in ((few, 1), (many, 30)):
            BarcodeFactory.create_batch(count, sku=sku)
            PriceFactory.create_batch(count, sku=sku)
        client = signed_in()

        asked = []
        for sku in (few, many):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert history(sku, client).status_code == 200
            asked.append(len(queries))

        assert asked[1] <= asked[0] <= 20

    def test_speaks_of_what_is_gone_from_the_product(self):
        """A row told by an older release: its model, its column or its choice may not be here any more."""
        edit = Edit(
            at=timezone.now(),
            act="changed",
            model="retail.gone",
            object_id=1,
            label="That",
            page_model="retail.gone",
            page_id=1,
            changes={"colour": ["red", "green"]},
        )

        [told] = edit_words.describe([edit])

        assert (told.what, told.name, told.page_url) == ("retail.gone", "That", None)
        assert said(told) == {"Colour": ("red", "green")}


class TestList:
    def test_shows_all_edits_the_latest_first(self):
        shop, item = ShopFactory(), ItemFactory()

        named = [told.name for told in listed()]

        assert named.index(item.name) < named.index(str(shop))

    def test_is_narrowed_to_one_person(self):
        user = UserFactory()
        with editors.editing(source=EditSource.PAGE, by=user):
            item = ItemFactory()
        ItemFactory()

        assert item.name in [told.name for told in listed(who=user.pk)]
        assert {told.who for told in listed(who=user.pk)} == {user.get_full_name()}

    def test_is_narrowed_to_what_ran_on_schedule(self):
        with editors.editing(source=EditSource.SCHEDULE, origin="Announce prices that have begun"):
            ItemFactory()

        assert {told.who for told in listed(who="nobody-schedule")} == {"On schedule"}

    def test_is_narrowed_to_a_kind_with_its_parts(self):
        BarcodeFactory()

        assert {told.what for told in listed(what="retail.sku")} == {"SKU", "Barcode"}

    def test_is_narrowed_to_days(self, in_russian):
        ItemFactory()
        today = timezone.localdate().strftime("%d.%m.%Y")

        assert listed(at_from=today)
        assert not listed(at_to="01.01.2020")

    def test_is_searched_by_what_a_row_called_itself(self):
        ItemFactory(name="Кефир"), ItemFactory(name="Сыр")

        assert [told.name for told in listed(q="кефир")] == ["Кефир"]

    def test_shows_an_import_as_one_line_and_its_rows_when_asked(self):
        SkuFactory(code="1")
        PriceTypeFactory()
        take_in("prices", ["sku", "price"], ["1", "5"], ["1", "-5"])
        run = FileImport.objects.get()

        lines = listed(what="retail.fileimport")
        rows = listed(**{"import": run.pk})

        assert [(told.what, told.note) for told in lines] == [
            ("Import: prices", "1 new, 0 changed, 0 the same, 1 faulty")
        ]
        assert [(told.what, told.verb) for told in rows] == [("Price", "Added")]
        assert rows[0].how.endswith("import of goods.csv")

    def test_says_of_an_import_that_it_broke_off(self):
        run = edits.begin_import(kind="items", file_name="half.csv", now=timezone.now())

        [told] = edit_words.describe(list(Edit.objects.filter(act="imported")))

        assert (told.run, told.note) == (run, "0 new, 0 changed, 0 the same, 0 faulty; not read to the end")

    def test_leads_to_what_was_edited_unless_it_is_gone(self):
        group, gone = ItemGroupFactory(), ItemGroupFactory(name="Сыры")
        gone.delete()

        urls = {told.name: told.page_url for told in listed(what="retail.itemgroup")}

        assert urls == {group.name: page("retail_itemgroup_change", group.pk), "Сыры": None}

    def test_is_for_the_administrator(self):
        assert signed_in(UserFactory(administrator=True)).get(page("retail_edit_changelist")).status_code == 200
        assert signed_in(UserFactory(merchandiser=True)).get(page("retail_edit_changelist")).status_code == 403

    def test_is_only_read(self):
        ItemFactory()
        client, edit = signed_in(), Edit.objects.order_by("-pk")[0]

        assert client.get(page("retail_edit_add")).status_code == 403
        assert client.post(page("retail_edit_delete", edit.pk), {"post": "yes"}).status_code == 403
        assert client.post(page("retail_edit_change", edit.pk), {"note": "x"}).status_code == 403
        assert Edit.objects.get(pk=edit.pk).note == ""

    def test_asks_as_much_of_the_database_for_many_edits_as_for_few(self):
        client = signed_in()
        BarcodeFactory()
        PriceFactory()
        asked = []
        for _round in range(2):
            with CaptureQueriesContext(connection) as queries:
                assert len(listed(client)) <= 50
            asked.append(len(queries))
            BarcodeFactory.create_batch(20)
            PriceFactory.create_batch(20)

        assert asked[1] <= asked[0] <= 25
        assert Sku.objects.count() > 40

    @pytest.mark.parametrize("value", ["nobody-\x00", "-1", "²", "x' --"])
    def test_of_garbage_narrows_nothing_or_finds_nothing(self, value):
        names = ["who", "what", "import", "act__exact", "at_from", "p", "o", "q"]

        response = signed_in().get(page("retail_edit_changelist"), dict.fromkeys(names, value), follow=True)

        assert response.status_code == 200
