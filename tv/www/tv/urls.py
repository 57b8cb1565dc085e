"""Addresses of a brand's site."""

from django.urls import path
from django.views.decorators.http import require_safe

from art.views import poster, scene
from pages.views import browse, home, season, series

pages = [
    path("", home, name="home"),
    path("browse/<slug:genre>/", browse, name="browse"),
    path("series/<slug:slug>/", series, name="series"),
    path("series/<slug:slug>/season-<int:number>/", season, name="season"),
    path("art/<slug:slug>.svg", poster, name="poster"),
    path("art/<slug:slug>/wide.svg", scene, name="scene"),
]

for page in pages:
    # Nothing here is written to: any other method than GET and HEAD is answered 405.
    page.callback = require_safe(page.callback)

urlpatterns = pages
handler404 = "pages.views.missing"
handler500 = "pages.views.broken"
