"""Opening pages of the admin in tests."""

import html
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse


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
