import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from retail.services.statements import beside

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(tmp_path):
    def write(sql):
        (tmp_path / "some.sql").write_text(sql, encoding="utf-8")
        return beside(str(tmp_path / "service.py"), "some.sql")

    return write


def test_a_statement_takes_its_parameters_by_name_as_often_as_it_names_them(statement):
    asked = statement("SELECT %(b)s::int, %(a)s::text, %(b)s::int + 1, 'привет', 5 %% 3")

    assert asked.rows(a="x", b=2) == [(2, "x", 3, "привет", 2)]
    assert asked.name == "some"


def test_a_statement_that_answers_nothing_gives_no_rows(statement):
    assert statement("SELECT 1 WHERE false").rows() == []
    assert statement("SET LOCAL work_mem = '4MB'").rows() == []


def test_a_parameter_that_is_not_given_is_an_error(statement):
    with pytest.raises(KeyError):
        statement("SELECT %(a)s::int").rows()


def test_errors_are_those_of_django(statement):
    with pytest.raises(DataError), transaction.atomic():
        statement("SELECT %(a)s::int / 0").rows(a=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        statement("INSERT INTO retail_constants (id) VALUES (%(a)s)").rows(a=2)


def test_statements_are_counted_where_queries_are(statement):
    with CaptureQueriesContext(connection) as queries:
        statement("SELECT 1").rows()

    assert [query["sql"] for query in queries] == ["SELECT 1"]


def test_a_statement_sees_and_joins_the_open_transaction(statement):
    insert = statement("INSERT INTO retail_pricetype (name) VALUES (%(name)s) RETURNING name")

    with transaction.atomic():
        assert insert.rows(name="x") == [("x",)]
        transaction.set_rollback(True)

    assert statement("SELECT count(*) FROM retail_pricetype").rows() == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_a_statement_may_be_given_so_long_and_no_longer(statement):
    slow = statement("SELECT %(a)s::int FROM pg_sleep(5)")
    quick = statement("SELECT %(a)s::int, current_setting('statement_timeout')")

    with pytest.raises(OperationalError, match="statement timeout"):
        slow.rows_within(0.05, a=1)

    with CaptureQueriesContext(connection) as queries:
        assert quick.rows_within(0.25, a=1) == [(1, "250ms")]
    assert quick.rows(a=2) == [(2, "0")]
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_what_fails_within_its_time_fails_as_it_would_without(statement):
    with pytest.raises(DataError):
        statement("SELECT %(a)s::int / 0").rows_within(1, a=1)

    assert statement("SELECT 1").rows() == [(1,)]


def test_a_transaction_is_given_as_long_as_it_has(statement):
    with transaction.atomic():
        assert statement("SELECT current_setting('statement_timeout')").rows_within(0.25) == [("0",)]
