"""Settings with which the image's build fills its database: models, and nothing of the site."""

import pymysql

pymysql.install_as_MySQLdb()

SECRET_KEY = "makes no signature"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "viewers",
    "catalogue",
    "rights",
    "brands",
    "playback",
    "oauth",
    "oauth2_provider",
]
AUTH_USER_MODEL = "viewers.Viewer"
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth.Client"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "/tmp/mysql.sock",
        "NAME": "tv",
        "USER": "mysql",
        "OPTIONS": {"charset": "utf8mb4"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
