"""What the API's answers look like."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from api.v1.cursors import LONGEST, Page
from catalogue import rows
from catalogue import titles as found
from catalogue.slugs import SLUG
from catalogue.videos import Videos
from playback import progress
from playback.playing import Playback as Playing
from rights.entitlement import Allowed, Denied
from search.titles import Found
from viewers.continuing import Resume as Resuming
from viewers.models import Viewer

Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Cursor = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=LONGEST),
    Field(json_schema_extra={"format": "cursor"}, description="`next` of the page before."),
]
Limit = Annotated[int, Field(ge=1, le=100, description="Items in an answer, at most.")]
Kind = Literal["series", "film"]
Tier = Literal["free", "premium"]


class Brand(Schema):
    slug: str
    name: str
    tagline: str
    description: str
    theme: str
    domain: str
    tiers: list[Tier] = Field(description="What it offers viewers.")


class Genre(Schema):
    slug: str
    name: str
    titles: int = Field(description="How many of it the caller may watch.")


class Genres(Schema):
    items: list[Genre]


class Artwork(Schema):
    """Addresses of pictures, below the brand's domain; they may be kept for ever."""

    poster: str
    wide: str


class Title(Schema):
    """A series or film, as it stands in a list."""

    slug: str
    kind: Kind
    title: str
    original_title: str
    tagline: str
    year: int
    rating: str = Field(description="Youngest age, or `ALL`.")
    genre: str
    country: str
    artwork: Artwork


class Titles(Schema):
    """A page of a list."""

    items: list[Title]
    next: str | None = Field(description="The `cursor` of the next page, if there is one.")


class Row(Schema):
    slug: str
    title: str
    items: list[Title]


class Home(Schema):
    rows: list[Row]


class Access(Schema):
    """Whether the caller may play it now."""

    allowed: bool
    ads: bool = Field(description="Whether it plays with advertisements.")
    until: datetime | None = Field(description="When that ends.")
    reason: str | None = Field(description="Why not.")
    hint: str | None = Field(description="What the viewer can do about it.")
    at: datetime | None = Field(description="When it opens, or when it closed.")


class Episode(Schema):
    id: int = Field(description="What `/playback/{episode}` plays.")
    number: int
    title: str
    synopsis: str
    duration: int = Field(description="Seconds.")
    subtitles: list[str] = Field(description="Their languages (BCP 47).")
    video: bool = Field(description="Whether there is something to play yet.")
    access: Access


class Season(Schema):
    number: int = Field(description="0: specials.")
    year: int
    episodes: list[Episode]


class Credit(Schema):
    role: str
    name: str
    character: str


class TitleDetail(Title):
    """A series or film with its parts."""

    synopsis: str
    partner: str
    credits: list[Credit]
    seasons: list[Season]


class Result(Schema):
    title: Title
    person: str = Field(description="Who was found, where it was not the title.")


class Results(Schema):
    items: list[Result]


class Subtitles(Schema):
    language: str = Field(description="BCP 47.")
    label: str
    url: str


class Progress(Schema):
    """Where to `PUT` how far the viewer is, and to `GET` how far that was."""

    url: str
    token: str = Field(
        description="For `Authorization: Bearer`; good there only, and for an hour. After that "
        "(401) ask for playback again."
    )
    account: bool = Field(
        description="Whether it is about the viewer's account, and not about this device alone, "
        "as it is without an account and for an app without the scope `library`."
    )


class Next(Schema):
    """The episode that follows."""

    id: int
    season: int = Field(description="0: specials.")
    number: int
    address: str = Field(description="Of the page that plays it.")
    label: str = Field(description="Such as `S2 E3`, or `Special 3`.")
    title: str
    access: Access


class Playback(Schema):
    """Addresses are below the brand's domain, and good for this caller until they expire."""

    playlist: str = Field(description="HLS.")
    thumbnails: str = Field(description="WebVTT, for seeking.")
    subtitles: list[Subtitles]
    expires: datetime
    duration: float = Field(description="Seconds.")
    ads: bool
    credit: str
    progress: Progress
    next: Next | None


class Resume(Schema):
    """An episode and from which second it goes on."""

    title: Title
    episode: int
    season: int
    number: int
    name: str
    duration: float
    position: float


class Continuing(Schema):
    items: list[Resume]


class Account(Schema):
    """A viewer, to the viewer."""

    id: str = Field(description="As `/api/v1/progress` calls the viewer.")
    name: str
    email: str
    tier: Tier


# From the catalogue's own data to these shapes, field by field: without validation, which for
# what we made ourselves would take most of the time.


def title(card: rows.Card) -> Title:
    return Title.model_construct(
        slug=card.slug,
        kind=card.kind,
        title=card.title,
        original_title=card.original_title,
        tagline=card.tagline,
        year=card.year,
        rating=card.rating,
        genre=card.genre,
        country=card.country,
        artwork=Artwork.model_construct(poster=card.poster, wide=card.wide),
    )


def titles(page: Page[rows.Card]) -> Titles:
    return Titles.model_construct(items=[title(card) for card in page.items], next=page.next)


def results(matches: Sequence[Found]) -> Results:
    items = [
        Result.model_construct(title=title(match.card), person=match.person) for match in matches
    ]
    return Results.model_construct(items=items)


def continuing(rows: Sequence[Resuming]) -> Continuing:
    items = [
        Resume.model_construct(
            title=title(each.card),
            episode=each.episode,
            season=each.season,
            number=each.number,
            name=each.title,
            duration=each.duration,
            position=each.position,
        )
        for each in rows
    ]
    return Continuing.model_construct(items=items)


def account(viewer: Viewer) -> Account:
    return Account.model_construct(
        id=progress.name(viewer), name=viewer.name, email=viewer.email, tier=viewer.tier
    )


def playback(playing: Playing, where: Progress, following: Next | None) -> Playback:
    return Playback.model_construct(
        playlist=playing.playlist,
        thumbnails=playing.thumbnails,
        subtitles=[
            Subtitles.model_construct(language=track.language, label=track.label, url=track.address)
            for track in playing.subtitles
        ],
        expires=playing.expires,
        duration=playing.duration,
        ads=playing.ads,
        credit=playing.credit,
        progress=where,
        next=following,
    )


def genres(names: Sequence[tuple[str, str]], count: Mapping[str, int]) -> Genres:
    items = [Genre.model_construct(slug=s, name=name, titles=count.get(s, 0)) for s, name in names]
    return Genres.model_construct(items=items)


def home(shown: Sequence[rows.Row]) -> Home:
    return Home.model_construct(
        rows=[
            Row.model_construct(
                slug=row.slug, title=row.title, items=[title(card) for card in row.cards]
            )
            for row in shown
        ]
    )


def access(verdict: Allowed | Denied | None) -> Access:
    match verdict:
        case Allowed(ads, until):
            return Access.model_construct(
                allowed=True, ads=ads, until=until, reason=None, hint=None, at=None
            )
        case Denied(reason, hint, at):
            return Access.model_construct(
                allowed=False, ads=False, until=None, reason=str(reason), hint=hint, at=at
            )
        case None:
            raise ValueError("an episode that nobody decided on")


def episode(line: found.EpisodeLine, videos: Videos) -> Episode:
    return Episode.model_construct(
        id=line.key,
        number=line.number,
        title=line.title,
        synopsis=line.synopsis,
        duration=line.duration,
        subtitles=list(videos.get(line.key, ())),
        video=line.key in videos,
        access=access(line.verdict),
    )


def detail(what: found.Title, videos: Videos) -> TitleDetail:
    series = what.series
    return TitleDetail.model_construct(
        slug=series.slug,
        kind=series.kind,
        title=series.title,
        original_title=series.original_title,
        tagline=series.tagline,
        synopsis=series.synopsis,
        year=series.year,
        rating=series.rating,
        genre=series.genre.slug,
        country=series.country_id,
        partner=series.partner.name,
        artwork=Artwork.model_construct(poster=what.poster, wide=what.wide),
        credits=[
            Credit.model_construct(role=line.role, name=line.name, character=line.character)
            for line in what.credits
        ],
        seasons=[
            Season.model_construct(
                number=part.number,
                year=part.year,
                episodes=[episode(line, videos) for line in part.episodes],
            )
            for part in what.seasons
        ],
    )
