"""Two bodies under one key, side by side."""

import pytest

from registers.models import KkmTransaction
from tests.factories.registers import (
    KkmTransactionFactory,
)
from tests.registers.pages import conflict_with, list_page, page

pytestmark = pytest.mark.django_db


def test_two_bodies_stand_side_by_side_with_their_differences_marked(signed_in):
    transaction = KkmTransactionFactory(raw=b'{"total": "198.00", "number": 1}')
    conflict = conflict_with(transaction)

    response = signed_in.get(page(conflict))

    marked = [row for row in response.context["rows"] if row.differs]
    assert [(row.left.strip(), row.right.strip()) for row in marked] == [('"total": "198.00"', '"total": "999.00"')]
    assert response.content.decode().count('class="rg-differs"') == 1


def test_both_bodies_can_be_saved(signed_in):
    conflict = conflict_with(KkmTransactionFactory(raw=b"ours"), raw=b"theirs")
    context = signed_in.get(page(conflict)).context

    assert signed_in.get(context["accepted_url"]).content == b"ours"
    assert signed_in.get(context["other_url"]).content == b"theirs"


def test_the_list_is_narrowed_by_register(signed_in):
    conflict = conflict_with(KkmTransactionFactory())
    conflict_with(KkmTransactionFactory())
    url = list_page("transactionconflict", transaction__register__id__exact=conflict.transaction.register_id)

    assert list(signed_in.get(url).context["cl"].result_list) == [conflict]


def test_a_transaction_with_many_conflicts_leads_to_their_list(signed_in):
    transaction = KkmTransactionFactory()
    for number in range(21):
        conflict_with(transaction, raw=b"%d" % number)

    url = signed_in.get(page(transaction)).context["conflicts_url"]

    assert signed_in.get(url).context["cl"].result_count == 21
    assert KkmTransaction.objects.count() == 1
