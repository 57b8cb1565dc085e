"""Values that many ask for at once, and when each process takes them for old."""

import threading
import time
from functools import partial
from itertools import product
from unittest.mock import Mock, patch

from django.core.cache import cache
from django.db import OperationalError
from django.test import SimpleTestCase, override_settings

from ops import remembered as kept
from ops.remembered import at_hand, remembered

CROWD = 8


class Crowd(SimpleTestCase):
    def setUp(self):
        cache.clear()
        at_hand.clear()
        self.addCleanup(cache.clear)
        self.addCleanup(at_hand.clear)
        self.made = 0
        self.began, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.go_on.set)

    def make(self):
        self.made += 1
        self.began.set()
        self.assertTrue(self.go_on.wait(30))
        return f"value {self.made}"

    def crowd(self, make):
        """Threads that ask for one value; their answers once they have ended."""
        answers = []

        def ask():
            try:
                answers.append(remembered("key", 60, make))
            except OperationalError as error:
                answers.append(str(error))

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(CROWD)]
        for thread in threads:
            thread.start()

        def end():
            for thread in threads:
                thread.join(30)
            return answers

        return answers, end

    def test_one_makes_what_nobody_has(self):
        """The others wait for it."""
        _, end = self.crowd(self.make)
        self.assertTrue(self.began.wait(30))
        time.sleep(0.1)
        self.go_on.set()
        self.assertEqual(end(), ["value 1"] * CROWD)

    def test_one_makes_anew_what_is_old(self):
        """The others are given the old value at once, and do not wait."""
        cache.set("key", (time.time() - 61, "old"), 600)
        answers, end = self.crowd(self.make)
        deadline = time.monotonic() + 30
        while len(answers) < CROWD - 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(answers, ["old"] * (CROWD - 1))
        self.go_on.set()
        self.assertEqual(sorted(end()), ["old"] * (CROWD - 1) + ["value 1"])
        self.assertEqual(self.made, 1)

    def test_who_waits_in_vain_hears_why(self):
        """And does not try in its turn, one after another; the next request does."""

        def broken():
            self.make()
            raise OperationalError("gone")

        _, end = self.crowd(broken)
        self.assertTrue(self.began.wait(30))
        time.sleep(0.1)
        self.go_on.set()
        self.assertEqual(end(), ["gone"] * CROWD)
        self.assertEqual(self.made, 1)
        self.assertEqual(remembered("key", 60, self.make), "value 2")

    def test_a_database_that_is_away_is_left_alone_for_a_moment(self):
        """Whichever process asks: the old value is kept for some seconds."""
        failing = Mock(side_effect=OperationalError("gone"))
        for pid in range(20):
            at_hand.clear()
            failing.reset_mock()
            cache.set("key", (time.time() - 61, "old"), 600)
            with patch("os.getpid", return_value=pid), self.subTest(pid):
                with self.assertLogs("ops.remembered", "WARNING"):
                    self.assertEqual(remembered("key", 60, failing), "old")
                self.assertEqual(remembered("key", 60, failing), "old")
                failing.assert_called_once_with()
                with patch("time.time", return_value=time.time() + kept.PAUSE + 1):
                    at_hand.clear()
                    with self.assertLogs("ops.remembered", "WARNING"):
                        remembered("key", 60, failing)
                self.assertEqual(failing.call_count, 2)

    def test_what_another_process_made_meanwhile_is_taken(self):
        """Though the copy at hand is old."""
        at_hand.put("key", (time.time() - 61, "old"))
        cache.set("key", (time.time(), "new"), 600)
        self.assertEqual(remembered("key", 60, self.make), "new")
        self.assertEqual(self.made, 0)


class Forgotten(SimpleTestCase):
    def setUp(self):
        cache.clear()
        at_hand.clear()
        self.addCleanup(cache.clear)
        self.addCleanup(at_hand.clear)

    def forget_elsewhere(self):
        """By another process, which has nothing at hand."""
        with patch("ops.remembered.at_hand", kept.AtHand()):
            kept.forget("key")

    def forget_without_key(self):
        """By a service without SECRET_KEY, to which the cache reads as empty."""
        with patch("ops.remembered.fetch", return_value=None):
            self.forget_elsewhere()

    def make_and(self, forget, clock):
        """What was read before it is forgotten, by a clock that is so many seconds ahead."""
        with patch("time.time_ns", return_value=time.time_ns() + clock * 10**9):
            forget()
        return "before"

    def test_an_edit_while_it_is_made_is_not_lost(self):
        """Who reads what was before the edit keeps it as old; whatever the editor's clock says."""
        here = partial(kept.forget, "key")
        who = (here, self.forget_elsewhere, self.forget_without_key)
        for forget, clock, known in product(who, (-10, 0, 10), (False, True)):
            with self.subTest(forget, clock=clock, known=known):
                cache.clear()
                at_hand.clear()
                if known:
                    cache.set("key", (time.time() - 61, "older"), 600)
                    kept.forget("key")
                making = partial(self.make_and, forget, clock)
                self.assertEqual(remembered("key", 60, making), "before")
                self.assertEqual(remembered("key", 60, lambda: "after"), "after")
                at_hand.clear()
                self.assertEqual(remembered("key", 60, self.fail), "after")

    def test_an_edit_before_it_is_made_is_in_it(self):
        """What was forgotten earlier makes nothing old."""
        remembered("key", 60, lambda: "before")
        self.forget_elsewhere()
        at_hand.clear()
        self.assertEqual(remembered("key", 60, lambda: "after"), "after")
        at_hand.clear()
        self.assertEqual(remembered("key", 60, self.fail), "after")

    def test_who_cannot_read_the_value_has_it_forgotten_all_the_same(self):
        """Others have a copy at hand, and give it no longer than any; meanwhile it stands in."""
        remembered("key", 60, lambda: "before")
        self.forget_without_key()
        self.assertEqual(remembered("key", 60, self.fail), "before")
        with patch.object(kept.AtHand, "SECONDS", 0):
            self.assertEqual(kept.fetch("key"), (0.0, "before"))
            self.assertEqual(remembered("key", 60, lambda: "after"), "after")

    def test_a_copy_at_hand_lasts_while_the_cache_is_away(self):
        """Nothing there says that it was forgotten."""
        remembered("key", 60, lambda: "value")
        cache.clear()
        with patch.object(kept.AtHand, "SECONDS", 0):
            self.assertEqual(remembered("key", 60, self.fail), "value")

    def test_a_cache_that_came_back_empty_gets_what_was_at_hand(self):
        """For processes that have none, should the database go away next; not as what is fresh."""
        away = Mock(side_effect=OperationalError("away"))
        remembered("key", 60, lambda: "value")
        cache.clear()
        with patch.object(kept.AtHand, "SECONDS", 0):
            self.assertEqual(remembered("key", 60, away), "value")
        at_hand.clear()
        self.assertEqual(remembered("key", 60, away), "value")
        at_hand.clear()
        cache.set("key", (0.0, "value"), 60)
        self.assertEqual(remembered("key", 60, lambda: "new"), "new")

    def test_it_costs_one_question(self):
        """For the value and the mark together."""
        cache.set("key", (time.time(), "value"), 600)
        with patch("ops.remembered.cache", Mock(wraps=cache)) as asked:
            remembered("key", 60, self.fail)
        self.assertEqual([call[0] for call in asked.method_calls], ["get_many"])


class Lasting(SimpleTestCase):
    def test_processes_do_not_find_it_old_together(self):
        """Each its own moment in the last fifth of the time, on each host."""
        moments = set()
        for host in ("web-1", "web-2"):
            for pid in range(20):
                with override_settings(HOST=host), patch("os.getpid", return_value=pid):
                    moments.add(kept.lasts("stock/dramas", 60))
                    self.assertEqual(kept.lasts("x", 60), kept.lasts("x", 60))
        self.assertEqual(len(moments), 40)
        self.assertTrue(all(48 <= moment <= 60 for moment in moments))
        self.assertGreater(max(moments) - min(moments), 6)
