"""One log, of structlog's and everyone else's lines: JSON for machines in production, colours for people elsewhere."""

import logging.config
import os
import re
import sys
from typing import Any

import msgspec
import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.StackInfoRenderer(),
]
_CARD = re.compile(r"(/kkm/v1/cards/)[^/\s'\"?]*?([^/\s'\"?…]{0,4})(?=[/\s'\"?]|$)")

_HOOK = re.compile(r"(/kkm/v1/uploads/)[^/\s'\"?]+")


def _to_json(line: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()


def mask(_logger: Any, _name: str, line: str) -> str:
    """Leave of the number of a discount card in any address its last four characters, and of a hook's token nothing."""
    return _HOOK.sub(r"\1…", _CARD.sub(r"\1…\2", line))


def logging_config(*, style: str, level: str) -> dict[str, Any]:
    """Return LOGGING with one handler to standard error; `style` is "json" or "console"."""
    renderer: list[structlog.typing.Processor]
    if style == "json":
        renderer = [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    else:
        renderer = [
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty() or "FORCE_COLOR" in os.environ,
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_SHARED],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer, mask],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Our own middleware writes a line for each request; Django's says what went wrong in it.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": False},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            # Whoever calls others says himself what came of it.
            "httpx": {"level": "WARNING"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Set up logging and structlog together (named in LOGGING_CONFIG)."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
