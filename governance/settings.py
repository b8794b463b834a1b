"""Settings of the office, one file, everything from the environment; the defaults serve one machine.

Every name that is read here is listed with its meaning in docs/operation.md.
"""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "data")).resolve()


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _secret_key() -> str:
    """From the environment; else kept in the data folder, made on first use and readable by its owner only."""
    if "SECRET_KEY" in os.environ:
        return os.environ["SECRET_KEY"]
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    path = DATA_DIR / "secret.key"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()
DEBUG = _flag("DEBUG", default=False)
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = _words("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "office.admin_config.OfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "office",
    "frameworks",
    "controls",
    "governance",
]

MIDDLEWARE = [
    "office.middleware.LogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "office.middleware.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "office.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"
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
                "governance.views.base.reads_register",
            ]
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", f"sqlite:///{DATA_DIR / 'office.sqlite3'}"), conn_max_age=60
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without IMMEDIATE two writers that both read first fail at once with "database is locked".
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    # Tests use a file too: SQLite's shared memory locks whole tables, which no installation does.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Tries to sign in: of one login name, and from one address. Counted in the cache, as the API's requests are.
LOGIN_RATES = {
    "name": os.environ.get("LOGIN_RATE", "10/min"),
    "address": os.environ.get("LOGIN_RATE_ADDRESS", "100/min"),
}
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = os.environ.get("TIME_ZONE", "Asia/Hong_Kong")
USE_I18N = True
FORMAT_MODULE_PATH = ["governance.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "staticfiles"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "evidence"
STORAGES = {
    "default": {
        "BACKEND": os.environ.get("STORAGE_BACKEND", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": json.loads(os.environ.get("STORAGE_OPTIONS", "{}")),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHE_URL = os.environ.get("CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# smtp://user:password@host:587/?tls=1; without it, mail goes to the console.
_email = urlsplit(os.environ.get("EMAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _email.hostname else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _email.hostname or "localhost", _email.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_email.username or ""), unquote(_email.password or "")
EMAIL_USE_TLS = "tls=1" in _email.query
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "AI governance office <office@localhost>")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = _flag("HTTPS", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
TRUSTED_PROXY = _flag("TRUSTED_PROXY", default=False)
if TRUSTED_PROXY:
    # Only behind a proxy that sets this header itself and lets nobody else set it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_SELF = (
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:; "
)
CONTENT_POLICIES = (
    # Unfold's Alpine evaluates expressions; nothing else in the office does.
    ("/admin/", f"{_SELF}script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"),
    ("/api/docs/", f"{_SELF}script-src 'self'; style-src 'self' 'unsafe-inline'"),
    ("/", f"{_SELF}script-src 'self'; style-src 'self'"),
)
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# The chain's head as it was last written outside the database; `verify_journal` compares both.
JOURNAL_HEAD_FILE = Path(os.environ.get("JOURNAL_HEAD_FILE", DATA_DIR / "journal.head"))

# How long a worker may be silent before its job is given to another.
JOB_LEASE_SECONDS = int(os.environ.get("JOB_LEASE_SECONDS", "60"))
# How many workers may die over one job before it is given up.
JOB_ATTEMPTS = int(os.environ.get("JOB_ATTEMPTS", "5"))

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if CELERY_BROKER_URL == "filesystem://":
    for _name in ("queue", "queue-control"):
        (DATA_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "queue"),
        "data_folder_out": str(DATA_DIR / "queue"),
        "processed_folder": str(DATA_DIR / "queue-done"),
        "control_folder": str(DATA_DIR / "queue-control"),
        "store_processed": False,
    }

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "office.rest.access.KeyAuthentication",
        "office.rest.access.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["office.rest.access.HasRole"],
    "DEFAULT_THROTTLE_CLASSES": ["office.rest.access.ReadRate", "office.rest.access.WriteRate"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["office.rest.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "office.rest.pages.KnownParameters",
        "office.rest.pages.Filters",
        "office.rest.pages.Search",
        "office.rest.pages.Order",
    ],
    "DEFAULT_PAGINATION_CLASS": "office.rest.pages.Pages",
    "DEFAULT_SCHEMA_CLASS": "office.rest.schema.NounSchema",
    "EXCEPTION_HANDLER": "office.rest.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
API_RATES = {"read": os.environ.get("API_RATE_READ", "1200/min"), "write": os.environ.get("API_RATE_WRITE", "300/min")}
# A webhook to the own machine or network is refused, unless the installation says otherwise.
WEBHOOKS_ALLOW_PRIVATE = _flag("WEBHOOKS_ALLOW_PRIVATE", default=False)
API_BODY_LIMIT = 2 * 1024 * 1024
API_UPLOAD_LIMIT = 26 * 1024 * 1024
SPECTACULAR_SETTINGS = {
    "TITLE": "AI governance office",
    "DESCRIPTION": (
        "One office for what each AI rule demands, what the firm does about it, who answers for it and what is missing.\n\n"
        "Call with `Authorization: Bearer KEY`. To change something that exists, send the ETag you got in If-Match. "
        "To create something safely over a bad line, send an Idempotency-Key. Every refusal has the same shape (RFC 9457)."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "filter": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["office.rest.schema.close_requests"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": os.environ.get("LOG_FORMAT", "line")},
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    # It warns at every start that a folder has no host name.
    "loggers": {
        "kombu.connection": {"level": "ERROR"},
        "office.request": {"level": os.environ.get("LOG_REQUESTS", "WARNING")},
    },
}

UNFOLD = {
    "SITE_TITLE": "AI governance office",
    "SITE_HEADER": "AI governance office",
    "SITE_SUBHEADER": "Facts in, duties out, with reasons",
    "SITE_SYMBOL": "balance",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: f"/{STATIC_URL}office/icon.svg"},
    ],
    "LOGIN": {"form": "office.signing_in.OfficeSignInForm"},
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: f"/{STATIC_URL}office/office.css"],
    "SCRIPTS": [lambda request: f"/{STATIC_URL}office/admin.js"],
    "COLORS": {
        "primary": {
            "50": "oklch(98.2% .018 155.826)",
            "100": "oklch(96.2% .044 156.743)",
            "200": "oklch(92.5% .084 155.995)",
            "300": "oklch(87.1% .15 154.449)",
            "400": "oklch(79.2% .209 151.711)",
            "500": "oklch(52.7% .154 150.069)",
            "600": "oklch(44.8% .119 151.328)",
            "700": "oklch(39.3% .095 152.535)",
            "800": "oklch(36% .085 152.535)",
            "900": "oklch(30% .075 152.535)",
            "950": "oklch(26.6% .065 152.934)",
        }
    },
    "DASHBOARD_CALLBACK": "governance.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "governance.navigation.sidebar",
    },
}
