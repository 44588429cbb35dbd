"""PostgreSQL and Valkey as a context: `with data_servers() as servers: ... servers.environ()`.

Made for tests, measurements and trials of faults. Everything is in one directory and is gone afterwards, unless the
directory was given; what the servers say is in its servers.log. Nothing is shared with a running script/server.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launch.account import own
from launch.errors import LaunchError
from launch.postgres import Postgres
from launch.valkey import Valkey


@dataclass(frozen=True)
class DataServers:
    """A running pair: `database_url`, `redis_url`, and the servers themselves to stop, kill and start again."""

    postgres: Postgres
    valkey: Valkey

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def environ(self, *, settings: str = "config.settings.development") -> dict[str, str]:
        """Return our environment for a child process that is to use these servers."""
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DJANGO_SETTINGS_MODULE": settings,
        }


@contextlib.contextmanager
def data_servers(
    directory: Path | None = None, *, durable: bool = False, settings: dict[str, str] | None = None
) -> Iterator[DataServers]:
    """Run a PostgreSQL and a Valkey of one's own for the length of a with-block.

    `durable` turns fsync on (measurements want it, tests do not); `settings` are further settings of PostgreSQL. A
    `directory` that was given is kept, so that the same data can be served again.
    """
    home = Path(tempfile.mkdtemp(prefix="prilavok-")) if directory is None else directory
    home.mkdir(parents=True, exist_ok=True)
    own(home, 0o700)
    with contextlib.ExitStack() as leaving:
        if directory is None:
            leaving.callback(shutil.rmtree, home, ignore_errors=True)
        postgres = Postgres(home, durable=durable, settings=settings)
        leaving.callback(postgres.stop)
        valkey = Valkey(home)
        leaving.callback(valkey.stop)
        words = leaving.enter_context((home / "servers.log").open("ab"))
        try:
            servers = DataServers(postgres.start(stdout=words, stderr=words), valkey.start(stdout=words, stderr=words))
        except LaunchError as error:
            raise LaunchError(f"{error}\n{(home / 'servers.log').read_text(errors='replace')[-2000:]}") from None
        yield servers
