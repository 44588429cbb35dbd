"""Price lists of a device: what it is told, in which packages, and how it is known to have got them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from exchange.choices import TransferState
from exchange.models import DeviceState, PricePart, PriceTransfer
from exchange.protocols.equipment_service import schemas
from exchange.protocols.equipment_service.formats import FORMATS
from exchange.services import loads
from exchange.services.equipment_service import building, transfers
from retail.models import VatRate
from tests.exchange.equipment_till import Device, Fault, build_lists, codes
from tests.exchange.rules import leave, priced
from tests.factories.exchange import EquipmentFactory, RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.retail import CharacteristicFactory, ItemFactory, ItemGroupFactory, PackFactory, PriceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    return Device(EquipmentFactory(format_version=3003))


@pytest.fixture
def rule(device):
    return device.equipment.rule


def reprice(rule, sku, amount="10"):
    PriceFactory(
        sku=sku, price_type=rule.warehouse.retail_price_type, amount=Decimal(amount), valid_from=timezone.now()
    )


def finish(device):
    """Do what a device does once it is done with goods."""
    device.call("GetDocs", DocType="Order")


def test_the_first_list_is_full_and_the_next_tells_only_changes(device, rule):
    milk, bread = priced(rule), priced(rule)
    first = device.package(device.prepare())
    finish(device)
    reprice(rule, bread)

    second = device.package(device.prepare())

    assert codes(first) == [milk.code, bread.code]
    assert first.find("{*}PriceList").get("FullExport") == "true"
    assert codes(second) == [bread.code]
    assert "FullExport" not in second.find("{*}PriceList").attrib


def test_a_list_without_goods_is_one_empty_package(device):
    package = device.package(device.prepare())

    assert (package.get("PackageNumber"), package.get("PackageTotal")) == ("1", "1")
    assert package.findtext("{*}IsFormed") == "true"
    assert package.find("{*}PriceList") is not None


def test_goods_go_in_packages_of_the_rules_size(device, rule):
    rule.package_size = 2
    rule.save()
    made = [priced(rule).code for _ in range(5)]
    uid = device.prepare()

    packages = [device.package(uid) for _ in range(3)]

    assert [codes(package) for package in packages] == [made[:2], made[2:4], made[4:]]
    assert [package.get("PackageNumber") for package in packages] == ["1", "2", "3"]
    assert {package.get("PackageTotal") for package in packages} == {"3"}
    assert {len(list(package.iter("{*}Unit"))) for package in packages} == {1}


def test_a_package_that_holds_the_last_goods_is_followed_by_none(device, rule):
    rule.package_size = 2
    rule.save()
    for _ in range(4):
        priced(rule)

    assert device.package(device.prepare()).get("PackageTotal") == "2"


def test_until_a_list_is_built_no_package_is_formed(device, rule):
    priced(rule)
    uid = device.prepare(build=False)

    before = device.package(uid)
    build_lists()
    after = device.package(uid)

    assert (before.findtext("{*}IsFormed"), before.get("PackageNumber")) == ("false", "0")
    assert after.findtext("{*}IsFormed") == "true"


def test_a_list_that_nobody_has_fetched_is_the_same_list(device):
    first = device.prepare(build=False)

    assert device.prepare() == first
    assert device.prepare() == first


def test_what_was_answered_and_not_confirmed_is_told_again(device, rule):
    sku = priced(rule)
    device.package(device.prepare())

    again = device.package(device.prepare())

    assert codes(again) == [sku.code]


def test_what_was_answered_by_a_part_of_its_packages_is_told_again_whole(device, rule):
    rule.package_size = 1
    rule.save()
    made = [priced(rule).code for _ in range(3)]
    uid = device.prepare()
    device.package(uid)
    device.package(uid)
    finish(device)

    assert device.take() == made


@pytest.mark.parametrize("operation", ["GetDocs", "PostDocs"])
def test_what_a_device_does_after_goods_says_that_it_has_got_them(device, rule, operation):
    priced(rule)
    device.take()
    device.call(operation, **({"DocType": "Order"} if operation == "GetDocs" else {"DocType": "x", "Document": "y"}))

    assert device.take() == []
    assert DeviceState.objects.get().confirmed_at is not None


def test_what_a_device_does_hours_later_says_nothing(device, rule):
    sku = priced(rule)
    device.take()
    PriceTransfer.objects.update(answered_at=timezone.now() - timedelta(hours=1))
    finish(device)

    assert device.take() == [sku.code]


def test_what_a_device_does_after_it_has_asked_anew_says_nothing_of_the_list_before(device, rule):
    sku = priced(rule)
    device.take()
    device.prepare()
    finish(device)

    assert device.take() == [sku.code]


def test_a_device_that_only_takes_prices_is_not_told_everything_for_ever(device, rule):
    milk, bread = priced(rule), priced(rule)

    told = [device.take(), device.take()]
    reprice(rule, bread)
    told += [device.take(), device.take(), device.take()]

    everything = [milk.code, bread.code]
    assert told == [everything, everything, [bread.code], [bread.code], []]


def test_the_last_package_is_told_once_more_to_whoever_lost_it(device, rule):
    sku = priced(rule)
    uid = device.prepare()

    packages = [device.package(uid) for _ in range(3)]

    assert [codes(package) for package in packages] == [[sku.code], [sku.code], []]
    assert packages[2].findtext("{*}IsFormed") == "false"


def test_a_list_is_told_from_its_beginning_when_the_device_wants_it_so(device, rule):
    rule.package_size = 1
    rule.save()
    made = [priced(rule).code for _ in range(2)]
    uid = device.prepare()
    device.package(uid)
    device.package(uid)

    again = [device.package(uid, restart=True), device.package(uid)]

    assert [codes(package) for package in again] == [[code] for code in made]


def test_of_a_list_that_the_device_has_asked_anew_no_package_is_left(device, rule):
    sku = priced(rule)
    first = device.prepare()
    device.package(first)

    second = device.prepare()

    assert device.package(first).findtext("{*}IsFormed") == "false"
    assert codes(device.package(second)) == [sku.code]
    assert set(PricePart.objects.values_list("transfer__uid", flat=True)) == {second}


def test_a_list_that_was_superseded_before_it_was_built_is_not_built(device):
    first = device.prepare(build=False)
    device.call("GetPriceList")

    build_lists()

    assert PriceTransfer.objects.get(uid=first).state == TransferState.FAILED
    assert device.package(first).findtext("{*}IsFormed") == "false"
    assert device.prepare(build=False) != first


def test_nobody_takes_the_list_of_another_device(device, rule):
    priced(rule)
    other = Device(EquipmentFactory(format_version=3003))

    package = other.package(device.prepare())

    assert package.findtext("{*}IsFormed") == "false"


def test_a_full_list_that_is_asked_for_is_another_one_than_the_changes(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)
    changes = device.prepare()

    full = device.call("PrepareFullPriceList", FullPriceList="true")
    build_lists()

    assert full != changes
    assert codes(device.package(full)) == [sku.code]


def test_a_list_whose_rule_has_changed_since_is_not_handed_out_again(device, rule):
    first = device.prepare()

    rule.priced_only = False
    rule.save()

    assert device.prepare() != first


def test_a_full_list_may_be_asked_for(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)
    uid = device.call("PrepareFullPriceList", FullPriceList="true")
    build_lists()

    assert codes(device.package(uid)) == [sku.code]


def test_a_changed_rule_makes_the_next_list_full(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)

    rule.priced_only = False
    rule.save()

    assert device.take() == [sku.code]


def test_an_order_of_a_full_load_makes_the_next_list_full(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)
    _post_load(device)

    told = [device.take()]
    finish(device)
    told.append(device.take())

    assert told == [[sku.code], []]


def _post_load(device):
    register = device.equipment.register
    load = RegisterLoadFactory(registers=[register], organization=register.organization)
    loads.post(load=load, by=UserFactory(), now=timezone.now())


def test_another_version_of_the_format_makes_the_next_list_full(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)

    device.equipment.format_version = 3002
    device.equipment.save()

    assert device.take() == [sku.code]


def test_a_list_without_packages_is_known_to_have_come_in_the_same_way(device, rule):
    sku = priced(rule)

    told = [codes(device.document("GetPriceList")), codes(device.document("GetPriceList"))]
    finish(device)
    told.append(codes(device.document("GetPriceList")))

    assert told == [[sku.code], [sku.code], []]


def test_a_list_whose_packages_went_to_a_later_one_is_not_told_as_an_empty_one(device, rule, monkeypatch):
    priced(rule)
    build = transfers.build

    def build_and_be_superseded(**given):
        build(**given)
        transfers.prepare(equipment=device.equipment, full=False, now=timezone.now())

    monkeypatch.setattr(transfers, "build", build_and_be_superseded)

    with pytest.raises(Fault, match="asked for another one"):
        device.call("GetPriceList")
    assert PriceTransfer.objects.answered().count() == 0


def test_a_list_that_was_asked_for_anew_while_it_was_built_says_so(device, rule, monkeypatch):
    build = transfers.build

    def be_superseded_and_build(*, transfer_id, now):
        transfers.prepare(equipment=device.equipment, full=False, now=now)
        build(transfer_id=transfer_id, now=now)

    monkeypatch.setattr(transfers, "build", be_superseded_and_build)

    with pytest.raises(Fault, match="asked for another one"):
        device.call("GetPriceList")


def test_what_is_left_is_told_when_it_changes(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)
    leave(rule, sku, Decimal("3.5"))

    [good] = device.package(device.prepare()).iter("{*}Good")

    assert good.get("Balance") == "3.5"


def test_what_must_not_be_sold_any_more_goes_without_price_and_balance(device, rule):
    sku = priced(rule)
    device.take()
    finish(device)
    sku.withdrawn = True
    sku.save()

    [good] = device.package(device.prepare()).iter("{*}Good")

    assert good.get("Code") == sku.code
    assert {"Price", "Balance"}.isdisjoint(good.attrib)


def test_an_item_goes_with_all_its_variants_and_packs(device, rule):
    item = ItemFactory(vat_rate=VatRate.objects.get(code="10"), group=ItemGroupFactory())
    small, large = CharacteristicFactory(item=item), CharacteristicFactory(item=item)
    box = PackFactory(item=item)
    made = [
        priced(rule, item=item, characteristic=small),
        priced(rule, item=item, characteristic=large),
        priced(rule, item=item, characteristic=large, pack=box),
    ]

    root = device.package(device.prepare())

    [good] = root.iter("{*}Good")
    assert (good.get("HasCharacteristics"), good.get("HasPacks")) == ("true", None)
    assert [one.get("Code") for one in good.iter("{*}Characteristic")] == [made[0].code, made[1].code]
    assert [one.get("Code") for one in good.iter("{*}Pack")] == [made[2].code]
    assert good.get("GroupCode") == str(item.group_id)
    assert item.group.name in [one.get("Name") for one in root.iter("{*}Group")]


def test_a_pack_of_an_item_with_variants_goes_as_one_of_them(device, rule):
    item = ItemFactory(vat_rate=VatRate.objects.get(code="10"))
    made = [
        priced(rule, item=item, characteristic=CharacteristicFactory(item=item)),
        priced(rule, item=item, pack=PackFactory(item=item)),
    ]

    [good] = device.package(device.prepare()).iter("{*}Good")

    assert {one.get("Code") for one in good.iter("{*}Characteristic")} == {sku.code for sku in made}


def test_an_item_in_packs_says_how_much_each_holds(device, rule):
    item = ItemFactory(vat_rate=VatRate.objects.get(code="10"))
    single, box = priced(rule, item=item), priced(rule, item=item, pack=PackFactory(item=item, quantity=6))

    [good] = device.package(device.prepare()).iter("{*}Good")

    assert (good.get("Code"), good.get("HasPacks")) == (single.code, "true")
    [pack] = good.iter("{*}Pack")
    assert (pack.get("Code"), pack.get("UnitsPerPack")) == (box.code, "6")


def test_a_list_that_cannot_be_built_is_a_fault_and_is_not_used_again(device, rule, monkeypatch):
    def fail(**kwargs):
        raise schemas.Mismatch("нет слова")

    monkeypatch.setattr(building, "build", fail)
    uid = device.prepare()

    with pytest.raises(Fault, match="нет слова"):
        device.package(uid)
    assert device.prepare(build=False) != uid


def test_trouble_while_a_list_is_built_is_kept_and_told_without_its_words(device, monkeypatch):
    def fail(**kwargs):
        raise ZeroDivisionError("inner words")

    monkeypatch.setattr(building, "build", fail)

    with pytest.raises(Fault) as fault:
        device.call("GetPriceList")

    assert "inner words" not in str(fault.value)
    assert PriceTransfer.objects.get().state == TransferState.FAILED


def test_a_list_whose_builder_died_is_built_by_another(device):
    device.prepare(build=False)
    long_ago = timezone.now() - transfers.STUCK - timedelta(minutes=1)
    PriceTransfer.objects.update(state=TransferState.BUILDING, claimed_at=long_ago)

    build_lists()

    assert PriceTransfer.objects.get().state == TransferState.READY


def test_a_list_is_built_once(device):
    device.prepare()

    assert not transfers.build(transfer_id=PriceTransfer.objects.get().pk, now=timezone.now())


def test_packages_that_have_been_got_are_thrown_away(device, rule):
    priced(rule)
    device.take()
    assert PricePart.objects.exists()

    finish(device)

    assert not PricePart.objects.exists()


def test_old_lists_are_thrown_away(device):
    device.prepare()
    PriceTransfer.objects.update(created_at=timezone.now() - transfers.KEPT - timedelta(days=1))

    assert transfers.forget_old(now=timezone.now()) == 1
    assert not PricePart.objects.exists()


@pytest.mark.parametrize("version", sorted(FORMATS))
def test_packages_are_valid_in_every_version(device, rule, version):
    device.equipment.format_version = version
    device.equipment.save()
    sku = priced(rule, rate="10")

    package = device.package(device.prepare())

    schemas.check(package, FORMATS[version])
    named = "{*}Good" if version >= 2000 else "{*}RecordGood"
    assert [one.get("Code") for one in package.iter(named)] == [sku.code]


def test_the_number_of_statements_does_not_grow_with_goods(device, rule, django_assert_max_num_queries):
    for _ in range(20):
        priced(rule)
    uid = device.prepare(build=False)
    [transfer_id] = transfers.due(now=timezone.now())

    with django_assert_max_num_queries(20):
        transfers.build(transfer_id=transfer_id, now=timezone.now())
    with django_assert_max_num_queries(20):
        device.package(uid)
