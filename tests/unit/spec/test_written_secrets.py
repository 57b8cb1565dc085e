"""What counts as a secret written down."""

from __future__ import annotations

import pytest

from airchain.spec.written_secrets import find, named_like_a_secret


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "abc", True),
        ("db_password", "abc", True),
        ("API_TOKEN", "abc", True),
        ("SECRET_KEY_FILE", "abc", False),
        ("AWS_ACCESS_KEY_ID", "local", False),
        ("SECRET_KEY", "/run/secrets/SECRET_KEY", False),
        ("ALLOW_EMPTY_PASSWORD", "1", False),
        ("TOKEN_TTL", "60", False),
        ("KEYBOARD", "de", False),
        ("MONKEY", "see", False),
        ("SECRET_KEY", "", False),
    ],
)
def test_names(name: str, value: str, expected: bool) -> None:
    """Whole words of the name decide, unless the value cannot be a secret."""
    assert named_like_a_secret(name, value) is expected


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("run --key AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "a private key"),
        ("mysql://tv:hunter2@mysql/tv", "a URL with a password"),
        ("redis://:hunter2@redis", "a URL with a password"),
        ("ghp_0123456789abcdefghijklmnopqrstuvwxyzAB", "an access token"),
    ],
)
def test_shapes(value: str, what: str) -> None:
    """Some values are secrets wherever they stand, and the message does not repeat them."""
    (finding,) = find({"services": {"web": {"command": value}}})
    assert finding.path == ("services", "web", "command")
    assert finding.message == f"holds {what}, and secrets are not written here"


@pytest.mark.parametrize(
    "value", ["https://example.com/a:b@c", "http://mysql:3306/", "redis://redis:6379/0", "a@b"]
)
def test_harmless_urls(value: str) -> None:
    """A port or a path is no password."""
    assert list(find({"env": {"URL": value}})) == []
