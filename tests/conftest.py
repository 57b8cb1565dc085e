"""What all tests share: a failure of a command shows what it printed."""

from __future__ import annotations

from typing import Any

import pytest

from airchain.errors import AirchainError


def pytest_exception_interact(
    call: pytest.CallInfo[Any], report: pytest.CollectReport | pytest.TestReport
) -> None:
    """The evidence is no part of an error's one line."""
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, AirchainError) and error.detail:
        report.sections.append(("Evidence", error.detail))
