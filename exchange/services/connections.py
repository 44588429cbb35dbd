"""Connections of our own, for what must not share Django's: the long poll's event loop, and the notes of presence."""

from typing import Any

from django.db import connection


def connection_params() -> dict[str, Any]:
    """Return what psycopg needs to reach the database that Django uses; every statement commits by itself."""
    params: dict[str, Any] = connection.get_connection_params()
    for django_own in ("cursor_factory", "context"):
        params.pop(django_own)
    return {**params, "autocommit": True}
