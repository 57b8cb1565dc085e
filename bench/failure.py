"""What a benchmark says where what it measures does not come up."""

from __future__ import annotations

import sys
from collections.abc import Callable

from airchain.errors import AirchainError


def explained(measure: Callable[[], int]) -> int:
    """The exit status of `measure`; 1 and its words, without a traceback, where that fails."""
    try:
        return measure()
    except AirchainError as error:
        print("\n".join(filter(None, (str(error), error.detail, error.hint))), file=sys.stderr)
        return 1
