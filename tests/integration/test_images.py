"""Images for real: bootstrap, build, test, push, on an engine and a registry of their own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from airchain.errors import BuildError, ImageTestError
from airchain.images import bootstrap, build_and_push, engine, mmdebstrap, sizes
from airchain.images.build import Workshop
from airchain.images.engine import Engine
from airchain.paths import Home
from airchain.progress import Silent
from airchain.registry import serve
from airchain.registry.client import Client, pull_artifact, push_artifact
from airchain.spec.model import Bootstrap, Image, ImageTest, Product, Registry
from airchain.store.records import ImageDigest

NAME = "localhost:5071"
PRODUCT = "images-test"
PREFIX = f"{NAME}/{PRODUCT}"
# One statically linked program that is a shell and everything else.
BASE = Bootstrap(variant="custom", packages=("busybox-static",))
DOCKERFILE = """\
ARG IMAGES=localhost:5071/images-test
FROM ${IMAGES}/base
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY greeting /
"""


@dataclass(frozen=True)
class Bench:
    """A product of two images and what it takes to make them."""

    folder: Path
    engine: Engine
    home: Home

    def product(self, test: ImageTest | None = None) -> Product:
        images = {
            "base": Image(bootstrap=BASE, rebuild="weekly"),
            "app": Image(build="app", test=test or ImageTest(run="grep -q hello /greeting")),
        }
        return Product(
            product=PRODUCT,
            registry=Registry(name=NAME),
            sizes={},
            images=images,
            environments={},
        )

    def make(
        self, test: ImageTest | None = None, *, run_tests: bool = True
    ) -> tuple[dict[str, ImageDigest], list[str]]:
        """The digests, and the titles of the steps that it took."""
        progress = Silent()
        found = build_and_push(
            self.product(test),
            self.folder,
            engine=self.engine,
            home=self.home,
            revision="r1",
            progress=progress,
            test=run_tests,
        )
        return dict(found), sorted(progress.timings)

    def write(self, name: str, text: str) -> None:
        (self.folder / "app" / name).write_text(text)

    def published(self, image: str) -> list[str]:
        """The tags in the registry that belong to what this machine has of the image."""
        with closing(self.engine.client()) as client, Client(NAME) as registry:
            found = client.images.list(f"{PREFIX}/{image}")
            tags = [reference.rpartition(":")[2] for i in found for reference in i.tags]
            return [tag for tag in tags if registry.resolve(f"{PRODUCT}/{image}", tag)]

    def forget(self) -> None:
        """Remove the images from the engine; the registry keeps them."""
        with closing(self.engine.client()) as client:
            for image in client.images.list():
                for tag in image.tags:
                    if tag.startswith(f"{PREFIX}/"):
                        client.images.remove(tag, force=True)

    def test_containers(self) -> list[str]:
        with closing(self.engine.client()) as client:
            found = client.containers.list(all=True, filters={"label": "airchain.role=test"})
            return [c.name for c in found if c.name and c.name.startswith("airchain-test-app-")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("images"))
    yield home
    serve.stop(home, NAME)


@pytest.fixture
def bench(tmp_path: Path, home: Home) -> Iterator[Bench]:
    (tmp_path / "app").mkdir()
    bench = Bench(tmp_path, engine.ensure(Home.from_environment(), Silent()), home)
    bench.write("Dockerfile", DOCKERFILE)
    bench.write("greeting", f"hello from {tmp_path}\n")
    yield bench
    bench.forget()


def test_the_archive_gives_the_same_image_twice(bench: Bench) -> None:
    """The same ID, and the same digest in the registry, without anything kept in between."""
    serve.ensure(bench.home, NAME)
    identities = set()
    for run in ("one", "two"):
        identities.add(
            bootstrap.make(
                mmdebstrap.read_recipe(BASE),
                "base",
                repository=f"{PREFIX}/base",
                key=run,
                engine=bench.engine,
                home=Home(bench.folder / run),
                progress=Silent(),
            )
        )
        bench.forget()
    assert len(identities) == 1
    first, _ = bench.make()
    bench.forget()
    assert bench.make()[0]["base"] == first["base"]


def test_unchanged_images_are_not_built_again(bench: Bench) -> None:
    """Nor tested, nor pushed; not even where only the registry has them."""
    first, steps = bench.make()
    assert {"build app", "test app", "push app"} <= set(steps)
    assert bench.make() == (first, [])
    bench.forget()
    assert bench.make() == (first, [])


def test_a_change_builds_what_depends_on_it(bench: Bench) -> None:
    """The parent is pulled where it is only in the registry, and not made again."""
    first, _ = bench.make()
    bench.forget()
    bench.write("greeting", f"hello again from {bench.folder}\n")
    second, steps = bench.make()
    assert steps == ["build app", "pull base", "push app", "test app"]
    assert second["base"] == first["base"]
    assert second["app"] != first["app"]


def test_a_failing_dockerfile_is_explained(bench: Bench) -> None:
    """Step, line and output; nothing of it reaches the registry."""
    bench.write("Dockerfile", DOCKERFILE + "\nRUN echo about to fail && exit 3\n")
    with pytest.raises(BuildError, match="RUN echo about to fail && exit 3") as error:
        bench.make()
    assert error.value.where == "app/Dockerfile:6"
    assert "about to fail" in (error.value.detail or "")
    assert bench.published("app") == []


def test_a_failing_test_stops_the_release(bench: Bench) -> None:
    """With its output; the image is not pushed, and no container stays behind."""
    with pytest.raises(ImageTestError, match="exit status 4") as error:
        bench.make(ImageTest(run="echo the reason; exit 4"))
    assert "the reason" in (error.value.detail or "")
    assert bench.published("app") == []
    assert bench.test_containers() == []
    digests, _ = bench.make()
    assert set(digests) == {"base", "app"}


def test_an_untested_image_has_its_test_still_to_come(bench: Bench) -> None:
    """`build --no-test` pushes it, and the next release runs the test all the same."""
    failing = ImageTest(run="exit 4")
    untested, steps = bench.make(failing, run_tests=False)
    assert "test app" not in steps
    with Client(NAME) as registry:
        assert registry.manifest(f"{PRODUCT}/app", untested["app"].digest) is not None
    for _ in range(2):
        with pytest.raises(ImageTestError, match="exit status 4"):
            bench.make(failing)
    assert bench.published("app") == []


def test_a_file_that_changes_during_a_build_is_noticed(bench: Bench) -> None:
    """The image would not be what its tag says; a second run makes the right one."""
    bench.write("Dockerfile", DOCKERFILE + "RUN sleep 4\n")
    timer = threading.Timer(2, lambda: bench.write("greeting", "hello, changed meanwhile\n"))
    timer.start()
    with pytest.raises(BuildError, match="changed while it was being built: greeting"):
        bench.make()
    timer.join()
    assert bench.published("app") == []
    assert "push app" in bench.make()[1]


def test_a_test_that_hangs_is_ended(bench: Bench) -> None:
    """When its time is up."""
    with pytest.raises(ImageTestError, match="did not end within 1 s"):
        bench.make(ImageTest(run="sleep 60", timeout=1))
    assert bench.test_containers() == []


def test_a_test_has_no_network(bench: Bench) -> None:
    """Only its own loopback: what passes here passes anywhere."""
    bench.make(ImageTest(run="test $(ls /sys/class/net | grep -vc '^lo$') = 0"))


def test_ctrl_c_leaves_nothing_half_done(bench: Bench) -> None:
    """The test's container is removed, and a second run goes on from the built image."""
    main = threading.main_thread().ident
    assert main is not None
    slow = ImageTest(run="sleep 60")
    timer = threading.Timer(6, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bench.make(slow)
    timer.join()
    assert bench.test_containers() == []
    assert bench.published("app") == []
    with pytest.raises(ImageTestError):
        bench.make(slow.model_copy(update={"timeout": 1}))


def test_images_are_listed_with_what_changed(bench: Bench) -> None:
    """Size, base and state, without building anything."""
    bench.make()
    workshop = Workshop(
        bench.product(), bench.folder, bench.engine, bench.home, Silent(), revision="r1"
    )
    rows = {row.name: row for row in sizes.survey(workshop)}
    assert rows["app"].base == "base"
    assert rows["app"].state == "up to date"
    assert rows["base"].facts is not None
    assert rows["base"].facts.size < 10_000_000
    bench.write("greeting", "hello, changed")
    rows = {row.name: row for row in sizes.survey(workshop)}
    assert rows["app"].state == "changed: greeting"


def test_labels_say_where_an_image_comes_from(bench: Bench) -> None:
    """And the environment of the build is not in the image."""
    bench.make()
    with closing(bench.engine.client()) as client:
        config = client.images.get(f"{PREFIX}/app").attrs["Config"]
    assert config["Labels"]["org.opencontainers.image.revision"] == "r1"
    assert not any(name.startswith(("SSL_", "PIP_", "NODE_")) for name in config["Env"])


def test_an_artifact_survives_a_restart_of_the_registry(home: Home) -> None:
    """It is in the store, and its digest is its name."""
    serve.ensure(home, NAME)
    digest = push_artifact(
        NAME, f"{PRODUCT}/releases", media_type="t", data=b'{"a":1}', annotations={}, tag="x"
    )
    assert serve.stop(home, NAME)
    serve.ensure(home, NAME)
    assert pull_artifact(NAME, f"{PRODUCT}/releases", digest) == b'{"a":1}'
    with Client(NAME) as client:
        assert client.resolve(f"{PRODUCT}/releases", "x") == digest
