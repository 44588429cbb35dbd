"""What the admin shows of loads: how far registers have come, and lists that cost the same however long."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from exchange.services import loads
from registers.models import RegisterStatus
from retail.choices import Role
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory
from tests.factories.retail import SkuFactory
from tests.stock.conftest import supply

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIST = "/admin/exchange/registerload/"


@pytest.fixture
def operator(client):
    user = UserFactory(role=Role.OPERATOR)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def _english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


def page(load, *action):
    return "/".join([LIST.rstrip("/"), str(load.pk), *(action or ["change"]), ""])


def post(load):
    return loads.post(load=load, by=UserFactory(), now=timezone.now())


@pytest.fixture
def posted(db):
    """A posted full load of a register that has taken half of it, and of one that was never heard."""
    taking, silent = RegisterFactory.create_batch(2)
    supply(taking.warehouse, {SkuFactory(): 1 for _sku in range(10)})
    load = post(RegisterLoadFactory(registers=[taking, silent]))
    line = load.lines.get(register=taking)
    RegisterStatusFactory(
        register=taking,
        load=1,
        goods_sent=line.goods_revision,
        goods_acknowledged=line.goods_revision,
        stock_sent=4,
        stock_acknowledged=3,
    )
    return load


def test_a_posted_load_shows_what_each_register_was_sent_and_has_acknowledged(client, operator, posted):
    content = client.get(page(posted)).content.decode()

    assert "3 / 10" in content
    assert "sent 4" in content
    assert "Waiting for the register" in content
    assert "Loading" in content
    assert 'name="registers"' not in content
    assert f'hx-get="{page(posted, "progress")}"' in content


def test_progress_is_asked_for_alone_until_everything_is_acknowledged(client, operator, posted):
    under_way = client.get(page(posted, "progress"))
    for line in posted.lines.all():
        RegisterStatus.objects.update_or_create(
            register=line.register,
            defaults={
                "load": line.sequence,
                "goods_sent": line.goods_revision,
                "goods_acknowledged": line.goods_revision,
                "stock_sent": line.stock_revision,
                "stock_acknowledged": line.stock_revision,
            },
        )
    done = client.get(page(posted, "progress"))

    assert under_way.content.decode().strip().startswith('<section id="load-progress"')
    assert "hx-get" in under_way.content.decode()
    assert "hx-get" not in done.content.decode()
    assert "2 / 2" in done.content.decode()


def test_a_draft_has_no_progress_to_show(client, operator):
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    assert "load-progress" not in client.get(page(load)).content.decode()
    assert client.get(page(load, "progress")).status_code == 404


def test_the_list_names_registers_and_how_many_are_done(client, operator, posted):
    RegisterLoadFactory(registers=RegisterFactory.create_batch(3), comment="Черновик")

    content = client.get(LIST).content.decode()

    assert "0 / 2" in content
    assert "Черновик" in content


@pytest.mark.parametrize(
    "asked", ["state__exact=posted", "kind__exact=full", "q=000001", "lines__register={register}", "q={number}"]
)
def test_the_list_is_narrowed(client, operator, posted, asked):
    posted.number = "000001"
    posted.save()
    line = posted.lines.select_related("register").first()
    RegisterLoadFactory(changes=True, number="000009")

    answer = client.get(f"{LIST}?{asked.format(register=line.register_id, number=line.register.number)}")

    assert answer.status_code == 200
    assert [load.pk for load in answer.context["cl"].result_list] == [posted.pk]


def test_the_list_costs_the_same_however_many_loads_and_registers(client, operator, django_assert_max_num_queries):
    def grow(count):
        for _load in range(count):
            post(RegisterLoadFactory(registers=RegisterFactory.create_batch(3)))

    grow(2)
    client.get(LIST)
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    grow(6)
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


def test_the_page_of_a_load_costs_the_same_however_many_registers(client, operator, django_assert_max_num_queries):
    small = post(RegisterLoadFactory(registers=RegisterFactory.create_batch(2)))
    large = post(RegisterLoadFactory(registers=[RegisterStatusFactory().register for _one in range(20)]))
    client.get(page(small))

    with django_assert_max_num_queries(14) as few:
        client.get(page(small))
    with django_assert_max_num_queries(len(few)):
        client.get(page(large))
