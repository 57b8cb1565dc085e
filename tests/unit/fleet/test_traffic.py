"""What is made of HAProxy's counters, against its own arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airchain.fleet.traffic import WINDOW, EdgeReading
from airchain.release.figures import Figures


class Server:
    """Counts as HAProxy 2.6 does: whole numbers, as in `swrate_add_dynamic`."""

    def __init__(self) -> None:
        self.answers = 0
        self.sum = 0

    def answer(self, ms: int) -> None:
        self.answers += 1
        faded = (self.sum + WINDOW - 1) // WINDOW if self.answers > WINDOW else 0
        self.sum += ms - faded

    def read(self) -> EdgeReading:
        window = min(self.answers, WINDOW) or WINDOW
        return EdgeReading("web", self.answers, 0, self.answers, -(-self.sum // window))


def between(before: int, ms_before: int, after: int, ms_after: int) -> Figures:
    server = Server()
    for _ in range(before):
        server.answer(ms_before)
    first = server.read()
    for _ in range(after):
        server.answer(ms_after)
    found = server.read().since(first)
    assert found is not None
    return found


@given(
    before=st.integers(0, 2000),
    ms_before=st.integers(0, 3000),
    after=st.integers(1, 1000),
    ms_after=st.integers(0, 3000),
)
def test_the_mean_of_an_interval_is_recovered(
    before: int, ms_before: int, after: int, ms_after: int
) -> None:
    """Within the margin that it states, however full the window was."""
    found = between(before, ms_before, after, ms_after)
    assert found.requests == found.timed == after
    # HAProxy's own whole numbers add less than one millisecond and a half.
    assert abs(found.mean * 1000 - ms_after) <= found.margin * 1000 + 1.5


MARGINS = {(0, 20): 1, (100, 20): 6, (5000, 20): 26, (5000, 200): 3}


@pytest.mark.parametrize("counts", MARGINS)
def test_how_exact_it_is(counts: tuple[int, int]) -> None:
    """The longer a server is there, the more answers it takes to say something new."""
    before, after = counts
    assert between(before, 2, after, 302).margin * 1000 == pytest.approx(MARGINS[counts], abs=1)


def test_counters_that_went_back_say_nothing() -> None:
    """The edge was reloaded, or the host was taken away and came again."""
    assert EdgeReading("web", 5, 0, 5, 3).since(EdgeReading("web", 9, 0, 9, 3)) is None


def test_requests_that_got_no_answer_have_no_time() -> None:
    """They count as failed, and nothing is divided by their number."""
    before = EdgeReading("web", 600, 0, 600, 3)
    assert EdgeReading("web", 605, 5, 600, 3).since(before) == Figures(5, 5)
    assert EdgeReading("web", 5, 5, 0, 0).lifetime() == Figures(5, 5)
