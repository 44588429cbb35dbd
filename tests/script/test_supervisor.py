"""Processes that fall, and processes that are stopped."""

import os
import signal
import sys
import time

import pytest

from launch.children import end, spawn, wait_until
from launch.errors import LaunchError
from launch.supervisor import Program, Supervisor

STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]
FALLS = [sys.executable, "-c", "raise SystemExit(3)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('set', flush=True); time.sleep(60)",
]


@pytest.fixture
def clock():
    return Clock()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def supervisor(clock):
    supervisor = Supervisor(clock)
    yield supervisor
    supervisor.stop(patience=0)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_fallen_process_is_started_again_after_a_pause(supervisor, clock, capfd):
    program = Program(STAYS, dict(os.environ))
    supervisor.start("web", program)
    first = program.process
    first.kill()
    first.wait()

    supervisor.look_after()
    assert program.process is first

    clock.now += 1
    supervisor.look_after()
    assert program.process is not first
    assert program.process.poll() is None
    assert "web was killed by signal 9; starting it again in 1 s" in capfd.readouterr().out


def test_a_process_that_falls_time_after_time_stops_everything(supervisor, clock):
    program = Program(FALLS, dict(os.environ))
    supervisor.start("web", program)

    def watch():
        while True:
            program.process.wait()
            supervisor.look_after()
            clock.now += 20
            supervisor.look_after()

    with pytest.raises(LaunchError, match="web ended with code 3 for the 6th time in a row"):
        watch()


def test_a_process_that_stood_long_begins_its_count_anew(supervisor, clock):
    program = Program(FALLS, dict(os.environ))
    supervisor.start("web", program)

    for _ in range(8):
        clock.now += 61
        program.process.wait()
        supervisor.look_after()
        clock.now += 1
        supervisor.look_after()


def test_what_does_not_stop_politely_is_stopped_by_force(tmp_path):
    with (tmp_path / "out").open("wb") as out:
        process = spawn(STUBBORN, stdout=out)
    assert wait_until(lambda: (tmp_path / "out").read_text() == "set\n", seconds=10)
    began = time.monotonic()

    end(process, patience=0.2)

    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_stopping_leaves_no_grandchild(tmp_path):
    grandchild = f"import subprocess, sys; p = subprocess.Popen({STAYS!r}); print(p.pid, flush=True); p.wait()"
    with (tmp_path / "out").open("wb") as out:
        process = spawn([sys.executable, "-c", grandchild], stdout=out)
    assert wait_until(lambda: (tmp_path / "out").read_text().endswith("\n"), seconds=10)
    pid = int((tmp_path / "out").read_text())

    end(process, patience=1)

    assert wait_until(lambda: not is_alive(pid), seconds=5)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent died")
def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path):
    parent = (
        "import sys; sys.path.insert(0, 'script'); from launch.children import spawn; "
        f"p = spawn({STAYS!r}); print(p.pid, flush=True); p.wait()"
    )
    with (tmp_path / "out").open("wb") as out:
        process = spawn([sys.executable, "-c", parent], stdout=out)
    assert wait_until(lambda: (tmp_path / "out").read_text().endswith("\n"), seconds=10)
    pid = int((tmp_path / "out").read_text())

    process.kill()
    process.wait()

    assert wait_until(lambda: not is_alive(pid), seconds=5)
