from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations

from django.test import SimpleTestCase

from rights.entitlement import Allowed, Denied, Offer, Reason, Tier, Title, Viewer, decide
from viewers.models import Tier as AccountTier

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
FREE, PREMIUM = Viewer(), Viewer(Tier.PREMIUM)


def w(
    opens: timedelta = -30 * DAY,
    closes: timedelta | None = None,
    *,
    only: str = "",
    without: str = "",
    tier: Tier = Tier.FREE,
) -> Offer:
    """An offer, relative to now; by default open to everyone for good."""
    return Offer(
        NOW + opens,
        None if closes is None else NOW + closes,
        frozenset(only.split()),
        frozenset(without.split()),
        tier,
    )


def paid(*args: timedelta, **where: str) -> Offer:
    return w(*args, **where, tier=Tier.PREMIUM)


OPEN, CLOSED, COMING = w(), w(-30 * DAY, -DAY), w(DAY)
PAID = paid()


@dataclass(frozen=True)
class Case:
    name: str
    title: Title
    expected: timedelta | Reason | None
    """Allowed, how long from now; or why not."""
    viewer: Viewer = FREE
    country: str = "US"


def of(*series: Offer) -> Title:
    return Title(series=series)


CASES = (
    # Time, at the second.
    Case("open for good", of(OPEN), None),
    Case("opens this instant", of(w(0 * DAY)), None),
    Case("opens in a second", of(w(SECOND)), Reason.NOT_YET),
    Case("opened a second ago", of(w(-SECOND)), None),
    Case("closes this instant", of(w(-DAY, 0 * DAY)), Reason.ENDED),
    Case("closes in a second", of(w(-DAY, SECOND)), SECOND),
    Case("closed a second ago", of(w(-DAY, -SECOND)), Reason.ENDED),
    Case("closed long ago", of(CLOSED), Reason.ENDED),
    Case("open for a second, this one", of(w(0 * DAY, SECOND)), SECOND),
    Case("open for a second, the last one", of(w(-SECOND, 0 * DAY)), Reason.ENDED),
    Case("open for a second, the next one", of(w(SECOND, 2 * SECOND)), Reason.NOT_YET),
    # Nothing licensed.
    Case("no window at all", Title(), Reason.UNLICENSED),
    Case("no window at all, with premium", Title(), Reason.UNLICENSED, PREMIUM),
    # Countries.
    Case("only here", of(w(only="US")), None),
    Case("here among others", of(w(only="KR US JP")), None),
    Case("only elsewhere", of(w(only="KR")), Reason.COUNTRY),
    Case("elsewhere excluded", of(w(without="KR")), None),
    Case("here excluded", of(w(without="KR US")), Reason.COUNTRY),
    Case("here included and excluded", of(w(only="US KR", without="US")), Reason.COUNTRY),
    Case("included, another excluded", of(w(only="US KR", without="KR")), None),
    Case("only elsewhere, with premium", of(w(only="KR")), Reason.COUNTRY, PREMIUM),
    Case("only elsewhere, and ended", of(w(-9 * DAY, -DAY, only="KR")), Reason.COUNTRY),
    Case("only elsewhere, and coming", of(w(DAY, only="KR")), Reason.COUNTRY),
    Case("country unknown, everywhere", of(OPEN), None, country=""),
    Case("country unknown, some included", of(w(only="US")), Reason.COUNTRY, country=""),
    Case("country unknown, some excluded", of(w(without="KR")), Reason.COUNTRY, country=""),
    Case("a country in lower case is none", of(w(only="US")), Reason.COUNTRY, country="us"),
    # Tiers.
    Case("premium, not paid for", of(PAID), Reason.PREMIUM),
    Case("premium, paid for", of(PAID), None, PREMIUM),
    Case("free, with premium", of(OPEN), None, PREMIUM),
    Case("premium, and elsewhere", of(paid(only="KR")), Reason.COUNTRY),
    Case("premium, and ended", of(paid(-9 * DAY, -DAY)), Reason.ENDED),
    Case("premium, and coming", of(paid(DAY)), Reason.NOT_YET),
    Case("premium ended, paid for", of(paid(-9 * DAY, -DAY)), Reason.ENDED, PREMIUM),
    # Several windows: the best one wins.
    Case("one of two is open", of(CLOSED, OPEN), None),
    Case("one of two is here", of(w(only="KR"), w(only="US")), None),
    Case("one of two is free", of(PAID, OPEN), None),
    Case("the later end counts", of(w(-DAY, DAY), w(-DAY, 2 * DAY)), 2 * DAY),
    Case("no end beats any", of(w(-DAY, DAY), OPEN), None),
    Case("overlapping ones last together", of(w(-DAY, DAY), w(SECOND, 9 * DAY)), 9 * DAY),
    Case("adjoining ones last together", of(w(-DAY, DAY), w(DAY, 2 * DAY)), 2 * DAY),
    Case("three that adjoin", of(w(-DAY, DAY), w(DAY, 2 * DAY), w(2 * DAY)), None),
    Case("a gap of a second ends it", of(w(-DAY, DAY), w(DAY + SECOND)), DAY),
    Case("one within another adds nothing", of(w(-DAY, 9 * DAY), w(-SECOND, DAY)), 9 * DAY),
    Case("what follows elsewhere does not count", of(w(-DAY, DAY), w(DAY, only="KR")), DAY),
    Case("what follows for premium does not count", of(w(-DAY, DAY), paid(DAY)), DAY),
    Case("but it does for premium", of(w(-DAY, DAY), paid(DAY)), None, PREMIUM),
    Case("free here, premium elsewhere", of(w(only="US"), paid(without="US")), None),
    Case("premium here, free elsewhere", of(paid(only="US"), w(without="US")), Reason.PREMIUM),
    Case("exclusion of one is not that of all", of(w(without="US"), w(only="US")), None),
    Case("premium first, free later, free viewer", of(PAID, COMING), Reason.PREMIUM),
    Case("premium first, free later, paid for", of(PAID, COMING), None, PREMIUM),
    Case("ended, and coming back", of(CLOSED, COMING), Reason.NOT_YET),
    Case("ended here, open elsewhere", of(CLOSED, w(only="KR")), Reason.ENDED),
    Case("coming here, open elsewhere", of(COMING, w(only="KR")), Reason.NOT_YET),
    Case("the same window twice", of(w(-DAY, DAY), w(-DAY, DAY)), DAY),
    # The most specific level that has windows decides alone.
    Case("an episode's own window opens it", Title((CLOSED,), (CLOSED,), (OPEN,)), None),
    Case("an episode's own window closes it", Title((OPEN,), (OPEN,), (CLOSED,)), Reason.ENDED),
    Case("a season's window opens it", Title((CLOSED,), (OPEN,)), None),
    Case("a season's window closes it", Title((OPEN,), (CLOSED,)), Reason.ENDED),
    Case("an episode's before its season's", Title((), (CLOSED,), (OPEN,)), None),
    Case("an episode's before its series'", Title((CLOSED,), (), (OPEN,)), None),
    Case("the series' where no other is", Title((OPEN,), (), ()), None),
    Case("only the season has one", Title((), (OPEN,)), None),
    Case("only the episode has one", Title((), (), (OPEN,)), None),
    Case("an episode's country", Title((OPEN,), (), (w(only="KR"),)), Reason.COUNTRY),
    Case("an episode's tier", Title((OPEN,), (), (PAID,)), Reason.PREMIUM),
    Case("an episode free of a premium series", Title((PAID,), (), (OPEN,)), None),
    Case("a season's tier, paid for", Title((OPEN,), (PAID,)), None, PREMIUM),
    Case("levels do not add up", Title((w(-DAY, 9 * DAY),), (), (w(-DAY, DAY),)), DAY),
    # Specials are a season, a film is one episode: no rule of their own.
    Case("specials with their series", Title((OPEN,), (), ()), None),
    Case("specials for premium only", Title((OPEN,), (PAID,), ()), Reason.PREMIUM),
    Case("one special for everyone", Title((PAID,), (PAID,), (OPEN,)), None),
    Case("specials licensed later", Title((OPEN,), (COMING,), ()), Reason.NOT_YET),
    Case("a film for a week", of(w(-DAY, 6 * DAY)), 6 * DAY),
    Case("a film in premium first", of(paid(-DAY), w(20 * DAY)), Reason.PREMIUM),
    Case("a film in premium first, paid for", of(paid(-DAY), w(20 * DAY)), None, PREMIUM),
)

HINTS = (
    (of(PAID), "Sign in with a premium account to watch it.", None),
    (of(w(DAY)), "Come back on 16 June 2026.", NOW + DAY),
    (of(w(9 * DAY), w(DAY)), "Come back on 16 June 2026.", NOW + DAY),
    (of(paid(DAY)), "Come back with a premium account on 16 June 2026.", NOW + DAY),
    (of(CLOSED), "Its licence ended on 14 June 2026. Try another title.", NOW - DAY),
    (of(w(-9 * DAY, -8 * DAY), CLOSED),
     "Its licence ended on 14 June 2026. Try another title.", NOW - DAY),
    (of(w(only="KR")), "It is not licensed in your country. Try another title.", None),
    (Title(), "It is not licensed at present. Try another title.", None),
)  # fmt: skip


class Decide(SimpleTestCase):
    def test_every_case_of_the_table(self):
        """Also whatever the order of the windows; ads are for those who do not pay."""
        for case in CASES:
            for series in permutations(case.title.series):
                title = Title(series, case.title.season, case.title.episode)
                with self.subTest(case.name):
                    verdict = decide(case.viewer, title, case.country, NOW)
                    if isinstance(case.expected, Reason):
                        self.assertEqual(verdict.reason, case.expected)
                    else:
                        until = None if case.expected is None else NOW + case.expected
                        self.assertEqual(verdict, Allowed(case.viewer is FREE, until))

    def test_the_table_is_long_enough_and_says_each_thing_once(self):
        """At least 60 cases, each with a name of its own; every reason occurs."""
        self.assertGreaterEqual(len(CASES), 60)
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
        self.assertLessEqual(set(Reason), {case.expected for case in CASES})

    def test_hints_say_what_to_do(self):
        """With the day, where waiting helps or came too late."""
        for title, hint, at in HINTS:
            with self.subTest(hint):
                verdict = decide(FREE, title, "US", NOW)
                self.assertIsInstance(verdict, Denied)
                self.assertEqual((verdict.hint, verdict.at), (hint, at))

    def test_a_brand_may_offer_one_tier_only(self):
        """Without premium, what asks for it is under no licence there; without a free tier, all
        asks for premium. The most specific level still decides alone."""
        free, paying = frozenset({Tier.FREE}), frozenset({Tier.PREMIUM})
        special = Title(series=(OPEN,), episode=(PAID,))
        cases = (
            (free, Tier.FREE, of(OPEN), Allowed(ads=True, until=None)),
            (free, Tier.FREE, of(PAID), Reason.UNLICENSED),
            (free, Tier.PREMIUM, of(PAID), Reason.UNLICENSED),
            (free, Tier.PREMIUM, of(OPEN), Allowed(ads=False, until=None)),
            (free, Tier.FREE, of(paid(DAY)), Reason.UNLICENSED),
            (free, Tier.FREE, special, Reason.UNLICENSED),
            (paying, Tier.FREE, of(OPEN), Reason.PREMIUM),
            (paying, Tier.FREE, of(COMING), Reason.NOT_YET),
            (paying, Tier.PREMIUM, of(OPEN), Allowed(ads=False, until=None)),
        )
        for tiers, tier, title, expected in cases:
            with self.subTest(tiers=tiers, tier=tier, title=title):
                verdict = decide(Viewer(tier, tiers), title, "US", NOW)
                found = verdict.reason if isinstance(verdict, Denied) else verdict
                self.assertEqual(found, expected)
        coming = decide(Viewer(Tier.FREE, paying), of(COMING), "US", NOW)
        self.assertIn("with a premium account", coming.hint)

    def test_until_is_the_first_instant_of_denial(self):
        """Allowed a microsecond before it, denied at it, for every case that ends."""
        ends = [case for case in CASES if isinstance(case.expected, timedelta)]
        self.assertGreaterEqual(len(ends), 10)
        for case in ends:
            with self.subTest(case.name):
                until = decide(case.viewer, case.title, case.country, NOW).until
                before = decide(
                    case.viewer, case.title, case.country, until - timedelta(microseconds=1)
                )
                after = decide(case.viewer, case.title, case.country, until)
                self.assertIsInstance(before, Allowed)
                self.assertIsInstance(after, Denied)

    def test_tiers_are_those_of_accounts(self):
        """The two lists are kept apart so that deciding needs no database; they are the same."""
        self.assertEqual([tier.value for tier in Tier], list(AccountTier.values))
