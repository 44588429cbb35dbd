"""script/docs: the documentation as a site in var/site, which needs no network to be built or read.

The description of the services comes from the product itself, so its environment is made ready first; mkdocs has one of
its own. Every link is checked: by mkdocs (--strict), and that no page fetches anything from elsewhere.
"""

import argparse
import os
import re
import shutil
import subprocess
from pathlib import Path

from launch import venv
from launch.errors import LaunchError
from launch.pages import CONFIGURATION, problems
from launch.paths import ROOT, VAR, VENV_PYTHON
from launch.ports import check_is_free, port_from_environment

_SITE = VAR / "site"
_SCHEMA = VAR / "docs" / "openapi.json"
FETCHED = re.compile(
    r"""<(?:script|img|iframe|link rel="(?:stylesheet|preconnect|icon)")[^>]*?(?:src|href)="(https?:)?//"""
)
# The description needs no database, and settings want to be told of one.
_NOWHERE = {"DATABASE_URL": "postgresql://127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1/0"}


def main() -> int:
    """Build the site, or serve it and build it anew whenever a page is saved."""
    parser = argparse.ArgumentParser(prog="script/docs", description="Builds the documentation as a site in var/site.")
    parser.add_argument("--serve", action="store_true", help="show it at http://127.0.0.1:8020/ (PORT chooses another)")
    serve = parser.parse_args().serve
    venv.enter()
    if wrong := problems():
        raise LaunchError("\n".join(wrong))
    python = venv.beside(ROOT / ".venv-docs", requirements="requirements-docs.txt")
    _describe()
    mkdocs = [str(python), "-m", "mkdocs"]
    common = ["--strict", "--config-file", str(CONFIGURATION)]
    if serve:
        port = port_from_environment("PORT", 8020)
        check_is_free(port, host="127.0.0.1", purpose="the documentation", variable="PORT")
        return _run([*mkdocs, "serve", *common, "--dev-addr", f"127.0.0.1:{port}"])
    shutil.rmtree(_SITE, ignore_errors=True)
    if _run([*mkdocs, "build", "--quiet", *common, "--site-dir", str(_SITE)]):
        raise LaunchError("The site could not be built (see above).")
    if fetching := [str(page.relative_to(_SITE)) for page in _SITE.rglob("*.html") if FETCHED.search(page.read_text())]:
        raise LaunchError(f"These pages fetch something from elsewhere: {', '.join(sorted(fetching))}.")
    count = len(list(_SITE.rglob("*.html")))
    print(f"{count} pages in {_SITE.relative_to(ROOT)}: open index.html there, or script/docs --serve")
    return 0


def _describe() -> None:
    """Write the description of the services as the product gives it."""
    _SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    command = ["manage.py", "spectacular", "--format", "openapi-json", "--lang", "en", "--file", str(_SCHEMA)]
    environ = {**os.environ, **_NOWHERE, "DJANGO_SETTINGS_MODULE": "config.settings.development"}
    done = subprocess.run([VENV_PYTHON, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(f"The services could not be described:\n{done.stderr.strip()}")


def _run(command: list[str]) -> int:
    # The makers of the theme print an advertisement for another program into every build.
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
