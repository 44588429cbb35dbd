"""How gunicorn serves config.wsgi.

Threads, because the views are synchronous and spend their time in the database; few processes, because each holds
a pool of connections. Workers share the memory of what was imported before they were forked.
"""

import gc
import os
import sys
from typing import Any

from config import metrics

wsgi_app = "config.wsgi:application"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "config.worker.TillWorker" if sys.platform == "linux" else "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
keepalive = 75
backlog = 512
timeout = 60
graceful_timeout = 5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # The heartbeat must not wait for a disk.
control_socket_disable = True
accesslog = None  # config.middleware writes a line for each request.
loglevel = "warning"

# One for each thread, one for who writes down when registers were seen, and one more.
os.environ.setdefault("DATABASE_POOL_SIZE", str(threads + 2))
os.environ["WEB_THREADS"] = str(threads)


def when_ready(server: Any) -> None:
    """Leave what was imported out of every later garbage collection: it stays, and is shared with the workers.

    What a request leaves in cycles is little, and is looked for less often than Python would on its own.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the metrics of a worker that is gone."""
    metrics.forget(worker.pid)
