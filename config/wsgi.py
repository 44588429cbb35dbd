"""Everything that people and registers ask, except the long poll: run by gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django = get_wsgi_application()

from config.express import Express  # noqa: E402 - only now are the applications ready.

application = Express(django)

# Views are imported now, in the master, and not by the first request of every worker: what is shared after the fork
# is paid for once, and a module that cannot be imported is known before anyone asks.
_ = get_resolver().url_patterns
