"""A PostgreSQL and a Valkey for the length of a with-block."""

import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from launch import programs
from launch.data_servers import data_servers
from launch.errors import LaunchError


@pytest.fixture
def shelf():
    """A directory that the servers' account can reach: pytest's own are closed to it."""
    with tempfile.TemporaryDirectory(prefix="prilavok-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def ask(url, question):
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()[0]


def test_servers_answer_and_are_gone_afterwards():
    with data_servers() as servers:
        directory = servers.postgres.directory
        assert ask(servers.database_url, "SHOW fsync") == "off"
        assert redis.Redis.from_url(servers.redis_url).ping()

    assert servers.postgres.has_ended()
    assert servers.valkey.has_ended()
    assert not directory.exists()


def test_russian_is_searched_without_regard_to_case():
    with data_servers() as servers:
        assert ask(servers.database_url, "SELECT upper('привет')") == "ПРИВЕТ"
        assert ask(servers.database_url, "SELECT 'Молоко' ILIKE 'мОЛ%%'") is True


def test_a_killed_server_starts_again_with_what_was_committed(shelf):
    with data_servers(shelf / "kept", durable=True) as servers:
        assert ask(servers.database_url, "SHOW fsync") == "on"
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE told AS SELECT 42 AS answer")

        servers.postgres.kill()
        servers.postgres.start()

        assert ask(servers.database_url, "SELECT answer FROM told") == 42

    with data_servers(shelf / "kept", durable=True) as servers:
        assert ask(servers.database_url, "SELECT answer FROM told") == 42


def test_a_stale_process_number_does_not_keep_it_from_starting(shelf):
    directory = shelf / "kept"
    with data_servers(directory):
        pass
    alive_but_not_postgres = "1"
    (directory / "postgres" / "postmaster.pid").write_text(f"{alive_but_not_postgres}\n{directory}\n0\n5432\n")

    with data_servers(directory) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1


def test_a_long_path_is_no_hindrance(shelf):
    with data_servers(shelf / ("long" * 30)) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_refused_in_words(shelf):
    with data_servers(shelf / "kept"):
        pass
    (shelf / "kept" / "postgres" / "PG_VERSION").write_text("9\n")

    with pytest.raises(LaunchError, match=r"was made by PostgreSQL 9, and \d+ cannot read it"):
        data_servers(shelf / "kept").__enter__()


def test_the_machines_own_programs_serve_where_no_wheel_fits(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "_package", lambda name: None)
    monkeypatch.setattr(programs, "_machine_postgres", lambda: iter([tmp_path]))

    with pytest.raises(LaunchError, match="No PostgreSQL: install version 15 or later, or set DATABASE_URL"):
        programs.find_postgres()
