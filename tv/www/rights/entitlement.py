"""Who may watch what, where and when: one pure function for pages, API, playback and search.

Nothing here touches the database, the request or the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Tier(StrEnum):
    """What a viewer has, and what an offer asks for; the words of `viewers.models.Tier`."""

    FREE = "free"
    PREMIUM = "premium"


EVERY = frozenset(Tier)


class Reason(StrEnum):
    """Why not, from what a viewer can change to what nobody can."""

    PREMIUM = "premium"
    NOT_YET = "not-yet"
    ENDED = "ended"
    COUNTRY = "country"
    UNLICENSED = "unlicensed"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone, as far as rights are concerned. Who is not signed in watches what is free."""

    tier: Tier = Tier.FREE
    offered: frozenset[Tier] = EVERY
    """By the brand whose viewer it is."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A window as plain data: from `opens` until before `closes`, in some countries, to a tier."""

    opens: datetime
    closes: datetime | None = None
    include: frozenset[str] = frozenset()
    """Only there; none named: everywhere."""
    exclude: frozenset[str] = frozenset()
    """Not there, whatever `include` says."""
    tier: Tier = Tier.FREE

    def is_open(self, now: datetime) -> bool:
        return self.opens <= now and (self.closes is None or now < self.closes)

    def covers(self, country: str) -> bool:
        """An unknown country, the empty one, is covered only by what holds in every country."""
        if not country:
            return not self.include and not self.exclude
        return country not in self.exclude and (not self.include or country in self.include)

    def admits(self, viewer: Viewer) -> bool:
        return self.tier == Tier.FREE or viewer.tier == Tier.PREMIUM


@dataclass(frozen=True, slots=True)
class Title:
    """Something playable, by the offers of its series, its season and itself."""

    series: tuple[Offer, ...] = ()
    season: tuple[Offer, ...] = ()
    episode: tuple[Offer, ...] = ()

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The most specific level that has any decides alone."""
        return self.episode or self.season or self.series


@dataclass(frozen=True, slots=True)
class Allowed:
    ads: bool
    until: datetime | None
    """From then on it would be denied, if nothing is licensed anew; None: never."""


@dataclass(frozen=True, slots=True)
class Denied:
    reason: Reason
    hint: str
    """What the viewer can do about it, in English."""
    at: datetime | None = None
    """When it opens, or when it closed."""


def decide(viewer: Viewer, title: Title, country: str, now: datetime) -> Allowed | Denied:
    """Whether this viewer may watch this title in this country now.

    Several offers may cover a viewer: one that allows is enough, and they last together as long
    as there is no gap between them.
    """
    offers = offered(title.offers, viewer.offered)
    here = [offer for offer in offers if offer.covers(country)]
    admitting = [offer for offer in here if offer.admits(viewer)]
    if any(offer.is_open(now) for offer in admitting):
        return Allowed(ads=viewer.tier != Tier.PREMIUM, until=end(admitting, now))
    return refusal(here, now, elsewhere=bool(offers))


def offered(offers: Sequence[Offer], tiers: frozenset[Tier]) -> Sequence[Offer]:
    """As a brand with these tiers makes them. Without premium, what asks for it is not there for
    anyone; without a free tier, all asks for premium."""
    if tiers == EVERY:
        return offers
    if Tier.PREMIUM not in tiers:
        return [offer for offer in offers if offer.tier == Tier.FREE]
    return [replace(offer, tier=Tier.PREMIUM) for offer in offers]


def end(offers: Sequence[Offer], now: datetime) -> datetime | None:
    """When the first gap after `now` begins; None where none does."""
    until = now
    for offer in sorted(offers, key=lambda offer: offer.opens):
        if offer.opens > until:
            break
        if offer.closes is None:
            return None
        until = max(until, offer.closes)
    return until


def refusal(here: Sequence[Offer], now: datetime, *, elsewhere: bool) -> Denied:
    """The reason nearest to being allowed. `here` are the offers that cover the country."""
    if any(offer.is_open(now) for offer in here):
        return Denied(Reason.PREMIUM, "Sign in with a premium account to watch it.")
    coming = min((offer for offer in here if offer.opens > now), key=opens, default=None)
    if coming is not None:
        to = " with a premium account" if coming.tier == Tier.PREMIUM else ""
        return Denied(Reason.NOT_YET, f"Come back{to} on {day(coming.opens)}.", coming.opens)
    ended = max((offer.closes for offer in here if offer.closes), default=None)
    if ended is not None:
        return Denied(Reason.ENDED, f"Its licence ended on {day(ended)}. Try another title.", ended)
    if elsewhere:
        return Denied(Reason.COUNTRY, "It is not licensed in your country. Try another title.")
    return Denied(Reason.UNLICENSED, "It is not licensed at present. Try another title.")


def opens(offer: Offer) -> datetime:
    return offer.opens


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
