"""Settings with which the image's build fills its database: models, and nothing of the site."""

import pymysql

pymysql.install_as_MySQLdb()

SECRET_KEY = "makes no signature"
INSTALLED_APPS = ["catalogue", "brands"]
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
