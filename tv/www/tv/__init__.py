"""The network: settings, addresses and the two applications (WSGI and Celery)."""

import pymysql

from tv.celery import app as celery_app

pymysql.install_as_MySQLdb()

__all__ = ["celery_app"]
