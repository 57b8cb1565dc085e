"""What moto's services know, in one file: a stop loses nothing, a crash the last second.

All of it is Python objects, so they are pickled as they are, whole, between two requests. A file
that another version of moto wrote is left alone: its objects may look otherwise.
"""

import copyreg
import hashlib
import os
import pickle
import sys
import time
from pathlib import Path
from threading import Condition, Event, Lock, Thread

import moto
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

# At most this share of the time goes into writing, however much there is to write.
SHARE = 10
PAUSE = 1.0
_SERVICES = {"dynamodb": dynamodb_backends, "sqs": sqs_backends}

# A queue's own: nobody waits at one that has just been read.
copyreg.pickle(Condition, lambda _: (Condition, ()))

NOT_NOW = (TypeError, AttributeError, ValueError, RuntimeError, MemoryError)
"""What pickling says of a state that just changes, or is too much at the moment."""


class Kept:
    """The state below `folder`; who holds `alone` keeps requests from changing it."""

    def __init__(self, folder: Path, alone: Lock) -> None:
        self.file = folder / f"moto-{moto.__version__}.pickle"
        self.alone = alone
        self.writing = Lock()
        self.changed = Event()
        self.written = b""

    def load(self) -> None:
        """Take up what was written last."""
        if not self.file.exists():
            return
        found = self.file.read_bytes()
        self.written = hashlib.sha256(found).digest()
        for service, account, region, state in pickle.loads(found):
            vars(_SERVICES[service][account][region]).update(state)

    def follow(self) -> None:
        """Write in a thread of its own, soon after something changed, and not all the time."""
        Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            self.changed.wait()
            began = time.monotonic()
            self.changed.clear()
            try:
                self.write()
            except (OSError, pickle.PicklingError, *NOT_NOW) as error:
                sys.stderr.write(f"what is new cannot be written: {error!r}\n")
                self.changed.set()
            time.sleep(max(PAUSE, SHARE * (time.monotonic() - began)))

    def write(self) -> None:
        """Write the state as it is, whole or not at all."""
        with self.writing:
            with self.alone:
                state = pickle.dumps(
                    [
                        (service, account, region, vars(backend))
                        for service, backends in _SERVICES.items()
                        for account, region, backend in backends.iter_backends()
                    ]
                )
            digest = hashlib.sha256(state).digest()
            if digest == self.written:
                return
            new = self.file.with_suffix(".new")
            with new.open("wb") as file:
                file.write(state)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.file)
            self.written = digest
