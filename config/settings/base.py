"""What is the same everywhere. Whatever differs between places comes from the environment (see .env.example)."""

from ipaddress import ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.settings.admin import UNFOLD  # noqa: F401 - a setting like the others.
from config.settings.logs import logging_config
from config.settings.queues import CELERY_TASK_DEFAULT_QUEUE, CELERY_TASK_QUEUES, CELERY_TASK_ROUTES  # noqa: F401
from config.settings.queues import QUEUES as QUEUES

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()

# Applications

INSTALLED_APPS = [
    "config.apps.PagesConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "import_export",
    "django_celery_beat",
    "axes",
    "tree_queries",
    "retail",
    "registers",
    "stock",
    "billing",
    "exchange",
    "config",
]

MIDDLEWARE = [
    "config.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.AuthenticationMiddleware",
    "config.middleware.EditorMiddleware",
    "config.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data. ATOMIC_REQUESTS stays off: every use case says which transaction it means.

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgresql:///prilavok")}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    # Off where a pooler stands between: it would give a statement prepared on one connection to another.
    "prepare_threshold": env.int("DATABASE_PREPARE_THRESHOLD", default=5) or None,
}
if not DATABASES["default"]["OPTIONS"]["prepare_threshold"]:
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True  # They live longer than the transaction a pooler lends.
else:
    # Hot statements are planned once for each connection. Left to itself PostgreSQL plans some of them anew at every
    # call, for three times the price of running them (docs/adr/0010).
    given = DATABASES["default"]["OPTIONS"].get("options", "")
    DATABASES["default"]["OPTIONS"]["options"] = f"{given} -c plan_cache_mode=force_generic_plan".strip()
# The web server's threads share a pool (config/gunicorn.py sets its size); every other process keeps its connection.
if pool_size := env.int("DATABASE_POOL_SIZE", default=0):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# The express till leaves a connection with its thread where one is left over for whatever else works in the process.
THREADS_KEEP_CONNECTIONS = pool_size > env.int("WEB_THREADS", default=pool_size)

# The night of discount cards keeps so many of the database's cores busy.
CARDS_NIGHT_HANDS = env.int("CARDS_NIGHT_HANDS", default=2)

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "prilavok",
        "OPTIONS": {
            # Losing Redis loses only time: a cache that is away is an empty cache.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 2,
        },
    },
}

# People

# How many proxies of ours stand in front: the address that the first of them saw is the client's.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # of an hour
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_address"

# Languages and time

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Moscow"

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))()

# What is kept for how long, in days (docs/operations/retention.md). Bodies of transactions: 0 keeps them in the journal
# for ever; otherwise they go into files under ARCHIVE_ROOT, by whole months.
JOURNAL_BODIES_DAYS = env.int("JOURNAL_BODIES_DAYS", default=0)
ARCHIVE_ROOT = env.path("ARCHIVE_ROOT", default=f"{MEDIA_ROOT}/archive")()
EXCHANGE_LOG_ROWS_DAYS = env.int("EXCHANGE_LOG_ROWS_DAYS", default=366)
UPLOAD_VISITS_DAYS = env.int("UPLOAD_VISITS_DAYS", default=7)
MESSAGES_DAYS = env.int("MESSAGES_DAYS", default=90)
SIGN_INS_DAYS = env.int("SIGN_INS_DAYS", default=366)
if JOURNAL_BODIES_DAYS and JOURNAL_BODIES_DAYS < 92:
    raise ImproperlyConfigured("Set JOURNAL_BODIES_DAYS to 0, which is for ever, or to 92 or more.")
# By the messages that are kept an event is known that has been told already.
if MESSAGES_DAYS < 7 or min(EXCHANGE_LOG_ROWS_DAYS, UPLOAD_VISITS_DAYS, SIGN_INS_DAYS) < 1:
    raise ImproperlyConfigured(
        "Set MESSAGES_DAYS to 7 or more, EXCHANGE_LOG_ROWS_DAYS, UPLOAD_VISITS_DAYS and SIGN_INS_DAYS to 1 or more."
    )
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # A thousand receipts in one request.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # A long document's lines in the admin.

# Programs that speak to us

REST_FRAMEWORK = {
    # Registers and people's programs sign in by views of their own (exchange.api.base, retail.api.base).
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "exchange.api.errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Прилавок",
    "DESCRIPTION": "Back office of a retail chain: what registers ask and tell, and what people's programs may use.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "TransactionKindEnum": "registers.choices.TransactionKind.choices",
        "PaymentKindEnum": "registers.choices.PaymentKind.choices",
        "SalesKindEnum": "stock.choices.SalesKind.choices",
        "DocumentKindEnum": "stock.choices.DocumentKind.choices",
        "ItemKindEnum": "retail.choices.ItemKind.choices",
        "DocumentStateEnum": "retail.choices.DocumentState.choices",
        "OrderStatusEnum": "stock.choices.OrderStatus.choices",
        "ReservationStateEnum": "stock.choices.ReservationState.choices",
        "CardStatusEnum": "billing.choices.CardStatus.choices",
        "CardOperationEnum": ["accrue", "redeem", "reverse"],
        "TransactionStateEnum": "registers.choices.TransactionState.choices",
    },
}
# Where a register is told to hold its long poll; empty: the same host and port as everything else.
WAIT_URL = env.str("WAIT_URL", default="")
# Whether the back office has a till on a page, which pairs as a register and sells.
TRAINING_TILL = env.bool("TRAINING_TILL", default=False)
# Whoever reads /metrics must show this as a bearer token; empty: nobody may, outside development.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_PUBLIC = False

# Who reads a transaction again, by the protocol in which it came (registers.services.reading).
TRANSACTION_READERS = {
    "kkmtransfer": "exchange.protocols.kkmtransfer.messages.read",
    "ukm5": "exchange.protocols.ukm5.messages.read",
    "equipment": "exchange.services.equipment_service.reading.read",
    "shtrih": "exchange.services.transaction_files.reading.shtrih",
    "frontol": "exchange.services.transaction_files.reading.frontol",
    "artix": "exchange.services.transaction_files.reading.artix",
}
# Dialects that number lines and not transactions: between two receipts their numbers have gaps that mean nothing.
PROTOCOLS_NUMBERED_BY_LINES = ["shtrih", "frontol"]

# 1C EquipmentService (docs/equipment-service.md): the name of the base in its address, capitals and all; and for how
# many days the log of exchange keeps what went over the wire.
EQUIPMENT_SERVICE_BASE = env.str("EQUIPMENT_SERVICE_BASE", default="prilavok")
EXCHANGE_LOG_DAYS = env.int("EXCHANGE_LOG_DAYS", default=14)
# The folder in which each device that exchanges files has its own; empty: no files are exchanged.
EQUIPMENT_FILES = env.str("EQUIPMENT_FILES", default="")
# Where cash servers of Artix say how it goes that are told goods over HTTP (docs/artix.md): our host:port for them.
ARTIX_STATUS_SERVER = env.str("ARTIX_STATUS_SERVER", default="")

# УКМ 5 (docs/ukm5.md): "off", "secret" (of its store, in the address) or "network" (whoever asks from UKM5_NETWORKS).
UKM5_ACCESS = env.str("UKM5_ACCESS", default="off")
UKM5_NETWORKS = [ip_network(network) for network in env.list("UKM5_NETWORKS", default=[])]
if UKM5_ACCESS not in {"off", "secret", "network"}:
    raise ImproperlyConfigured(f'Set UKM5_ACCESS to "off", "secret" or "network": "{UKM5_ACCESS}" is none of them.')
# The folder in which each store of УКМ 5 has its own for «Экспорт XML»; empty: no files are taken in.
UKM5_FILES = env.str("UKM5_FILES", default="")

# Programs of others that we call, at addresses that people type (exchange.services.outside): https, and public networks
# only, unless plain HTTP and these networks are allowed.
OUTSIDE_HTTP = env.bool("OUTSIDE_HTTP", default=False)
OUTSIDE_NETWORKS = [ip_network(network) for network in env.list("OUTSIDE_NETWORKS", default=[])]
# The networks in which registers and cash servers stand that we call; empty: none is called.
REGISTER_NETWORKS = [ip_network(network) for network in env.list("REGISTER_NETWORKS", default=[])]

# For how long a message to somebody outside is tried again, in hours since it was made.
WEBHOOK_HOURS = env.int("WEBHOOK_HOURS", default=72)

# Mail, for alerts: smtp+tls://user:password@host:587. Without it nothing is sent, and the log of messages says so.
EMAIL_HOST = ""
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="prilavok@localhost")
# Where people see the admin, for links in what they are told; empty: without links.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")

# Jobs. The table is the truth and the queue a hint, so a task may be lost, repeated, or run twice at once.

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1, "global_keyprefix": "prilavok:"}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False  # Whoever enqueues does not wait for a broker that is away.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.beat:OnlyScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True

# Logs

LOGGING = logging_config(style=env.str("LOG_STYLE", default="json"), level=env.str("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "config.settings.logs.configure"
