from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase
from django.utils import timezone

from catalogue.models import Episode, Season, Series
from rights import bulk, reading
from rights.bulk import Change, Edit, Operation, Terms
from rights.entitlement import Allowed, Tier, Viewer, decide
from rights.models import Window
from tests.stage import NetworkTest, series

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def t(opens: timedelta, closes: timedelta | None = None, pk: int | None = 1, **more: str) -> Terms:
    return Terms(NOW + opens, None if closes is None else NOW + closes, pk=pk, **more)


def edit(operation: str, **more: object) -> Edit:
    return Edit(operation, NOW, **more)


OPEN, ENDED, COMING = t(-DAY), t(-9 * DAY, -DAY, pk=2), t(DAY, 9 * DAY, pk=3)
SET = edit(Operation.SET, opens=NOW - DAY, tier="premium", include="KR")
NEW = Terms(NOW - DAY, tier="premium", include="KR")

CASES = (
    ("set replaces all", [OPEN, ENDED], SET, Change(create=(NEW,), delete=(1, 2))),
    ("set where there is none", [], SET, Change(create=(NEW,))),
    ("set what is so already", [t(-DAY, tier="premium", include="KR")], SET, Change()),
    ("set without a time opens now", [], edit(Operation.SET), Change(create=(Terms(NOW),))),
    ("add keeps what there is", [OPEN], edit(Operation.ADD), Change(create=(Terms(NOW),))),
    ("add what there is", [OPEN], edit(Operation.ADD, opens=NOW - DAY), Change()),
    ("extend for good", [t(-DAY, DAY)], edit(Operation.EXTEND), Change(update=(OPEN,))),
    ("extend to a day", [t(-DAY, DAY)], edit(Operation.EXTEND, closes=NOW + 5 * DAY),
     Change(update=(t(-DAY, 5 * DAY),))),
    ("extend may shorten", [OPEN], edit(Operation.EXTEND, closes=NOW + DAY),
     Change(update=(t(-DAY, DAY),))),
    ("extend leaves what ended", [ENDED], edit(Operation.EXTEND), Change()),
    ("extend leaves what opens later than that", [COMING],
     edit(Operation.EXTEND, closes=NOW + DAY), Change()),
    ("extend what is to come", [COMING], edit(Operation.EXTEND), Change(update=(t(DAY, pk=3),))),
    ("extend what is so already", [OPEN], edit(Operation.EXTEND), Change()),
    ("extend where there is none", [], edit(Operation.EXTEND), Change()),
    ("close now", [OPEN], edit(Operation.CLOSE), Change(update=(t(-DAY, 0 * DAY),))),
    ("close on a day", [OPEN], edit(Operation.CLOSE, closes=NOW + DAY),
     Change(update=(t(-DAY, DAY),))),
    ("close what is to come", [COMING], edit(Operation.CLOSE), Change(delete=(3,))),
    ("close leaves what ended", [ENDED], edit(Operation.CLOSE), Change()),
    ("close several", [OPEN, ENDED, COMING], edit(Operation.CLOSE),
     Change(update=(t(-DAY, 0 * DAY),), delete=(3,))),
)  # fmt: skip


class Plan(SimpleTestCase):
    def test_each_operation(self):
        """The windows of one title, an edit, and what it changes."""
        for name, windows, wanted, expected in CASES:
            with self.subTest(name):
                self.assertEqual(bulk.plan(windows, wanted), expected)

    def test_a_part_that_is_closed_has_a_window_left(self):
        """Where it had none, what its whole has would count: a season to come would be open."""
        gone = Terms(NOW - bulk.MOMENT, NOW, tier="premium")
        coming = t(DAY, pk=3, tier="premium")
        for name, windows, expected in (
            ("it was to come", [coming], Change(create=(gone,), delete=(3,))),
            ("it ended and comes again", [ENDED, COMING], Change(delete=(3,))),
            ("it is open", [OPEN], Change(update=(t(-DAY, 0 * DAY),))),
            ("it has none", [], Change()),
        ):
            with self.subTest(name):
                wanted = edit(Operation.CLOSE)
                self.assertEqual(bulk.plan(windows, wanted, part=True), expected)
                self.assertEqual(bulk.follow(windows, wanted), expected)

    def test_a_part_whose_whole_is_set_has_its_windows(self):
        """And none of its own."""
        self.assertEqual(bulk.follow([OPEN, ENDED], SET), Change(delete=(1, 2)))


class Apply(NetworkTest):
    def test_what_is_planned_is_done_in_few_statements(self):
        """However many titles there are; those left as they are do not count as changed."""
        made = [series(f"series-{n}", "romance") for n in range(9)]
        Window.objects.filter(series=made[0]).delete()
        with self.assertNumQueries(2 + 1 + 2):  # reads, a write, and the savepoint around them
            changes = bulk.apply(
                "series", Series.objects.all(), edit(Operation.EXTEND, closes=NOW + 9999 * DAY)
            )
        self.assertEqual({at: len(found) for at, found in changes.items()}, {"series": 8})
        closes = set(Window.objects.values_list("closes", flat=True))
        self.assertEqual(closes, {NOW + 9999 * DAY})

    def test_windows_of_episodes_are_their_own(self):
        """Those of their series stay as they were."""
        made = series("a", "romance")
        bulk.apply("episode", Episode.objects.filter(season__series=made), SET)
        self.assertEqual(Window.objects.filter(series=made, tier="free").count(), 1)
        of_parts = Window.objects.filter(episode__season__series=made)
        self.assertEqual(
            of_parts.values_list("tier", "include").distinct().get(), ("premium", "KR")
        )
        self.assertEqual(of_parts.count(), 2)


class Parts(NetworkTest):
    """Windows of seasons and episodes count instead of those of their series."""

    def setUp(self):
        super().setUp()
        self.now = timezone.now()
        self.made = [self.with_parts(f"series-{n}") for n in range(3)]
        self.other = self.with_parts("other")

    def with_parts(self, slug: str) -> Series:
        """Premium, with a free first episode, a second season of its own, and one to come in it."""
        made = series(slug, "romance", seasons=2)
        made.windows.update(tier="premium")
        first, _, _, last = parts(made)
        Window.objects.create(episode=first, opens=self.now - DAY)
        Window.objects.create(season=last.season, opens=self.now - DAY, tier="premium")
        Window.objects.create(episode=last, opens=self.now + 3 * DAY)
        return made

    def apply(self, operation: str, level="series", **more: object) -> bulk.Changes:
        chosen = Series.objects.exclude(pk=self.other.pk)
        if level == "season":
            chosen = Season.objects.filter(series__in=chosen, number=2)
        return bulk.apply(level, chosen, Edit(operation, self.now, **more))

    def playable(self, made: Series, when: timedelta = 0 * DAY) -> list[bool]:
        """Of its episodes, to who pays."""
        titles = reading.titles(one.pk for one in parts(made))
        pays = Viewer(Tier.PREMIUM)
        return [
            isinstance(decide(pays, titles[one.pk], "US", self.now + when), Allowed)
            for one in parts(made)
        ]

    def test_what_is_closed_cannot_be_watched(self):
        """No episode, now or later; titles that were not chosen stay."""
        changes = self.apply(Operation.CLOSE, parts=True)
        self.assertEqual({at: len(found) for at, found in changes.items()},
                         {"series": 3, "season": 3, "episode": 6})  # fmt: skip
        for made in self.made:
            self.assertEqual(self.playable(made), [False] * 4)
            self.assertEqual(self.playable(made, 9 * DAY), [False] * 4)
        self.assertEqual(self.playable(self.other), [True, True, True, False])
        self.assertEqual(self.playable(self.other, 9 * DAY), [True] * 4)

    def test_what_closes_on_a_day_opens_nothing_until_then(self):
        """An episode that was to come after it does not come before."""
        self.apply(Operation.CLOSE, parts=True, closes=self.now + 2 * DAY)
        for when, expected in ((DAY, [True, True, True, False]), (9 * DAY, [False] * 4)):
            self.assertEqual(self.playable(self.made[0], when), expected)

    def test_what_is_set_counts_for_all_parts(self):
        """They have no windows of their own any more."""
        self.apply(Operation.SET, parts=True, include="KR")
        self.assertEqual(self.playable(self.made[0]), [False] * 4)
        windows = reading.of_series([one.pk for one in self.made])
        self.assertEqual(
            set(windows.values_list("season", "episode", "include")), {(None, None, "KR")}
        )
        self.assertEqual(windows.count(), 3)

    def test_a_season_has_parts_too(self):
        """Its episodes follow it, and nothing else does."""
        self.apply(Operation.CLOSE, "season", parts=True)
        self.assertEqual(self.playable(self.made[0], 9 * DAY), [True, True, False, False])

    def test_without_them_they_stay(self):
        """And it is known how many titles that is about; of what has ended nothing has to be."""
        titles = Series.objects.all()
        self.assertEqual(bulk.with_parts("series", titles), 4)
        for operation, parts_too, expected in (
            (Operation.CLOSE, False, 4), (Operation.CLOSE, True, 0), (Operation.SET, False, 4),
            (Operation.ADD, False, 4), (Operation.EXTEND, False, 4),
        ):  # fmt: skip
            wanted = Edit(operation, self.now, parts=parts_too)
            with self.subTest(operation, parts=parts_too):
                self.assertEqual(bulk.left("series", titles, wanted), expected)
        self.apply(Operation.CLOSE, parts=False)
        self.assertEqual(self.playable(self.made[0]), [True, False, True, False])
        self.apply(Operation.CLOSE, parts=True)
        self.assertEqual(bulk.left("series", titles, Edit(Operation.CLOSE, self.now)), 1)
        self.assertEqual(bulk.left("series", titles, Edit(Operation.SET, self.now)), 4)

    def test_only_set_and_close_reach_them(self):
        """To extend or to add is meant of what is chosen."""
        for operation in (Operation.ADD, Operation.EXTEND):
            changes = self.apply(operation, parts=True, closes=self.now + 9 * DAY)
            self.assertEqual(list(changes), ["series"])

    def test_statements_do_not_grow(self):
        """Keys, windows of each level, and what is removed, closed and made anew."""
        with self.assertNumQueries(1 + 3 + 3 + 2):  # and the savepoint around them
            self.apply(Operation.CLOSE, parts=True)


def parts(made: Series) -> list[Episode]:
    episodes = Episode.objects.filter(season__series=made).select_related("season")
    return list(episodes.order_by("season__number", "number"))
