"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tv.settings")

application = get_wsgi_application()
# Loads all views, a third of what a start takes: here once, else in each of gunicorn's processes
# when its first viewer asks.
assert get_resolver().url_patterns
