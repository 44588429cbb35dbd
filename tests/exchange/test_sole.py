"""Being the only one."""

import psycopg
import pytest

from exchange.services import sole
from exchange.services.connections import connection_params

pytestmark = pytest.mark.django_db
KIND = 7_041_999


def test_of_two_one_is_the_one_until_it_leaves():
    first, second = sole.Sole(KIND), sole.Sole(KIND)

    assert (first.take(), first.take(), second.take()) == (True, True, False)

    first.leave()

    assert (second.take(), first.take()) == (True, False)
    second.leave()


def test_one_whose_connection_is_cut_notices_and_another_takes_over():
    first, second = sole.Sole(KIND), sole.Sole(KIND)
    first.take()

    with psycopg.connect(**connection_params()) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(l.pid, 1000) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %s",
            [KIND],
        )

    assert not first.holds()
    assert second.take()
    second.leave()


def test_who_waits_keeps_no_old_rows_from_being_vacuumed():
    with sole.alone(KIND, 1) as alone, psycopg.connect(**connection_params()) as connection:
        row = connection.execute(
            "SELECT state, backend_xmin FROM pg_stat_activity WHERE application_name = %s AND state <> 'active'",
            [sole.NAME],
        ).fetchone()

    assert alone
    assert row == ("idle in transaction", None)
