"""One fleet for all faults. Each test gets it whole and has to leave it whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from tests.faults.air import ENVIRONMENT, SIZE, Air
from tests.support.cli import ROOT, copy_product

from airchain.cli.output import Output
from airchain.images import engine as engines
from airchain.locks import alone
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import serve

# How long the fleet may take to be whole after a test has seen what it wanted to see.
MENDED_WITHIN = 30.0
# How long another run may have the fleet; the complete suite takes half of that.
ANOTHER_RUN = 2400.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """For those who work on one fault: starting the fleet takes longer than most of them."""
    parser.addoption("--keep-fleet", action="store_true", help="leave the fleet up at the end")


@contextmanager
def the_only_run(home: Home, config: pytest.Config) -> Iterator[None]:
    """Wait for another run that has the fleet, and say so though pytest keeps what is printed."""
    lock, other = home.root / "tests.lock", "another run of the faults"
    capture = config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        with capture.global_and_fixture_disabled():
            said = Output("plain")
            stack.enter_context(alone(lock, other=other, timeout=ANOTHER_RUN, progress=said))
        yield


@pytest.fixture(scope="session")
def fleet(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Air]:
    """The fleet, in a home of its own: its store, registry and keeper are nobody else's."""
    engine = engines.ensure(Home.from_environment(), Silent())
    home = Home(Home.from_environment().root / "faults")
    with the_only_run(home, pytestconfig), pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRCHAIN_HOME", str(home.root))
        environment.setenv("DOCKER_HOST", engine.url)
        folder = tmp_path_factory.mktemp("faults") / "product"
        product = copy_product(ROOT / "tests" / "faults" / "product", folder, {})
        air = Air(engine, home, product, folder.parent)
        try:
            product.airchain("up", ENVIRONMENT, timeout=900)
            air.repair()
            yield air
        finally:
            if not pytestconfig.getoption("--keep-fleet"):
                product.airchain("down", ENVIRONMENT)
                serve.stop_all(home)


@pytest.fixture
def air(fleet: Air) -> Iterator[Air]:
    """The fleet, whole. A test that leaves it otherwise fails, and the next one gets it mended."""
    if fleet.unsettled():
        fleet.repair()
    yield fleet
    try:
        fleet.until(lambda: not fleet.unsettled(), "the fleet is whole again", MENDED_WITHIN)
        assert len(fleet.hosts) == SIZE
        assert "not settled" not in fleet.status(), "whoever asks is told so"
    except BaseException:
        fleet.repair()
        raise
