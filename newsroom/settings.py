"""Settings: one file, driven by the environment, safe where nothing is set.

Read from the environment: ``DATABASE_URL``, ``DATA_DIR``, ``SECRET_KEY_FILE``,
``ALLOWED_HOSTS``, ``DEBUG``, ``HTTPS``, ``SPACY_PIPELINE``. No file needs editing to start.
"""

from pathlib import Path
from typing import Any

import environ
from django.utils.csp import CSP

from newsroom.secret_key import secret_key

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
#: Where everything lives that is not code: database, secret key, exports.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
#: Set where the site is reached by HTTPS, directly or through a proxy on the same host.
HTTPS = env.bool("HTTPS", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
SECRET_KEY = secret_key(env.str("SECRET_KEY_FILE", default=""), DATA_DIR)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "dj_queue",
    "annotations",
    "newsroom",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "newsroom.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
ASGI_APPLICATION = "newsroom.asgi.application"

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


def _database() -> dict[str, Any]:
    config: dict[str, Any] = env.db_url(
        "DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'newsroom.sqlite3'}"
    )
    # A new connection for every request, and for every look of a worker, costs SQLite dear too:
    # the last one to close also writes its log back and deletes it.
    config["CONN_MAX_AGE"] = 60
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # Django's deferred default fails concurrent writers at once with "database is
            # locked"; taking the write lock at BEGIN makes them wait their turn instead.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;"
            ),
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "annotations.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "annotations:corpus-list"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from where they stand: no collectstatic before the first start.
WHITENOISE_USE_FINDERS = True

#: Pipeline package or path; empty means the best one that the machine has.
SPACY_PIPELINE = env.str("SPACY_PIPELINE", default="")

TASKS = {
    "default": {
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": ["default", "suggestions"],
        "OPTIONS": {
            "mode": "async",
            # One thread per queue: a model is not faster in two threads, and an import or an
            # export must not wait behind an hour of suggestions. A worker that looks every 0.05 s
            # costs 6 % of a core while idle, every 0.02 s 9 %.
            "workers": [
                {"queues": ["suggestions"], "threads": 1, "polling_interval": 0.05},
                {"queues": ["default"], "threads": 1, "polling_interval": 0.2},
            ],
            "scheduler": {"polling_interval": 2},
            "recurring": {
                "take_over": {
                    "task_path": "annotations.tasks.take_over",
                    "schedule": "*/10 * * * * *",
                    "description": "takes over what a killed worker left behind",
                },
            },
            "process_heartbeat_interval": 10,
            "process_alive_threshold": 45,
            "preserve_finished_jobs": False,
            "clear_failed_jobs_after": 604800,
            "clear_recurring_executions_after": 3600,
        },
    },
}

# Pasted text beyond what an article may have is still read, to be refused with a sentence.
# Files have limits of their own in `annotations.formats`.
DATA_UPLOAD_MAX_MEMORY_SIZE = 80 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if HTTPS else []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"annotations": {"level": "INFO"}, "newsroom": {"level": "INFO"}},
}
