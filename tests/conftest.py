"""What every test gets: no network but this machine's own, and tables as migrations leave them. And the language, for
those that look at pages."""

import ipaddress
import socket

import pytest
from django.db import connection
from django.test import TransactionTestCase

_connect = socket.socket.connect


def _connect_nearby(self, address):
    if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
        raise AssertionError(f"A test tried to reach {address[0]}: only this machine is open to tests.")
    return _connect(self, address)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _connect_nearby)
    yield
    patch.undo()


@pytest.fixture
def in_russian(settings):
    """Pages, numbers and dates as most people see them; without it a test hears the English of the sources."""
    settings.LANGUAGE_CODE = "ru"


@pytest.fixture(autouse=True, scope="session")
def _quick_flush():
    """Bring the tables back after a test that commits without truncating all of them: most were never written to."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _bring_back())
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Keep a copy of what migrations wrote, for `_bring_back`."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for table in _filled(cursor):
            cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')


def _bring_back():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'kept'")
        kept = {table for (table,) in cursor.fetchall()}
        # Without triggers: those of foreign keys, and those that keep posted rows from being deleted.
        cursor.execute("SET session_replication_role = replica")
        for table in sorted(_filled(cursor) | kept):
            if table in kept and _unchanged(cursor, table):
                continue
            cursor.execute(f'DELETE FROM public."{table}"')
            if table in kept:
                cursor.execute(f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE TABLE kept."{table}"')
        cursor.execute("RESET session_replication_role")


def _filled(cursor):
    tables = sorted(connection.introspection.django_table_names(only_existing=True))
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.\"{table}\")" for table in tables)
    )
    return {table for (table,) in cursor.fetchall()}


def _unchanged(cursor, table):
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {}.\"{}\" t"
    cursor.execute(f"SELECT ({digest.format('public', table)}) = ({digest.format('kept', table)})")
    return cursor.fetchone()[0]
