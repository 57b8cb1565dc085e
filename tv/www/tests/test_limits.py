from unittest.mock import patch

from django.core.cache import cache
from django.test import SimpleTestCase

from ops.cache import ForgivingRedisCache
from ops.limits import Limit, seconds_to_wait

CASES = [
    # most, period, last, this, elapsed -> wait
    ("nothing so far", 3, 60, 0, 0, 0.0, 0),
    ("the last one that fits", 3, 60, 0, 2, 0.0, 0),
    ("full: until the period ends and a third fades", 3, 60, 0, 3, 15.0, 45 + 20),
    ("at once after a full period", 3, 60, 3, 0, 0.0, 20),
    ("in mid-period half of the last one counts", 4, 60, 4, 1, 30.0, 0),
    ("and one more does not fit", 4, 60, 4, 2, 30.0, 15),
    ("one at a time", 1, 10, 0, 1, 4.0, 16),
]


class Windows(SimpleTestCase):
    def test_waiting(self):
        """As the table has it; and after the wait, one more fits."""
        for name, most, period, last, this, elapsed, expected in CASES:
            with self.subTest(name):
                wait = seconds_to_wait(most, period, last, this, elapsed)
                self.assertAlmostEqual(wait, expected)
                then = elapsed + wait + 1e-6
                if then < period:
                    self.assertEqual(seconds_to_wait(most, period, last, this, then), 0)
                else:
                    self.assertEqual(seconds_to_wait(most, period, this, 0, then - period), 0)


class Limits(SimpleTestCase):
    def setUp(self):
        cache.clear()
        self.limit = Limit("test", most=3, seconds=60)

    def test_each_has_a_limit_of_their_own(self):
        """Who is refused is not counted, and is let in after the wait that was told."""
        self.assertEqual([self.limit.wait("a", 600.0) for _ in range(5)], [0, 0, 0, 80, 80])
        self.assertEqual(self.limit.wait("b", 600.0), 0)
        self.assertEqual(self.limit.wait("a", 679.0), 1)
        self.assertEqual(self.limit.wait("a", 680.0), 0)

    def test_without_redis_nobody_is_refused(self):
        """The limit is there for the site's sake, and not the other way round."""
        ForgivingRedisCache.away_until = 0.0
        away = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
        self.addCleanup(setattr, ForgivingRedisCache, "away_until", 0.0)
        with patch("ops.limits.cache", away), self.assertLogs("ops.cache", "WARNING"):
            self.assertEqual([self.limit.wait("a", 600.0) for _ in range(9)], [0] * 9)
