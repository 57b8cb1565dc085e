"""Addresses of a brand's site."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from api.v1.app import app as api
from art.views import poster, scene, uploaded
from brands.views import icon, stylesheet
from oauth.approval import device
from oauth.views import DeviceAuthorization, Revocation, Token, metadata
from pages.views import browse, home, season, series, watch
from search.views import search

pages = [
    path("", home, name="home"),
    path("browse/<slug:genre>/", browse, name="browse"),
    path("series/<slug:slug>/", series, name="series"),
    path("series/<slug:slug>/season-<int:number>/", season, name="season"),
    path("watch/<int:episode>/", watch, name="watch"),
    path("search/", search, name="search"),
]
art = [
    path("art/<slug:slug>.svg", poster, name="poster"),
    path("art/<slug:slug>/wide.svg", scene, name="scene"),
    path("art/<slug:slug>/<slug:kind>/<slug:version>", uploaded, name="artwork"),
]

looks = [
    path("brands.css", stylesheet, name="brands-css"),
    # What browsers ask for where a page names no icon, as the editors' do.
    path("favicon.ico", icon, name="icon"),
]

for page in [*pages, *art, *looks]:
    # Nothing here is written to: any other method than GET and HEAD is answered 405.
    page.callback = require_safe(page.callback)

apps = [
    path("api/v1/", api.urls),
    path("oauth/device", DeviceAuthorization.as_view(), name="device-authorization"),
    path("oauth/token", Token.as_view(), name="token"),
    path("oauth/revoke", Revocation.as_view(), name="revocation"),
    path(".well-known/oauth-authorization-server", metadata, name="oauth-metadata"),
]

urlpatterns = [
    *i18n_patterns(
        *pages,
        path("device", device, name="device"),
        path("", include("viewers.urls")),
        prefix_default_language=False,
    ),
    *art,
    *looks,
    *apps,
    # One page to sign in on, with its limits.
    path("admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("admin/", admin.site.urls),
]
handler400 = "ops.refusals.bad_request"
handler404 = "pages.views.missing"
handler500 = "pages.views.broken"
