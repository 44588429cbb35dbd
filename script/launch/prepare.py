"""What has to be true before the product is served: messages, schema, static files, demonstration data.

One process for all of it, since each start of Django costs a second; every step looks first whether it has anything
to do. Run by script/server: python -m launch.prepare WEB_URL WAIT_URL [DEMO_FILE]
"""

import hashlib
import sys
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from launch import messages
from retail.choices import EditSource
from retail.services import editors


def prepare(*, web_url: str, wait_url: str, demo: Path | None) -> None:
    """Do what is not yet done."""
    messages.compile_catalogues()
    django.setup()
    with editors.editing(source=EditSource.COMMAND, origin="script/server"):
        _migrate()
        _collect_static()
        if demo and "load_demo" in get_commands():
            call_command("load_demo", write=str(demo), url=web_url, wait_url=wait_url)


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(f"Applying {len(waiting)} migrations", flush=True)
        call_command("migrate", interactive=False, verbosity=0)


def _collect_static() -> None:
    """Collect static files if the set of them has changed since the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        print("Collecting static files", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest.hexdigest())


if __name__ == "__main__":
    prepare(web_url=sys.argv[1], wait_url=sys.argv[2], demo=Path(sys.argv[3]) if len(sys.argv) > 3 else None)
