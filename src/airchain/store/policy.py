"""The rights in S3 that a host or a driver needs, and no others, as an IAM policy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from airchain.spec.model import S3
from airchain.store.records import audit_key, environment_key, host_key, lease_key

# Whoever gives a host its credentials (an instance's role, a session) tags them with its name.
ANY_HOST = "${aws:PrincipalTag/AirchainHost}"
_REGISTRY = "registry"
# What pushes and clean-ups of the registry tell each other.
_COLLECTOR = "collector"
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def for_host(place: S3, product: str, environment: str, host: str = ANY_HOST) -> dict[str, Any]:
    """Read the product and the registry; write the host's own folder and the leases.

    Names of keys may be listed in the whole bucket: without that right S3 answers
    403 and not 404 where an object is not there.
    """
    leases = lease_key(product, environment, "*")
    return _policy(
        _allow("List", ["s3:ListBucket"], _bucket(place)),
        _allow("Read", ["s3:GetObject"], *_below(place, _REGISTRY, f"products/{product}")),
        _allow(
            "Report",
            ["s3:PutObject"],
            _objects(place, f"{host_key(product, environment, host)}/*"),
        ),
        _allow("Leases", ["s3:PutObject", "s3:DeleteObject"], _objects(place, leases)),
    )


def for_driver(place: S3, product: str, environment: str) -> dict[str, Any]:
    """Build, release and deploy to one environment; read the product's other ones.

    Entries of the audit log are written and never removed.
    """
    folder = f"products/{product}"
    shared = [f"{folder}/{part}" for part in ("releases", "signatures", "trust", "audit")]
    own = environment_key(product, environment)
    written = _below(place, _REGISTRY, _COLLECTOR, own, *shared)
    return _policy(
        _allow(
            "List",
            ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"],
            _bucket(place),
        ),
        _allow("Read", ["s3:GetObject"], *_below(place, _REGISTRY, _COLLECTOR, folder)),
        _allow("Write", ["s3:PutObject", "s3:DeleteObject"], *written),
        _allow(
            "Push",
            ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            *_below(place, _REGISTRY),
        ),
        _deny(
            "KeepAudit",
            ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            *_below(place, audit_key(product, None), audit_key(product, environment)),
        ),
    )


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(name: str, actions: Sequence[str], *resources: str) -> dict[str, Any]:
    return _statement(name, "Allow", actions, resources)


def _deny(name: str, actions: Sequence[str], *resources: str) -> dict[str, Any]:
    return _statement(name, "Deny", actions, resources)


def _statement(
    name: str, effect: Literal["Allow", "Deny"], actions: Sequence[str], resources: Sequence[str]
) -> dict[str, Any]:
    return {"Sid": name, "Effect": effect, "Action": list(actions), "Resource": list(resources)}


def _bucket(place: S3) -> str:
    partitions = (p for start, p in _PARTITIONS.items() if place.region.startswith(start))
    return f"arn:{next(partitions, 'aws')}:s3:::{place.bucket}"


def _objects(place: S3, key: str) -> str:
    return "/".join(filter(None, (_bucket(place), place.prefix, key)))


def _below(place: S3, *folders: str) -> tuple[str, ...]:
    return tuple(_objects(place, f"{folder}/*") for folder in folders)
