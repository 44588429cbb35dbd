"""Loaders of one file at once: real threads on PostgreSQL, and a test that would notice a missing lock."""

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest

from exchange.models import TransactionFile
from exchange.services.transaction_files import loading, receiving
from registers.models import KkmTransaction
from tests.billing.test_operations_at_once import at_once, refused
from tests.exchange.test_transaction_files import _archive, counts, handed, lines, told  # noqa: F401
from tests.factories.registers import RegisterFactory
from tests.stock.holding import balance, stocked

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def load_in_three(monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 3)
    register = RegisterFactory()
    milk = stocked(register, 1000, name="Молоко", code="10001")
    file = handed(register, lines(*(told(number) for number in range(1, 20))) + b"?\n")

    answers = at_once(*[lambda: loading.load(file=file, now=NOW)] * 3)

    return register, milk, answers, TransactionFile.objects.get()


@contextmanager
def in_company(_kind, _which):
    yield True


def test_of_three_loaders_one_does_the_work(monkeypatch):
    batches, take_in = [], loading._take_in
    monkeypatch.setattr(loading, "_take_in", lambda *given: (batches.append(1), take_in(*given))[1])

    _register, _milk, answers, file = load_in_three(monkeypatch)

    assert (refused(answers), file.state) == ([], "done")
    assert len(batches) == 7


def test_three_loaders_take_each_batch_in_once(monkeypatch):
    monkeypatch.setattr(loading.sole, "alone", in_company)

    register, milk, answers, file = load_in_three(monkeypatch)

    assert refused(answers) == []
    assert (file.state, file.lines, counts(file)) == ("done", 20, {"accepted": 19, "quarantined": 1})
    assert (KkmTransaction.objects.count(), balance(register, milk).sold) == (19, 19)
    assert file.quarantine.count() == 1


def test_without_the_lock_the_counts_would_be_wrong(monkeypatch):
    monkeypatch.setattr(loading.sole, "alone", in_company)
    monkeypatch.setattr(loading, "_is_ours", lambda _file: True)

    _register, _milk, answers, file = load_in_three(monkeypatch)

    assert refused(answers) or counts(file) != {"accepted": 19, "quarantined": 1}


def test_a_file_handed_over_twice_at_once_is_one():
    register = RegisterFactory()

    answers = at_once(*[lambda: handed(register, lines(told(1)))] * 3)

    assert refused(answers) == []
    assert {answer.pk for answer in answers} == {TransactionFile.objects.get().pk}


def test_two_files_that_overlap_add_each_receipt_once(monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 3)
    register = RegisterFactory()
    milk = stocked(register, 1000, name="Молоко", code="10001")
    receipts = [told(number) for number in range(1, 31)]
    files = [handed(register, lines(*receipts[:20]) + b"?\n"), handed(register, lines(*receipts[10:]))]

    answers = at_once(*(partial(loading.load, file=file, now=NOW) for file in files))

    assert refused(answers) == []
    of_both = Counter(counts(answers[0])) + Counter(counts(answers[1]))
    assert of_both == {"accepted": 30, "duplicate": 10, "quarantined": 1}
    assert (KkmTransaction.objects.count(), balance(register, milk).sold) == (30, 30)


def test_a_file_is_not_begun_again_while_it_is_loaded(monkeypatch):
    register = RegisterFactory()
    file = handed(register, lines(told(1)))
    refusals = []

    def again(moved):
        with pytest.raises(receiving.StillLoading) as refusal:
            receiving.again(file=moved)
        refusals.append(refusal)

    loading.load(file=file, now=NOW, told=again)

    assert len(refusals) == 1
