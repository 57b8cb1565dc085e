"""What the edge counted of each host, as deployments compare it.

HAProxy has counters per server, and of the time to an answer (`rtime`, whole
milliseconds) only a mean. In its source (2.6: `stream_update_time_stats` in
stream.c, `stats_fill_sv_stats` in stats.c, `swrate_add_dynamic` in freq_ctr.h) that
is a sum S over a sliding window of W = 512 answers (`TIME_STATS_SAMPLES`):

    each answer of t ms   S ← S + t           while there are at most W answers
                          S ← S - S/W + t     from then on
    shown                 rtime = ⌈S / n⌉     with n = min(answers, W)

From two readings the mean m of the k answers between them follows. The first a
of them came within the window (a = min(W, answers after) - answers before, at
least 0), the b = k - a others behind it. With q = 1 - 1/W each of these leaves S·q:

    S₁ = (S₀ + a·m)·qᵇ + m·W·(1 - qᵇ)
    m  = (S₁ - S₀·qᵇ) / (a·qᵇ + W·(1 - qᵇ))

Where t varies this weighs late answers slightly more. S is known up to what rounding
takes: rtime·n - n < S ≤ rtime·n, so its middle is used, and half of n of each reading
is the margin: about 512 / k ms of a long-lived server, 1 ms of a young one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airchain.errors import FleetError
from airchain.fleet.haproxy import Runtime, ServerStats
from airchain.release.figures import Figures, Reading, Traffic

WINDOW = 512
_DECAY = 1 - 1 / WINDOW
_MS = 0.001


@dataclass(frozen=True)
class EdgeReading:
    """A server's counters at one moment; `mean_ms` is HAProxy's `rtime`.

    A request that was sent again to another host, because this one answered 502 or
    nothing, is one of the `failed`: no viewer saw it, and it tells of the release.
    """

    fleet: str
    requests: int
    failed: int
    answers: int
    mean_ms: int

    @classmethod
    def of(cls, server: ServerStats) -> EdgeReading:
        """The part of what the edge says of a server that is compared."""
        return cls(
            server.fleet,
            server.requests,
            server.errors + server.retries,
            server.answers,
            server.answer_ms,
        )

    def lifetime(self) -> Figures:
        """All requests so far; of the answers the last ones, since HAProxy knows no more."""
        timed = min(self.answers, WINDOW)
        if not timed:
            return Figures(self.requests, self.failed)
        mean = max(0.0, self.mean_ms - 0.5)
        return Figures(self.requests, self.failed, timed, mean * _MS, 0.5 * _MS)

    def since(self, before: EdgeReading) -> Figures | None:
        """What came since `before`; None where the edge began to count anew."""
        requests = self.requests - before.requests
        failed = self.failed - before.failed
        answers = self.answers - before.answers
        if min(requests, failed, answers) < 0:
            return None
        if not answers:
            return Figures(requests, failed)
        inside = max(0, min(WINDOW, self.answers) - before.answers)
        kept = _DECAY ** (answers - inside)
        weight = inside * kept + WINDOW * (1 - kept)
        mean = max(0.0, (self._sum() - before._sum() * kept) / weight)
        margin = (self._doubt() + before._doubt() * kept) / weight
        return Figures(requests, failed, answers, mean * _MS, margin * _MS)

    def _sum(self) -> float:
        """HAProxy's S, in the middle of what the rounded mean allows."""
        return max(0.0, self.mean_ms - 0.5) * min(self.answers, WINDOW)

    def _doubt(self) -> float:
        return 0.5 * min(self.answers, WINDOW)


def of(edge: Runtime) -> Traffic:
    """Reads the counters of every host at `edge`; none where it does not answer."""

    def read() -> Mapping[str, Reading]:
        try:
            return {server.host: EdgeReading.of(server) for server in edge.servers()}
        except FleetError:
            return {}

    return read
