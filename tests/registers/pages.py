"""Opening pages of the admin in tests."""

import hashlib
import html
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registers.models import TransactionConflict
from tests.registers.conftest import NOW


def text_of(response) -> str:
    """Return what a person reads on a page, in one line."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def list_page(model: str, **query) -> str:
    return reverse(f"admin:registers_{model}_changelist", query=query or None)


def page(obj) -> str:
    return reverse(f"admin:registers_{obj._meta.model_name}_change", args=[obj.pk])


def queries_of(client, url) -> int:
    """Open a page and return how many statements it took."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


def conflict_with(transaction, raw=b'{"number": 1, "total": "999.00"}'):
    """Keep another body aside under the key of a transaction."""
    return TransactionConflict.objects.create(
        transaction=transaction,
        raw=raw,
        body_hash=hashlib.sha256(raw).digest(),
        protocol="kkmtransfer",
        received_at=NOW,
    )
