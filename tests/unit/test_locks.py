"""Two runs at once: who waits, for how long, and what makes them stop."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from airchain import run
from airchain.errors import GivenUp, WaitTimeout
from airchain.locks import alone
from airchain.progress import Silent


def hold(path: Path, progress: Silent, timeout: float = 10) -> None:
    with alone(path, other="the other one", timeout=timeout, progress=progress):
        pass


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    """And is free again afterwards; its folder is made."""
    progress = Silent()
    hold(tmp_path / "new" / "lock", progress)
    hold(tmp_path / "new" / "lock", progress)
    assert progress.timings == {}


def test_a_taken_lock_is_waited_for(tmp_path: Path) -> None:
    """The step says for whom."""
    progress = Silent()
    waiting = threading.Thread(target=hold, args=(tmp_path / "lock", progress))
    with alone(tmp_path / "lock", other="nobody", timeout=1, progress=Silent()):
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()
    assert list(progress.timings) == ["wait for the other one"]


def test_the_wait_is_bounded(tmp_path: Path) -> None:
    """And says where the lock is."""
    with (
        alone(tmp_path / "lock", other="nobody", timeout=1, progress=Silent()),
        pytest.raises(WaitTimeout, match=r"waited 0\.1 s for the other one") as error,
    ):
        hold(tmp_path / "lock", Silent(), timeout=0.1)
    assert error.value.where == str(tmp_path / "lock")


def test_a_run_that_is_given_up_waits_no_longer(tmp_path: Path) -> None:
    """Ctrl-C in the main thread ends what waits in another one."""
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            hold(tmp_path / "lock", Silent())
        except GivenUp as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    with alone(tmp_path / "lock", other="nobody", timeout=1, progress=Silent()):
        waiting.start()
        waiting.join(0.2)
        run.end_streams()
        waiting.join(5)
    assert [type(error) for error in caught] == [GivenUp]
