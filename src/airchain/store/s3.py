"""The store in an S3 bucket: conditional writes, retries with jitter, all waits bounded.

What failed in passing (a server error, a cut or silent connection) is tried again.
A conditional write whose answer was lost may have been done: when it is tried
again and refused, the object is read, and if it is just what we wrote, we did.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore import store as stores
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from airchain.errors import Conflict, StoreError
from airchain.spec.model import S3
from airchain.store import clock
from airchain.store.base import Object, parts_of
from airchain.store.date import DateClock

if TYPE_CHECKING:
    from obstore.store import S3CredentialProvider

CONNECT_WITHIN = 2.0
ANSWER_WITHIN = 5.0
# No attempt begins later than this after the first.
RETRIED_FOR = 10.0
ATTEMPTS = 6
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

# The second form is the library's own, of an answer to several deletions.
_CODE = re.compile(r"(?:<Code>|\(code: )([A-Za-z0-9]+)[<)]")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
# The same failure shall read the same each time.
_TOOK = re.compile(r" in [0-9.]+(ns|µs|ms|s)\b")
_STATUS = re.compile(r"status code: (\d{3})")
# What the library says of a connection that failed stands only in its account for developers.
_UNSENT = "error sending request"
_CAUSE = re.compile(r'\b(?:message|error): "([^"]+)"')
_CAUSES = {
    "kind: Timeout": "no answer in time",
    "IncompleteMessage": "the connection ended before the answer",
    "InvalidCertificate": "its certificate is not one that this machine trusts",
}
# Told to slow down, to try again, or that the request came too slowly.
_PASSING_STATUS = frozenset({408, 409, 429})
_PASSING_CODES = frozenset({"RequestTimeout", "SlowDown", "OperationAborted"})
_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN"
)
HINTS = {
    "RequestTimeTooSkewed": clock.HINT,
    "NoSuchBucket": "create the bucket, or correct store.s3.bucket in airchain.yaml",
    "AccessDenied": "`airchain store policy ENV` prints the rights that are needed",
    "InvalidAccessKeyId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "InvalidToken": _CREDENTIALS,
    "PermanentRedirect": "store.s3.region in airchain.yaml is not the bucket's",
    "AuthorizationHeaderMalformed": "store.s3.region in airchain.yaml is not the bucket's",
}
_Failure = (BaseError, OSError)

T = TypeVar("T")


class S3Store:
    """A `Store` in a bucket.

    `credentials` is asked for the keys whenever the last ones have expired; without it
    they come from `AWS_…` variables or the role of the machine.
    """

    # A look is a request that is paid for.
    interval = 1.0

    def __init__(self, place: S3, credentials: S3CredentialProvider | None = None) -> None:
        self.place = place
        self._clock = DateClock(bucket_url(place))
        try:
            self._objects = client(place, credentials)
        except BaseError as error:
            raise StoreError(cause(error), where=bucket_url(place), hint=_CREDENTIALS) from error

    def get(self, key: str) -> Object | None:
        """The object, or None where there is none."""

        def read() -> Object | None:
            try:
                found = obstore.get(self._objects, key)
                return Object(key, bytes(found.bytes()), _tag(found.meta))
            except (NotFoundError, FileNotFoundError) as error:
                # A proxy, or a bucket that is not there, answers 404 too.
                if _code(error) == "NoSuchKey":
                    return None
                raise

        return self._try(key, read)

    def put(self, key: str, data: bytes) -> str:
        """Write, whatever was there, and return the new version."""
        return self._try(key, lambda: self._put(key, data, "overwrite"))

    def create(self, key: str, data: bytes) -> str:
        """Write only where no object is; raise `Conflict` otherwise."""
        return self._conditional(key, data, "create", "exists already")

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Write only over `version`; raise `Conflict` otherwise."""
        return self._conditional(key, data, {"e_tag": version}, "was changed by another writer")

    def delete(self, key: str) -> None:
        """Remove the object; none being there is fine."""
        self._try(key, lambda: obstore.delete(self._objects, "/".join(parts_of(key))))

    def list(self, prefix: str) -> Sequence[str]:
        """All keys below the folder `prefix`, sorted."""
        return self._try(
            prefix,
            lambda: sorted(
                str(found["path"])
                for page in obstore.list(self._objects, prefix="/".join(parts_of(prefix)))
                for found in page
            ),
        )

    def skew(self) -> float | None:
        """Seconds that this machine's clock is ahead of the servers'."""
        return self._clock.skew()

    def _put(self, key: str, data: bytes, mode: Any) -> str:
        # Small objects in one request: parts could not be made conditional.
        return _tag(obstore.put(self._objects, key, data, mode=mode, use_multipart=False))

    def _conditional(self, key: str, data: bytes, mode: Any, refused: str) -> str:
        unsure = False

        def write() -> str:
            nonlocal unsure
            try:
                return self._put(key, data, mode)
            except (AlreadyExistsError, PreconditionError) as error:
                if _code(error) == "NoSuchBucket":
                    raise
                mine = self.get(key) if unsure else None
                if mine is None or mine.data != data:
                    raise Conflict(refused, where=key) from error
                return mine.version
            except _Failure as error:
                unsure = unsure or _passing(error)
                raise

        return self._try(key, write)

    def _try(self, key: str, act: Callable[[], T]) -> T:
        """Do it, again where that may help; whatever goes wrong is a `StoreError`."""
        parts_of(key)
        until = time.monotonic() + RETRIED_FOR
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return act()
            except _Failure as error:
                over = attempt == ATTEMPTS or time.monotonic() > until
                if over or not _passing(error):
                    raise self._failure(key, error, attempt) from error
            time.sleep(pause(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _failure(self, key: str, error: Exception, attempts: int) -> StoreError:
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        return StoreError(
            f"{cause(error)}{tried}",
            where=f"s3://{self.place.bucket}/{'/'.join(filter(None, (self.place.prefix, key)))}",
            hint=hint(error, self.place),
        )


def bucket_url(place: S3) -> str:
    """The bucket's address, its name in the path: that needs no DNS of the bucket's own."""
    server = place.endpoint or f"https://s3.{place.region}.amazonaws.com"
    return f"{server}/{place.bucket}"


def pause(attempt: int) -> float:
    """Seconds before the next attempt: longer each time, and different for each host."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
    return random.uniform(0.5, 1) * longest  # noqa: S311


def cause(error: Exception) -> str:
    """What the server said, or the first line of what the library says."""
    code, message = _code(error), _MESSAGE.search(str(error))
    if code:
        return f"{code}: {message[1]}" if message else code
    if isinstance(error, UnauthenticatedError | PermissionDeniedError):
        return "the server refuses these credentials"
    first, _, account = str(error).partition("\n")
    said = _TOOK.sub("", first).strip()
    return f"{said}{_lost(account)}" if first.endswith(_UNSENT) else said


def hint(error: Exception, place: S3) -> str | None:
    """What to do about it."""
    if found := HINTS.get(_code(error)):
        return found
    if "169.254." in str(error):
        return f"there are no credentials: {_CREDENTIALS}"
    if isinstance(error, UnauthenticatedError | PermissionDeniedError):
        return HINTS["AccessDenied"]
    if not _STATUS.search(str(error)):
        return f"see that {bucket_url(place)} can be reached from this machine"
    return None


def client(place: S3, credentials: S3CredentialProvider | None) -> stores.S3Store:
    """The library's store of the bucket: one attempt per call, bounded."""
    config: Any = {"region": place.region, "virtual_hosted_style_request": False}
    if place.endpoint:
        config["endpoint"] = place.endpoint
    return stores.S3Store(
        place.bucket,
        prefix=place.prefix or None,
        config=config,
        client_options={
            "allow_http": True,
            "connect_timeout": timedelta(seconds=CONNECT_WITHIN),
            "timeout": timedelta(seconds=ANSWER_WITHIN),
        },
        # Only we know whether a conditional write may be tried again, and how it ended.
        retry_config={"max_retries": 0},
        credential_provider=credentials,
    )


def _passing(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, AlreadyExistsError | PreconditionError | FileNotFoundError):
        return False
    if _code(error) in HINTS:
        return False
    if "169.254." in str(error):
        return False
    status = _STATUS.search(str(error))
    if _code(error) in _PASSING_CODES or status is None:
        return True
    return int(status[1]) in _PASSING_STATUS or int(status[1]) >= 500


def _lost(account: str) -> str:
    """How a connection failed, as far as the library's `account` of it is known to us."""
    for sign, meaning in _CAUSES.items():
        if sign in account:
            return f": {meaning}"
    found = _CAUSE.search(account)
    return f": {found[1]}" if found else ""


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _tag(meta: Any) -> str:
    tag = meta["e_tag"]
    if not tag:
        raise StoreError("the server gives objects no ETag", hint="another server is needed")
    return str(tag)
