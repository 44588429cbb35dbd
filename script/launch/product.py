"""The processes that make the product, as one machine runs them."""

from pathlib import Path

from launch.paths import VENV


def programs(*, host: str, wait_port: int, schedule: Path) -> dict[str, list[str]]:
    """Return the command of each process by its name. `schedule` is a file of the beat's own."""
    at = VENV / "bin"
    celery = [str(at / "celery"), "--quiet", "-A", "config"]
    alone = ["--without-gossip", "--without-mingle"]  # There is no other worker to get to know.
    return {
        "web": [str(at / "gunicorn"), "--config", "python:config.gunicorn"],
        "wait": [
            *(str(at / "uvicorn"), "config.asgi:application", "--host", host),
            *("--port", str(wait_port), "--lifespan", "on", "--ws", "none", "--backlog", "4096"),
            *("--no-access-log", "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "75"),
        ],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", *alone],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", "", "--schedule", str(schedule)],
    }
