"""Per-receipt upload as people meet it on the page of a register."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exchange.models import UploadFetch, UploadSource
from exchange.services.uploads import telling, words
from registers.models import KkmTransaction
from retail.choices import Role
from retail.models import Edit
from tests.factories.exchange import UploadFetchFactory, UploadSourceFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.messages import event

pytestmark = pytest.mark.django_db
LIST = "/admin/registers/register/"


@pytest.fixture(autouse=True)
def _merchandiser(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(UserFactory(role=Role.MERCHANDISER))


def page(register, verb="change"):
    return f"{LIST}{register.pk}/{verb}/"


def shown(response):
    return response.content.decode()


def form(register, source=None, **upload):
    """What the page of a register sends, with its upload."""
    own = {name: getattr(register, name) for name in ("number", "name", "workplace", "stock_control")} | {
        f"{name}": getattr(register, f"{name}_id") for name in ("organization", "shop", "warehouse")
    }
    own["active"] = "on"
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": int(source is not None), "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1}
    said = {"mode": "receipt", "minutes": "10", "address": "http://127.0.0.1:9100", "register": register.pk, **upload}
    if source is not None:
        said["id"] = source.pk
    return own | {f"upload-{name}": value for name, value in rows.items()} | {
        f"upload-0-{name}": value for name, value in said.items()
    }  # fmt: skip


def test_a_register_that_is_set_to_be_fetched_is_visited_at_once(client, pulled, django_capture_on_commit_callbacks):
    register = RegisterFactory()
    pulled.kept = [event(1, "shift_open")]

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(page(register), form(register, address=f"{pulled.address}/", new_key="s3cret"))

    assert response.status_code == 302, response.context["errors"]
    source = UploadSource.objects.get()
    assert (source.address, source.key, source.failures) == (pulled.address, "s3cret", 0)
    assert KkmTransaction.objects.get().register == register
    assert "s3cret" not in shown(client.get(page(register)))
    assert "s3cret" not in str(list(Edit.objects.values_list("changes", flat=True)))


def test_saving_a_page_writes_nothing_of_the_state(client, pulled):
    source = UploadSourceFactory(address=pulled.address, key="k")
    opened = form(source.register, source, address=pulled.address, minutes="7")
    telling.tell(register_id=source.register_id, event="receipt", now=timezone.now())

    client.post(page(source.register), opened)

    source.refresh_from_db()
    assert (source.minutes, source.told, source.key) == (7, 1, "k")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"address": "http://10.1.1.1"}, "leads into a closed network"),
        ({"address": "ftp://127.0.0.1"}, "Begin the address with"),
        ({"address": "http://user:pass@127.0.0.1"}, "Leave the name and the password out"),
        ({"address": "http://127.0.0.1:99999"}, "This is not an address"),
        ({"new_key": "ключ"}, "A key is made of Latin letters"),
        ({"minutes": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_an_upload_is_refused_in_words(client, pulled, said, words):
    response = client.post(page(register := RegisterFactory()), form(register, **said))

    assert words in shown(response)
    assert not UploadSource.objects.exists()


def test_a_key_does_not_go_along_to_another_address(client, pulled):
    source = UploadSourceFactory(address=pulled.address, key="k")
    other = {"address": "http://127.0.0.1:1"}

    refused = client.post(page(source.register), form(source.register, source, **other))
    taken = client.post(page(source.register), form(source.register, source, **other, forget_key="on"))

    assert "The address is another one" in shown(refused)
    assert taken.status_code == 302
    source.refresh_from_db()
    assert (source.address, source.key) == (other["address"], "")


def test_another_address_is_another_memory_and_is_read_from_its_beginning(client, pulled):
    source = UploadSourceFactory(address="http://127.0.0.1:1", cursor="500")

    client.post(page(source.register), form(source.register, source, address="http://127.0.0.1:1", minutes="7"))
    source.refresh_from_db()
    assert source.cursor == "500"

    client.post(page(source.register), form(source.register, source, address=pulled.address))
    source.refresh_from_db()
    assert (source.address, source.cursor) == (pulled.address, "")


def test_the_page_says_how_it_goes_and_costs_the_same_for_many_visits(client, django_assert_max_num_queries):
    source = UploadSourceFactory(
        told=3, behind_since=timezone.now() - timedelta(minutes=5), last_error="timeout", failures=6,
        retry_at=timezone.now() + timedelta(minutes=5),
    )  # fmt: skip
    UploadFetchFactory(source=source, error="key_refused", error_detail="401")
    client.get(page(source.register))
    with django_assert_max_num_queries(60) as first:
        text = shown(client.get(page(source.register)))
    UploadFetchFactory.create_batch(5, source=source)

    with django_assert_max_num_queries(len(first)):
        client.get(page(source.register))

    for said in ("3 tells, for 5", "Left alone after failures", "answers too slowly", "refuses our key (401)"):
        assert said in text


def test_fetch_now_asks_first_and_passes_the_circuit_by(client, pulled, django_capture_on_commit_callbacks):
    later = timezone.now() + timedelta(hours=1)
    source = UploadSourceFactory(address=pulled.address, retry_at=later, due_at=later, failures=9, cursor="7")

    asked = client.get(page(source.register, "fetch-upload"))
    visits = UploadFetch.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page(source.register, "fetch-upload"), {"anew": "on"})

    assert pulled.address in shown(asked)
    source.refresh_from_db()
    assert (visits, UploadFetch.objects.get().reason, source.failures) == (0, "hand", 0)
    assert pulled.asked == [None]


def test_a_hook_is_shown_once(client):
    source = UploadSourceFactory()

    before = shown(client.get(page(source.register, "upload-hook")))
    made = shown(client.post(page(source.register, "upload-hook")))

    token = made.split("/kkm/v1/uploads/")[1].split("<")[0].strip()
    assert "/kkm/v1/uploads/" not in before
    assert telling.tell_by_hook(token=token, event="receipt", now=timezone.now()) is not None
    assert token not in shown(client.get(page(source.register, "upload-hook")))


def test_a_register_that_hands_over_itself_has_nothing_to_fetch(client):
    register = RegisterFactory()

    assert "fetch-upload" not in shown(client.get(page(register)))
    assert client.post(page(register, "fetch-upload")).status_code == 404


def test_whoever_may_not_set_registers_sees_no_form_and_may_have_them_visited_by_role(client):
    source = UploadSourceFactory(key="k-123")
    client.force_login(UserFactory(role=Role.ACCOUNTANT))

    text = shown(client.get(page(source.register)))
    refused = client.post(page(source.register, "fetch-upload"))

    assert "new_key" not in text
    assert "k-123" not in text
    assert refused.status_code == 403


def test_registers_in_error_are_counted_and_found(client):
    failing = UploadSourceFactory(failures=1, last_error="timeout").register
    UploadSourceFactory()

    listed = client.get(LIST, {"upload": "error"}).context["cl"].result_list

    assert list(listed) == [failing]
    assert reverse("admin:registers_register_changelist") + "?upload=error" in shown(client.get("/admin/"))


def test_every_failure_has_its_sentence():
    for code in words.FAILURES:
        assert "%(" not in words.failure(code, "x")
