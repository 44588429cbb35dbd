"""A request under an `Idempotency-Key` is done once, whatever happens to its answers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.db import connections
from django.utils import timezone

from retail.exceptions import DomainError
from retail.models import KeptAnswer, Price
from retail.services import answers
from tests.factories.people import UserFactory
from tests.factories.retail import PriceFactory, PriceTypeFactory, SkuFactory
from tests.retail.programs import Program, refusal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Full(DomainError):
    code = "full"


def once(user, act, *, key="k", asked="f"):
    return answers.once(
        user=user,
        key=key,
        asked=asked,
        act=act,
        refused=lambda refusal: answers.Answer(refusal.status, refusal.code),
        now=NOW,
    )


def refuse():
    raise Full("full")


@pytest.mark.django_db
def test_the_second_request_is_answered_as_the_first_and_does_nothing():
    user, done = UserFactory(), []

    def act():
        done.append(1)
        return answers.Answer(201, f"{len(done)}")

    first, second = once(user, act), once(user, act)

    assert (first.status, first.body, first.repeated) == (201, "1", False)
    assert (second.status, second.body, second.repeated) == (201, "1", True)


@pytest.mark.django_db
def test_a_refusal_is_kept_and_what_was_done_before_it_is_undone():
    user, price = UserFactory(), PriceFactory()

    def act():
        Price.objects.filter(pk=price.pk).delete()
        refuse()

    assert once(user, act).body == "full"
    assert once(user, lambda: answers.Answer(200, "done")).body == "full"
    assert Price.objects.filter(pk=price.pk).exists()


@pytest.mark.django_db
def test_an_accident_leaves_the_key_unspent():
    user = UserFactory()

    with pytest.raises(ZeroDivisionError):
        once(user, lambda: 1 / 0)

    assert once(user, lambda: answers.Answer(200, "done")).body == "done"


@pytest.mark.django_db
def test_a_server_that_is_busy_leaves_the_key_unspent():
    user = UserFactory()

    class Busy(DomainError):
        status = 503

    def busy():
        raise Busy("busy")

    with pytest.raises(Busy):
        once(user, busy)
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db
def test_a_key_belongs_to_one_request_of_one_person():
    one, other = UserFactory(), UserFactory()
    once(one, lambda: answers.Answer(200, "first"))

    with pytest.raises(answers.KeyReused):
        once(one, lambda: answers.Answer(200, "second"), asked="another")
    assert once(other, lambda: answers.Answer(200, "his own"), asked="another").body == "his own"


def test_the_order_of_fields_does_not_make_another_request():
    def of(body):
        return answers.fingerprint(method="POST", path="/x", body=body)

    assert of({"a": 1, "b": [2]}) == of({"b": [2], "a": 1})
    assert of({"a": 1}) != of({"a": 2})


@pytest.mark.django_db
def test_old_answers_are_forgotten():
    user = UserFactory()
    once(user, lambda: answers.Answer(200, "old"))

    assert answers.forget_old(now=NOW + timedelta(days=29)) == 0
    assert answers.forget_old(now=NOW + timedelta(days=31)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_it_once_and_are_answered_alike():
    user, began, done = UserFactory(), Event(), []

    def act():
        done.append(1)
        began.set()
        Event().wait(0.3)
        return answers.Answer(200, f"{len(done)}")

    def ask():
        try:
            return once(user, act)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(ask)
        began.wait(5)
        second = pool.submit(ask)

    assert [first.result().body, second.result().body] == ["1", "1"]
    assert [first.result().repeated, second.result().repeated] == [False, True]


# Over HTTP


@pytest.fixture
def asked(db):
    return {"prices": [{"sku": SkuFactory().code, "price_type": PriceTypeFactory().pk, "amount": "5.00"}]}


def test_a_repeated_post_is_answered_letter_for_letter(asked):
    program = Program()

    first = program.post("prices", asked, key="k-1")
    Price.objects.update(amount=7, valid_from=timezone.now() - timedelta(days=1))
    second = program.post("prices", asked, key="k-1")

    assert first[0] == 201
    assert second == first
    assert program.headers["Idempotency-Replayed"] == "true"
    assert Price.objects.get().amount == 7


def test_the_same_key_with_another_body_is_refused(asked):
    program = Program()
    program.post("prices", asked, key="k-1")
    asked["prices"][0]["amount"] = "6.00"

    assert refusal(program.post("prices", asked, key="k-1"))[:2] == (409, "idempotency_key_reused")
    assert Price.objects.get().amount == 5


def test_a_request_that_made_no_sense_leaves_its_key_unspent(asked):
    program = Program()
    wrong = {"prices": [{**asked["prices"][0], "amount": "-1"}]}

    assert program.post("prices", wrong, key="k-1")[0] == 400
    assert program.post("prices", asked, key="k-1")[0] == 201


@pytest.mark.parametrize("key", ["x" * 101, "with space", "ключ"])
def test_a_key_is_short_and_printable(asked, key):
    status, code, attr = refusal(Program().call("post", "prices", asked, **{"Idempotency-Key": key}))

    assert (status, code, attr) == (400, "invalid", "Idempotency-Key")
