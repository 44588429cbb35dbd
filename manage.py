#!/usr/bin/env python
"""Django's command line.

Safe settings by default; beside a running script/server, which leaves its addresses in var/server.env, those of that
server. DJANGO_SETTINGS_MODULE overrules both.
"""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from retail.choices import EditSource
from retail.services import editors

if __name__ == "__main__":
    beside_a_server = (Path(__file__).parent / "var" / "server.env").exists()
    settings = "development" if beside_a_server else "production"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")
    with editors.editing(source=EditSource.COMMAND, origin=sys.argv[1] if len(sys.argv) > 1 else ""):
        execute_from_command_line(sys.argv)
