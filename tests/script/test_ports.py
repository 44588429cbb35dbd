"""A port that is taken is said in one line."""

import os
import socket
import subprocess
import sys

import pytest

from launch import ports
from launch.errors import LaunchError
from launch.paths import ROOT


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_the_way_to_choose_another(taken_port):
    with pytest.raises(LaunchError, match=rf"Port {taken_port} \(web\) is taken: choose another, .* PORT=\d+"):
        ports.check_is_free(taken_port, host="127.0.0.1", purpose="web", variable="PORT")


def test_a_free_port_passes():
    ports.check_is_free(ports.free_port(), host="127.0.0.1", purpose="web", variable="PORT")


@pytest.mark.parametrize("value", ["abc", "0", "65536", "-1"])
def test_what_is_not_a_port_is_refused(monkeypatch, value):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(LaunchError, match="PORT must be a port number"):
        ports.port_from_environment("PORT", 8000)


def test_server_ends_with_one_line_when_its_port_is_taken(taken_port):
    environ = {**os.environ, "PORT": str(taken_port), "PYTHONPATH": str(ROOT / "script")}
    program = "from launch.errors import run_main; from launch.server import Server; run_main(Server(demo=False).run)"

    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert f"Port {taken_port} (web) is taken" in done.stderr
