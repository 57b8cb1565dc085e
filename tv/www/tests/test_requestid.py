import json
import logging
import threading
from unittest.mock import patch

from celery.app.task import Context, Task
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase

from ops import requestid
from ops.logs import JsonLine
from ops.named import Named
from ops.requestid import RequestId
from tv.celery import app


class RequestIds(SimpleTestCase):
    def line(self, **headers):
        """What is logged while a request with these headers is answered."""
        lines = []

        def view(_):
            record = logging.LogRecord("x", logging.INFO, "x", 1, "seen", None, None)
            lines.append(json.loads(JsonLine().format(record)))
            return HttpResponse()

        RequestId(view)(RequestFactory().get("/", headers=headers))
        return lines[0]

    def test_lines_name_the_request_that_they_are_about(self):
        """As nginx and the edge do."""
        self.assertEqual(self.line(x_request_id="0f3a-77b1")["request_id"], "0f3a-77b1")

    def test_a_name_that_is_none_is_not_logged(self):
        """Nor is there one where no request is."""
        self.assertNotIn("request_id", self.line(x_request_id='"}\n{'))
        self.assertNotIn("request_id", self.line())
        record = logging.LogRecord("x", logging.INFO, "x", 1, "later", None, None)
        self.assertNotIn("request_id", json.loads(JsonLine().format(record)))


class Tasks(SimpleTestCase):
    def test_all_of_ours_carry_the_name(self):
        """Whoever adds one gives it the base that does."""
        app.loader.import_default_modules()
        ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
        self.assertGreaterEqual(len(ours), 4)
        self.assertEqual([task.name for task in ours if not isinstance(task, Named)], [])

    def test_a_task_is_logged_under_the_name_of_its_request(self):
        """Also from a thread beside it, also what the task asks for; the name goes as a header."""
        seen = []

        @app.task(base=Named, name="tests.look")
        def look() -> None:
            seen.append(requestid.current.get())

        self.addCleanup(app.tasks.pop, "tests.look")
        sent = threading.Event()
        with patch.object(Task, "apply_async") as published:
            published.side_effect = lambda *_, **__: sent.set()
            with requestid.named("0f3a-77b1-aa"):
                requestid.beside(look.delay)
            self.assertTrue(sent.wait(10))
            look.delay()
        self.assertEqual(
            [call.kwargs["headers"] for call in published.call_args_list],
            [{"request_id": "0f3a-77b1-aa"}, None],
        )
        # As a worker has it: what is no word of Celery's in the message's headers.
        for headers in ({"request_id": "0f3a-77b1-aa"}, {}):
            look.push_request(**vars(Context({"id": "1", "task": "tests.look", **headers})))
            try:
                look()
            finally:
                look.pop_request()
        self.assertEqual(seen, ["0f3a-77b1-aa", ""])
        self.assertEqual(requestid.current.get(), "")
