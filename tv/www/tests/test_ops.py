import json
import logging
import os
import pickle
import tempfile
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.signing import BadSignature
from django.db import OperationalError
from django.test import SimpleTestCase, override_settings

from ops import health, remembered
from ops.cache import ForgivingRedisCache, Signed, StrictRedisCache
from ops.logs import JsonLine
from ops.sqs import Pulse
from ops.workerhealth import Stall
from tests.stage import NetworkTest
from tv import env

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Healthz(NetworkTest):
    def setUp(self):
        super().setUp()
        health._found = (float("-inf"), "unknown")

    def test_it_answers_to_any_host(self):
        """Checks come by address, also by one that no page is served under."""
        for host in ("10.213.1.7:8000", "evil.example"):
            answer = self.client.get("/healthz", headers={"host": host})
            self.assertEqual((answer.status_code, answer.json()["status"]), (200, "ok"))

    def test_a_database_that_is_away_is_told_and_not_fatal(self):
        """A status of 503 on every host at once would take the site down."""
        with patch("ops.health.connection.cursor", side_effect=OperationalError("gone")):
            answer = self.client.get("/healthz")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), {"status": "degraded", "database": "OperationalError"})

    def test_the_database_is_asked_once_a_second(self):
        """However often the check comes."""
        with self.assertNumQueries(1):
            for _ in range(5):
                self.client.get("/healthz")

    def test_every_answer_names_its_host(self):
        """And says what a page may load: nothing inline, nothing from elsewhere."""
        with override_settings(HOST="web-1f2e"):
            answer = self.at("dramas")
        self.assertEqual(answer.headers["X-Served-By"], "web-1f2e")
        self.assertNotIn("unsafe", answer.headers["Content-Security-Policy"])


class Secrets(SimpleTestCase):
    def test_a_service_does_without_what_it_is_not_given(self):
        """It says so; what is only missing is an error."""
        with patch.dict("os.environ", {"WITHOUT_SECRETS": "SECRET_KEY,GONE_KEY"}):
            self.assertEqual(env.secret("GONE_KEY"), "")
            with self.assertRaises(ImproperlyConfigured):
                env.secret("OTHER_KEY")

    def test_a_secret_comes_from_its_file(self):
        """Without the line end that editors leave."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "KEY")
            path.write_text("s3cret\n")
            with patch.dict("os.environ", {"KEY_FILE": str(path)}):
                self.assertEqual(env.secret("KEY"), "s3cret")
            path.write_text("\n")
            with patch.dict("os.environ", {"KEY_FILE": str(path)}):
                with self.assertRaisesMessage(ImproperlyConfigured, "secret KEY is empty"):
                    env.secret("KEY")

    def test_a_missing_secret_is_named(self):
        """With the file looked for, and what to do."""
        with patch.dict("os.environ", {"KEY_FILE": "/nowhere/KEY"}):
            with self.assertRaisesMessage(
                ImproperlyConfigured, "secret KEY cannot be read from /nowhere/KEY"
            ):
                env.secret("KEY")

    def test_a_number_that_is_none_is_named(self):
        """With the value found."""
        with (
            patch.dict("os.environ", {"PORT": "http"}),
            self.assertRaisesMessage(
                ImproperlyConfigured, "PORT must be a whole number, got 'http'"
            ),
        ):
            env.number("PORT", 1)


class RedisAway(SimpleTestCase):
    def test_it_is_an_empty_cache(self):
        """Every operation answers, and after the first failure at once."""
        ForgivingRedisCache.away_until = 0.0
        cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
        try:
            with self.assertLogs("ops.cache", "WARNING") as logs:
                self.assertEqual(cache.get("a", "none"), "none")
                began = time.monotonic()
                cache.set("a", 1)
                self.assertFalse(cache.add("a", 1))
                self.assertEqual(cache.get_many(["a"]), {})
                self.assertIsNone(cache.incr("a"))
                cache.delete_many(["a"])
                self.assertLess(time.monotonic() - began, 0.1)
            self.assertEqual(len(logs.output), 1)
        finally:
            ForgivingRedisCache.away_until = 0.0


class Values(SimpleTestCase):
    def test_a_value_comes_back_as_it_was(self):
        """Whatever pages are made of; whole numbers as Redis counts them."""
        store = Signed()
        for value in ({"a": [1, None]}, (1.5, frozenset("ab")), True, NOW, "", b""):
            with self.subTest(value):
                self.assertEqual(store.loads(store.dumps(value)), value)
        self.assertEqual((store.dumps(-7), store.loads(b"-7")), (-7, -7))

    def test_what_others_put_there_is_not_even_looked_at(self):
        """To read a pickle may run anything."""
        store, run = Signed(), []
        good = store.dumps(["a"])
        for data in (pickle.dumps(Harmful()), b"", b"x" * 32, good[:-1] + b"?", good[1:]):
            with self.subTest(data), patch("pickle.loads", run.append):
                self.assertRaises(BadSignature, store.loads, data)
        self.assertEqual(run, [])
        with override_settings(SECRET_KEY="another"):
            self.assertRaises(BadSignature, Signed().loads, good)

    def test_who_has_no_key_reads_nothing_and_counts(self):
        """As the service does that runs ffmpeg; what it deletes, others make anew."""
        signed = Signed().dumps({"a": 1})
        with patch.dict("os.environ", {"WITHOUT_SECRETS": "SECRET_KEY"}):
            store = Signed()
            with override_settings(SECRET_KEY=""):
                self.assertIsNone(store.loads(signed))
                self.assertEqual((store.loads(b"5"), store.dumps(1)), (5, 1))
                self.assertRaises(ImproperlyConfigured, store.dumps, {"a": 1})

    def test_what_cannot_be_read_is_let_go_of(self):
        with (
            patch("ops.remembered.fetch", return_value=None),
            patch("ops.remembered.cache.delete") as delete,
        ):
            remembered.forget("videos/x")
        delete.assert_called_once_with("videos/x")

    def test_a_cache_has_no_such_value(self):
        """For pages it is as if there was none."""
        for kind in (StrictRedisCache, ForgivingRedisCache):
            cache = kind("redis://127.0.0.1:1/0", {"OPTIONS": {"serializer": "ops.cache.Signed"}})
            with (
                self.subTest(kind),
                patch("redis.Redis.get", return_value=pickle.dumps(1.5)),
                patch("redis.Redis.mget", return_value=[pickle.dumps(1.5)]),
                self.assertLogs("ops.cache", "ERROR"),
            ):
                self.assertEqual(cache.get("a", "none"), "none")
                self.assertEqual(cache.get_many(["a"]), {})


class Harmful:
    def __reduce__(self):
        return os._exit, (1,)


class Worker(SimpleTestCase):
    def test_a_worker_is_healthy_while_its_loop_runs(self):
        """Not before it is connected, not after it stopped, not when polls hang."""
        pulse, now = Pulse(), time.monotonic()
        self.assertFalse(pulse.consuming(now))
        pulse.beat()
        self.assertTrue(pulse.consuming(time.monotonic()))
        self.assertFalse(pulse.consuming(time.monotonic() + Pulse.SILENCE + 1))
        pulse.stop()
        self.assertFalse(pulse.consuming(time.monotonic()))

    def test_a_pool_that_begins_nothing_more_is_found_out(self):
        """As after the end of a child that waited; not one whose children are busy, or begin."""
        late = Stall.PATIENCE + 1
        stall = Stall()
        self.assertFalse(stall.lasts(waiting=True, begun=3, now=0))
        self.assertFalse(stall.lasts(waiting=True, begun=3, now=late - 2))
        self.assertTrue(stall.lasts(waiting=True, begun=3, now=late + 1))
        for step in ({"waiting": False, "begun": 3}, {"waiting": True, "begun": 4}):
            stall = Stall()
            self.assertFalse(stall.lasts(waiting=True, begun=3, now=0))
            self.assertFalse(stall.lasts(**step, now=late))
            self.assertFalse(stall.lasts(waiting=True, begun=step["begun"], now=late + 1))

    def test_a_task_in_progress_is_nobody_elses(self):
        """Nor when it began only after another was done: two tasks fit."""
        self.assertGreaterEqual(settings.TASK_VISIBILITY, 2 * settings.CELERY_TASK_TIME_LIMIT)

    def test_a_drill_tells_its_task(self):
        """By the id that is printed, in the log."""
        out = StringIO()
        with self.assertLogs("ops.tasks", "INFO") as logs:
            call_command("drill", seconds=0, tasks=2, stdout=out)
        ids = out.getvalue().split()
        told = [f"drill {i} {what}" for i in ids for what in ("began", "is done")]
        self.assertEqual([record.getMessage() for record in logs.records], told)

    def test_a_drill_longer_than_a_task_may_take_is_refused(self):
        """It would be killed, and prove nothing."""
        with self.assertRaisesMessage(CommandError, "--seconds must be less than 120"):
            call_command("drill", seconds=120)


class Logs(SimpleTestCase):
    def test_a_record_is_one_line(self):
        """Also with a line end in the message."""
        record = logging.LogRecord("a", logging.INFO, "f", 1, "two\nlines %s", ("here",), None)
        line = JsonLine().format(record)
        self.assertNotIn("\n", line)
        self.assertEqual(json.loads(line)["message"], "two\nlines here")
