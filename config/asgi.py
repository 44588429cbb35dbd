"""The long poll and nothing else: run by uvicorn, in a process of its own.

Thousands of registers wait here at once, so this is a plain ASGI application and not Django's: a held request costs
a few kilobytes and no database connection.
"""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

from exchange.api.wait import application  # noqa: E402  models may be imported only after setup

# What waits is half a million objects that the collector would look through for nothing, again and again while it
# wakes them: with its defaults telling 10,000 registers took five times as long.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 50, 100)

__all__ = ["application"]
