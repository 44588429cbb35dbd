#!/usr/bin/env python
"""Django's command line. Safe settings by default: development ones are asked for by DJANGO_SETTINGS_MODULE."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    execute_from_command_line(sys.argv)
