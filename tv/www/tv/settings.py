"""Settings of the network, all from the environment.

`DJANGO_TEST=1` gives what tests and image builds need: no secret, no server, no network.
"""

from pathlib import Path

from django.conf import global_settings

from oauth import toolkit
from ops.policy import DIRECTIVES
from tv import env

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = env.flag("DJANGO_TEST")
ENVIRONMENT = env.text("AIRCHAIN_ENVIRONMENT", "dev")
HOST = env.text("AIRCHAIN_HOST", "local")

DEBUG = env.flag("DJANGO_DEBUG")
SECRET_KEY = "only-for-tests-and-builds" if TESTING else env.secret("SECRET_KEY")
# A host that is no brand's gets the list of brands; a host outside this list gets 400.
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS", ".localhost,127.0.0.1,[::1]")
# Whether viewers come by HTTPS, as everywhere but on a machine of one's own.
HTTPS = env.flag("HTTPS", default=not TESTING)

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "viewers",
    "catalogue",
    "rights",
    "brands",
    "playback",
    "oauth",
    "oauth2_provider",
    "art",
    "audience",
    "pages",
    "search",
    "editors",
    "ops",
]

MIDDLEWARE = [
    "ops.requestid.RequestId",
    # Before anything that looks at the Host header: checks come by address.
    "ops.middleware.Health",
    "ops.middleware.ServedBy",
    "api.middleware.Problems",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # nginx keeps what it was given: compressed here, a page is compressed once for a crowd.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "pages.language.LanguageByPath",
    "ops.middleware.DatabaseAway",
    "brands.middleware.BrandByDomain",
    "rights.middleware.VaryByCountry",
    "viewers.middleware.SessionOfBrand",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tv.urls"
WSGI_APPLICATION = "tv.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "brands.context.brand",
                "pages.context.page",
            ]
        },
    }
]

if TESTING:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "sessions": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "sessions",
        },
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.mysql",
            # A path is taken as a socket.
            "HOST": env.text("MYSQL_HOST", "mysql"),
            "PORT": env.number("MYSQL_PORT", 3306),
            "NAME": env.text("MYSQL_DATABASE", "tv"),
            "USER": env.text("MYSQL_USER", "tv"),
            "PASSWORD": env.secret("MYSQL_PASSWORD"),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "charset": "utf8mb4",
                "connect_timeout": 2,
                "read_timeout": env.number("MYSQL_READ_TIMEOUT", 10),
                "write_timeout": 10,
            },
        }
    }
    if replica := env.text("MYSQL_REPLICA", ""):
        # See ops/replica.py.
        DATABASES["replica"] = {**DATABASES["default"], "HOST": replica}
        DATABASE_ROUTERS = ["ops.replica.Router"]
    # Another one whenever values are written another way: old hosts and new ones share Redis.
    redis_prefix = "tv-signed"
    redis = {
        "serializer": "ops.cache.Signed",
        "socket_connect_timeout": 0.3,
        "socket_timeout": 0.5,
    }
    CACHES = {
        "default": {
            "BACKEND": "ops.cache.ForgivingRedisCache",
            "KEY_PREFIX": redis_prefix,
            "OPTIONS": {**redis, "password": env.secret("REDIS_PASSWORD")},
            "LOCATION": f"redis://{env.text('REDIS', 'redis:6379')}/0",
        },
        # In a Redis of their own, which writes them to disk and lets nothing else push them out.
        "sessions": {
            "BACKEND": "ops.cache.StrictRedisCache",
            "KEY_PREFIX": redis_prefix,
            "OPTIONS": {**redis, "password": env.secret("SESSIONS_PASSWORD")},
            "LOCATION": f"redis://{env.text('SESSIONS', 'sessions:6379')}/0",
        },
    }

AUTH_USER_MODEL = "viewers.Viewer"
AUTHENTICATION_BACKENDS = ["viewers.backend.Viewers"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher" if TESTING else "viewers.hashing.Argon2"
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

# Cookies name no domain: each brand's go to its own host and to no other.
SESSION_ENGINE = "viewers.sessions"
SESSION_CACHE_ALIAS = "sessions"
SESSION_COOKIE_NAME = "tv_session"
SESSION_COOKIE_AGE = 30 * 24 * 3600
# Scripts read it, to send what it holds along with what they ask for.
CSRF_COOKIE_NAME = "tv_csrf"
CSRF_FAILURE_VIEW = "ops.refusals.forged"
# Only where the edge changes the Host header.
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Without a server for mail it is put in a folder: whoever runs the site reads it there. Never in
# a log, which more people read than may set others' passwords.
EMAIL_HOST = env.text("SMTP_HOST", "")
EMAIL_PORT = env.number("SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.secret("SMTP_PASSWORD") if EMAIL_HOST_USER else ""
EMAIL_USE_TLS = True
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = env.text("MAIL_FOLDER", "/dev/shm/mail")
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "accounts@localhost")

# Requests of the API that one viewer's app may make in a minute.
API_LIMIT = env.number("API_LIMIT", 300)
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth.Client"
OAUTH2_PROVIDER = toolkit.SETTINGS

# Where a viewer is, as whoever stands in front of the hosts found out (on AWS
# CloudFront-Viewer-Country); and where those are of whom nobody said it.
COUNTRY_HEADER = env.text("COUNTRY_HEADER", "X-Viewer-Country")
DEFAULT_COUNTRY = env.text("DEFAULT_COUNTRY", "US")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
# The interface's; `/ko/` stands before the paths of Korean pages (see pages/language.py).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True

STATIC_URL = "/static/"
# Beside the code and not within: images have them in a layer of their own, which an edited page
# does not change.
STATIC_ROOT = BASE_DIR.with_name("static")
# What npm brought: in the image's build, or where `npm run assets` put it. Collected, it is needed
# no more.
ASSETS = Path(env.text("ASSETS", str(BASE_DIR / "node_modules/.assets")))
STATICFILES_DIRS = [("vendor", ASSETS)] if ASSETS.is_dir() else []
STORAGES = {**global_settings.STORAGES}
# Names of static files carry their content's hash, once the image's build has collected them.
if (STATIC_ROOT / "staticfiles.json").exists() or env.flag("DJANGO_COLLECT"):
    STORAGES["staticfiles"] = {"BACKEND": "pages.storage.Static"}
else:
    WHITENOISE_USE_FINDERS = True

# The edge speaks HTTP to hosts and says so when the viewer came by HTTPS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": DIRECTIVES}

# Where this host's nginx is, for what another service answers; and the key to sign with for it.
PROGRESS_URL = env.text("PROGRESS_URL", "http://host.airchain")
PROGRESS_KEY = "only-for-tests-and-builds-32-bytes" if TESTING else env.secret("PROGRESS_KEY")

# Videos, in the folder that all hosts of an environment share; nginx serves them under addresses
# that are signed with the key. See playback/addresses.py.
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", "/files/media"))
MEDIA_KEY = "only-for-tests-and-builds" if TESTING else env.secret("MEDIA_KEY")
# Seconds that an address is good for: longer than anything lasts that is watched with breaks.
MEDIA_ADDRESS_SECONDS = env.number("MEDIA_ADDRESS_SECONDS", 6 * 3600)

# Seconds that ffmpeg may take for one rendition of an uploaded video.
INGEST_SECONDS = env.number("INGEST_SECONDS", 2 * 3600)
INGEST_BYTES = env.number("INGEST_BYTES", 8 << 30)

# Seconds that a task may take, and after which one that nobody has acknowledged goes to another
# worker. The second is more than twice the first: a task with a countdown is held while another
# is in progress. It is an attribute of the queue, given when the queue is made.
TASK_TIME_LIMIT = env.number("TASK_TIME_LIMIT", 120)
TASK_VISIBILITY = TASK_TIME_LIMIT * 5 // 2

# Celery over the SQS API. With an endpoint it is a local stand-in that takes any key; without
# one it is AWS, and the host's own role signs.
SQS_ENDPOINT = env.text("SQS_ENDPOINT", env.text("AWS_ENDPOINT_URL", "http://aws:5000"))
CELERY_BROKER_URL = (
    "sqs://"
    if SQS_ENDPOINT == "aws"
    else f"sqs://local:local@{SQS_ENDPOINT.removeprefix('http://').rstrip('/')}//"
)
CELERY_BROKER_TRANSPORT = "ops.sqs:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "region": env.text("AWS_REGION", "us-east-1"),
    "is_secure": SQS_ENDPOINT == "aws",
    "queue_name_prefix": f"tv-{ENVIRONMENT}-",
    "visibility_timeout": TASK_VISIBILITY,
    "wait_time_seconds": 2,
    "polling_interval": 1,
    "client-config": {"connect_timeout": 1, "read_timeout": 10, "retries": {"max_attempts": 1}},
}
# Encoding takes minutes, and ffmpeg: it has a queue and workers of its own.
CELERY_TASK_ROUTES = {"playback.tasks.*": {"queue": "ingest"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ALWAYS_EAGER = TESTING
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
# At least once: what a worker did not finish is done again by another, so tasks must bear that.
# Also where only the pool's child was killed (out of memory), which else counts as done.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Seconds for a killed child's last answer. Of the default, ten, a task near its limit would be
# taken for one that exceeded it, and not be done again.
CELERY_WORKER_LOST_WAIT = 1
CELERY_TASK_TIME_LIMIT = TASK_TIME_LIMIT
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
WORKER_HEALTH_PORT = env.number("WORKER_HEALTH_PORT", 8001)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "ops.logs.JsonLine"}},
    "handlers": {
        "none": {"class": "logging.NullHandler"},
        "out": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        },
    },
    "root": {"handlers": ["out"], "level": "WARNING" if TESTING else "INFO"},
    "loggers": {
        "django": {"handlers": ["out"], "propagate": False, "level": "INFO"},
        "django.request": {
            "level": "CRITICAL" if TESTING else "ERROR",
            "handlers": ["out"],
            "propagate": False,
        },
        # Scanners send any Host header they like; that is no event of ours.
        "django.security.DisallowedHost": {"handlers": ["none"], "propagate": False},
        "botocore": {"level": "WARNING"},
    },
}
