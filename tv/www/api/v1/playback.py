"""Beginning to play."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Path, Router

from api.problems import Problem, missing
from api.v1 import fresh, shapes
from api.v1.who import public
from catalogue.models import Episode, Kind
from pages.titlepage import place
from playback import progress
from playback.addresses import BINDING, HEADER
from playback.following import Part, Play, following
from playback.playing import Playback
from playback.start import start
from rights.access import account_of, playable_among

router = Router(tags=["playback"])


@router.post("/playback/{episode}", response=shapes.Playback, **public("watch"))
def play(
    request: HttpRequest,
    response: HttpResponse,
    episode: Annotated[int, Path(ge=1, le=2**63 - 1)],
    key: Annotated[
        str,
        Header(
            alias=HEADER,
            pattern=f"^{BINDING.pattern}$",
            description="A random text of the app, which it sends with every request for media: "
            "the addresses are good with it only. A browser gets a cookie instead.",
        ),
    ] = "",
):
    """Addresses of the episode for this caller, and where to report how far it is."""
    found = (
        Episode.objects.filter(pk=episode, season__series__genre__brands=request.brand)
        .select_related("asset", "season__series")
        .first()
    )
    if found is None:
        raise missing("episode")
    playing = start(request, found)
    if not isinstance(playing, Playback):
        raise Problem(403, playing.hint, reason=str(playing.reason), hint=playing.hint)
    response.headers["Cache-Control"] = "no-store"
    playing.bind(request, response)
    return shapes.playback(playing, report(request, found, playing), next_of(request, found))


def report(request: HttpRequest, episode: Episode, playing: Playback) -> shapes.Progress:
    """A viewer's own positions; without an account, those of whoever has the same binding.

    So for an app that may play and no more: the token reads as well as writes, and progress knows
    no scopes, so with the account's name would come all that the viewer has watched.
    """
    account = account_of(request) if request.auth.may("library") else None
    who = progress.name(account) if account else f"a{fresh.digest(playing.binding)}"
    return shapes.Progress.model_construct(
        url=f"/api/v1/progress/{who}/{episode.pk}",
        token=progress.token(who),
        account=account is not None,
    )


def next_of(request: HttpRequest, episode: Episode) -> shapes.Next | None:
    """What follows in the story, also where it may not be watched yet; in three queries."""
    series = episode.season.series
    rows = Episode.objects.filter(season__series=series)
    fields = ("pk", "season__number", "number", "title")
    lines = {row[0]: row for row in rows.values_list(*fields)}
    parts = (Part(key, season, number) for key, season, number, _ in lines.values())
    step = following(episode.pk, parts, film=series.kind == Kind.FILM)
    if not isinstance(step, Play):
        return None
    key, season, number, title = lines[step.key]
    return shapes.Next.model_construct(
        id=key,
        season=season,
        number=number,
        address=reverse("watch", args=(key,)),
        label=place(season, number),
        title=title,
        access=shapes.access(playable_among(request, [key]).get(key)),
    )
