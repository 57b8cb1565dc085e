"""Pages of what a viewer wants to watch, and of what they have begun."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalogue.models import Series
from viewers import continuing, watchlist
from viewers.shelf import shelf_of


@never_cache
@require_safe
@login_required
def watch_list(request: HttpRequest) -> HttpResponse:
    shelf = shelf_of(request)
    context = {"cards": watchlist.cards(request.user, shelf), "genres": shelf.genres}
    return render(request, "account/watch-list.html", context)


@never_cache
@require_POST
@login_required
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """`action=add` or `action=remove`; then back to the page where the button was."""
    series = get_object_or_404(Series, slug=slug, genre__brands=request.brand)
    actions = {"add": watchlist.add, "remove": watchlist.remove}
    act = actions.get(request.POST.get("action", ""))
    if act is None:
        return HttpResponse("action must be add or remove\n", "text/plain", 400)
    act(request.user, series)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if safe else "watch-list")


@never_cache
@require_safe
@login_required
def continue_watching(request: HttpRequest) -> HttpResponse:
    shelf = shelf_of(request)
    context = {"row": continuing.row(request), "genres": shelf.genres}
    return render(request, "account/continue.html", context)
