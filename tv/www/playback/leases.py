"""Steps are done under a lease: whoever holds it works, and says so every few seconds.

A worker that dies stops saying so; then the step is another's to take. A worker that was only
thought dead finds out at its next beat, and leaves what it did.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from ops.outage import AWAY
from playback import flow
from playback.models import Job, Step

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
EVERY = timedelta(seconds=10)


class LeaseLostError(Exception):
    """The step is no longer ours, or its job is over."""


@dataclass
class Lease:
    step: Step
    holder: str

    def beat(self, percent: int) -> None:
        """Renew it, if a while has passed; raises `LeaseLostError` where it is no longer ours."""
        now = timezone.now()
        if self.step.due - now > LEASE - EVERY:
            return
        try:
            ours = self._held().update(due=now + LEASE, percent=min(percent, 99))
            active = Job.objects.filter(pk=self.step.job_id, state__in=flow.ACTIVE).exists()
        except AWAY as error:
            # Perhaps it is back before anyone may take the step.
            log.warning("the lease of step %s is not renewed: %s", self.step.pk, error)
            ours = active = self.step.due > now
        else:
            self.step.due = now + LEASE
        if ours and not active:
            # Taken while the job was just failing: nobody else tells that the step is over.
            self._held().update(state=Step.State.FAILED, holder="")
        if not ours or not active:
            raise LeaseLostError

    def end(self, state: Step.State, **fields: object) -> None:
        """Give it back with what became of the step."""
        if not self._held().update(state=state, holder="", **fields):
            raise LeaseLostError

    def _held(self):
        return Step.objects.filter(pk=self.step.pk, holder=self.holder, state=Step.State.RUNNING)


def claim(pk: int) -> Lease | None:
    """The step's lease; none where it is done, not due, or another's, or its job is over."""
    now, holder = timezone.now(), secrets.token_hex(8)
    free = Q(state=Step.State.WAITING) | Q(state=Step.State.RUNNING)
    active = Q(job__in=Job.objects.filter(state__in=flow.ACTIVE))
    taken = Step.objects.filter(free, active, pk=pk, due__lte=now).update(
        state=Step.State.RUNNING, holder=holder, due=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    return Lease(Step.objects.select_related("job__asset", "job__episode").get(pk=pk), holder)
