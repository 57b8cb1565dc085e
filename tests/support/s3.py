"""A real server that speaks S3 (moto's), as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import requests

from airchain.spec.model import S3

if TYPE_CHECKING:
    from obstore.store import S3Credential

_START_WITHIN = 30.0
_USERS = count()


@dataclass(frozen=True)
class Server:
    """`url` is where it answers; it takes any keys, unless it was told to check rights."""

    url: str
    access_key_id: str = "tests"
    secret_access_key: str = "tests"

    @classmethod
    @contextmanager
    def run(
        cls, address: str = "127.0.0.1", *, port: int = 0, unchecked: int | None = None
    ) -> Iterator[Server]:
        """Start it, on a free port where none is given; check rights after `unchecked` requests."""
        port = port or free_port(address)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        if unchecked is not None:
            environment["INITIAL_NO_AUTH_ACTION_COUNT"] = str(unchecked)
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", address, "-p", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            found = cls(f"http://{address}:{port}")
            found.await_answer(process)
            yield found
        finally:
            process.kill()
            process.wait()

    def await_answer(self, process: subprocess.Popen[bytes]) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + _START_WITHIN
        while True:
            try:
                requests.get(f"{self.url}/moto-api/", timeout=5)
                return
            except requests.ConnectionError:
                assert process.poll() is None, "the S3 server ended at once"
                assert time.monotonic() < deadline, "the S3 server does not answer"
                time.sleep(0.1)

    def bucket(self, name: str, endpoint: str | None = None) -> S3:
        """A new, empty bucket, reached at `endpoint` where something stands in between."""
        self.client("s3").create_bucket(Bucket=name)
        return S3(bucket=name, region="us-east-1", prefix="air", endpoint=endpoint or self.url)

    def enforce(self, *, rights: bool) -> None:
        """Refuse what users have no right to; or, as at first, let any keys do anything."""
        after = "0" if rights else "inf"
        requests.post(f"{self.url}/moto-api/reset-auth", data=after, timeout=10)

    def user(self, rights: Mapping[str, Any] | None = None) -> Server:
        """The same server to a new user, with just these rights, or all; not while they count."""
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        rights = rights or {"Version": "2012-10-17", "Statement": [everything]}
        iam, name = self.client("iam"), f"user-{next(_USERS)}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(rights))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return replace(
            self, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"]
        )

    def client(self, service: str) -> Any:
        """Amazon's own library, for what the tests prepare."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
        )

    def keys(self) -> S3Credential:
        """Credentials, as the store asks for them."""
        return {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "token": None,
            "expires_at": None,
        }


def enforceable(rights: Mapping[str, Any]) -> dict[str, Any]:
    """The same rights, for who deletes: this server looks for that right on the bucket."""
    (bucket,) = rights["Statement"][0]["Resource"]
    more = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": bucket}
    return {**rights, "Statement": [*rights["Statement"], more]}


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nothing listens on."""
    with socket.socket() as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])
