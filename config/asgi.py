"""The long poll and nothing else: run by uvicorn, in a process of its own.

Thousands of registers wait here at once, so this is a plain ASGI application and not Django's: a held request costs
a few kilobytes and no database connection.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

from exchange.api.wait import application  # noqa: E402  models may be imported only after setup

__all__ = ["application"]
