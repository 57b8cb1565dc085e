"""Run an image's test inside the image, before anybody else gets it.

The test has no network beside its own loopback: what it needs is in the image
(or in the stage `target` of its Dockerfile). It is run by `/bin/sh -c`.
"""

from __future__ import annotations

import secrets
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airchain.errors import ImageTestError, RunError
from airchain.images import inputs
from airchain.images.build import TIMEOUT as BUILD_TIMEOUT
from airchain.images.build import Built, Workshop, failure
from airchain.images.engine import Engine, check_alive
from airchain.run import Result, run, stream
from airchain.spec.model import ImageTest

ROLE = "airchain.role=test"
REMOVE_TIMEOUT = 60.0
# A share of the processor against 1024 of every other container: tests wait for live services.
CPU_SHARES = 256


def run_test(workshop: Workshop, built: Built) -> None:
    """Run the image's test unless it has passed with these inputs; raises `ImageTestError`."""
    test = workshop.product.images[built.name].test
    if test is None or has_passed(workshop, built):
        return
    with workshop.progress.step(f"test {built.name}") as step:
        reference = _target(workshop, built, test)
        container = f"airchain-test-{built.name}-{secrets.token_hex(4)}"
        try:
            _create(workshop, container, reference, test)
            # Not `docker run`: ended while it creates the container, it would leave one behind.
            words = [str(workshop.engine.cli), "start", "--attach", container]
            result = stream(words, step.note, env=workshop.engine.env(), timeout=test.timeout)
        except RunError as error:
            raise ImageTestError(
                f"the test of image {built.name} did not end within {test.timeout:g} s",
                where=f"images.{built.name}.test",
                hint="raise `timeout` there, or look at what it waits for (it has no network)",
                detail=error.detail,
            ) from error
        finally:
            _remove(workshop, container)
            if reference != built.tag:
                _untag(workshop, reference)
        if result.returncode != 0:
            check_alive(workshop.engine)
            raise _failed(workshop.engine, built, test, result)
    _remember(_marker(workshop, built))


def has_passed(workshop: Workshop, built: Built) -> bool:
    """Whether nothing is left to test: no test, or it has passed with these inputs."""
    if workshop.product.images[built.name].test is None:
        return True
    # Under the tag of its inputs an image is in the registry only once its test has passed.
    return built.published is not None or _marker(workshop, built).exists()


def remove_leftovers(workshop: Workshop) -> None:
    """Remove containers of tests of this product that a killed run has left.

    To be called where no other run can be testing the same product.
    """
    filters: dict[str, str | list[str] | bool] = {
        "label": [ROLE, f"airchain.product={workshop.product.product}"]
    }
    with closing(workshop.engine.client()) as client:
        for container in client.containers.list(all=True, filters=filters):
            container.remove(force=True, v=True)


def settings(workshop: Workshop, reference: str, test: ImageTest) -> dict[str, Any]:
    """The container of a test, as the Engine API takes it."""
    return {
        "image": reference,
        "entrypoint": ["/bin/sh"],
        "command": ["-c", test.run],
        "labels": [ROLE, f"airchain.product={workshop.product.product}"],
        "network_mode": "none",
        "init": True,
        "cpu_shares": CPU_SHARES,
    }


def _failed(engine: Engine, built: Built, test: ImageTest, result: Result) -> ImageTestError:
    look = f"docker -H {engine.url} run --rm -it --entrypoint sh {built.tag}"
    return ImageTestError(
        f"the test of image {built.name} failed with exit status {result.returncode}: {test.run}",
        where=f"images.{built.name}.test",
        hint=f"nothing was pushed; to look inside: {look}",
        detail="\n".join(result.stdout.splitlines()[-50:]),
    )


def _target(workshop: Workshop, built: Built, test: ImageTest) -> str:
    """What the test runs in: the image, or its stage that the test names."""
    if test.target is None:
        workshop.fetch(built)
        return built.tag
    image = workshop.product.images[built.name]
    context = inputs.read_context(built.name, image, workshop.folder)
    reference = f"{built.repository}:test-{built.inputs}"
    with workshop.staged(context) as (file, rewritten):
        words = [
            *workshop.argv(image, context, file),
            f"--target={test.target}",
            f"--tag={reference}",
            str(context.folder),
        ]
        result = stream(words, lambda _: None, env=workshop.engine.env(), timeout=BUILD_TIMEOUT)
    if result.returncode != 0:
        raise failure(built.name, image, result.stdout.splitlines(), rewritten)
    return reference


def _create(workshop: Workshop, container: str, reference: str, test: ImageTest) -> None:
    with closing(workshop.engine.client()) as client:
        client.containers.create(name=container, **settings(workshop, reference, test))


def _remove(workshop: Workshop, container: str) -> None:
    """Clean up; an engine that does not answer any more is told of elsewhere."""
    from docker.errors import DockerException
    from requests import RequestException

    with (
        suppress(DockerException, RequestException),
        closing(workshop.engine.client()) as client,
    ):
        client.api.remove_container(container, force=True, v=True)


def _untag(workshop: Workshop, reference: str) -> None:
    run(
        [workshop.engine.cli, "rmi", "--no-prune", reference],
        env=workshop.engine.env(),
        timeout=REMOVE_TIMEOUT,
        check=False,
    )


def _marker(workshop: Workshop, built: Built) -> Path:
    folder = workshop.home.builds / "tested" / workshop.product.product / built.name
    return folder / f"{built.inputs}-{built.image_id.removeprefix('sha256:')[:12]}"


def _remember(marker: Path) -> None:
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(f"passed {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
