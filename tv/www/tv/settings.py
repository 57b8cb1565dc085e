"""Settings of the network, all from the environment.

`DJANGO_TEST=1` gives what tests and image builds need: no secret, no server, no network.
"""

from pathlib import Path

from tv import env

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = env.flag("DJANGO_TEST")
ENVIRONMENT = env.text("AIRCHAIN_ENVIRONMENT", "dev")
HOST = env.text("AIRCHAIN_HOST", "local")

DEBUG = env.flag("DJANGO_DEBUG")
SECRET_KEY = "only-for-tests-and-builds" if TESTING else env.secret("SECRET_KEY")
# A host that is no brand's gets the list of brands; a host outside this list gets 400.
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS", ".localhost,127.0.0.1,[::1]")

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "catalogue",
    "brands",
    "art",
    "audience",
    "pages",
    "ops",
]

MIDDLEWARE = [
    # Before anything that looks at the Host header: checks come by address.
    "ops.middleware.Health",
    "ops.middleware.ServedBy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "ops.middleware.DatabaseAway",
    "brands.middleware.BrandByDomain",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tv.urls"
WSGI_APPLICATION = "tv.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["brands.context.brand"]},
    }
]

if TESTING:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
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
    CACHES = {
        "default": {
            "BACKEND": "ops.cache.ForgivingRedisCache",
            "LOCATION": f"redis://{env.text('REDIS', 'redis:6379')}/0",
            "KEY_PREFIX": "tv",
            "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.5},
        }
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Names of static files carry their content's hash, once the image's build has collected them.
if (STATIC_ROOT / "staticfiles.json").exists() or env.flag("DJANGO_COLLECT"):
    STORAGES = {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
else:
    WHITENOISE_USE_FINDERS = True

# The edge speaks HTTP to hosts and says so when the viewer came by HTTPS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

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
