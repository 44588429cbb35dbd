"""Examples of deployment agree with the code: what cannot be run in a test is read by one."""

import configparser
import re

import pytest
import yaml
from django.conf import settings

from exchange.api import wait
from launch.paths import ROOT

PLACE = ROOT / "deploy"
UNITS = sorted((PLACE / "systemd").glob("*.service"))
PROGRAM = re.compile(r"/opt/prilavok/\.venv/bin/(\S+) (.*)")


def locations(name):
    """Addresses of an nginx example, each with what stands inside."""
    return dict(re.findall(r"location ([^{]*?(?:\"[^\"]*\")?) \{([^}]*)\}", (PLACE / name).read_text()))


def unit(path):
    read = configparser.RawConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read_string(path.read_text())
    return read


@pytest.mark.parametrize("name", ["nginx/prilavok.conf", "docker/nginx.conf"])
def test_nginx_holds_a_register_longer_than_it_may_wait(name):
    inside = locations(name)[f"= {wait.PATH}"]

    assert int(re.search(r"proxy_read_timeout (\d+)s;", inside)[1]) > wait.LONGEST_TIMEOUT
    assert "proxy_buffering off;" in inside


def test_nginx_takes_bodies_as_large_as_we_do():
    largest = re.search(r"^    client_max_body_size (\d+)m;", (PLACE / "nginx/prilavok.conf").read_text(), re.M)

    assert int(largest[1]) * 2**20 == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_program_of_ours(path):
    service = unit(path)["Service"]
    found = PROGRAM.match(service["ExecStart"])

    assert service["EnvironmentFile"]
    if path.stem == "prilavok-backup":
        assert "script/backup" in service["ExecStart"]
        return
    assert (ROOT / ".venv" / "bin" / found[1]).exists()
    assert re.search(r"config\.(gunicorn|asgi:application)|-A config", found[2])


def test_compose_runs_every_process_on_one_image():
    compose = yaml.safe_load((PLACE / "docker" / "compose.yaml").read_text())
    services = compose["services"]
    ours = {name: service for name, service in services.items() if service["image"] == "prilavok"}

    assert set(ours) == {"migrate", "web", "wait", "worker", "beat"}
    assert all("config" in " ".join(service["command"]) for name, service in ours.items() if name != "migrate")
    told = set(ours["worker"]["environment"])
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "HTTPS"} <= told
    assert (PLACE / "docker" / services["migrate"]["build"]["dockerfile"].rpartition("/")[2]).exists()


def test_pgbouncer_lends_connections_as_our_locks_need_it():
    read = configparser.ConfigParser(inline_comment_prefixes=None, comment_prefixes=(";",))
    read.read(PLACE / "pgbouncer" / "pgbouncer.ini")

    assert read["pgbouncer"]["pool_mode"] == "transaction"
    assert read["pgbouncer"]["idle_transaction_timeout"] == "0"
