"""One conversation with the engine, whose refusals become our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException

from airchain.errors import FleetError
from airchain.images.engine import Engine


@contextmanager
def session(engine: Engine, where: str) -> Iterator[DockerClient]:
    """A client of the engine; what it refuses is a `FleetError` about `where`."""
    try:
        with closing(engine.client()) as client:
            yield client
    except ImageNotFound as error:
        raise FleetError(
            f"its image is not on the engine: {error.explanation}",
            where=where,
            hint="run `airchain up` again: it makes the images that are missing",
        ) from error
    except APIError as error:
        raise FleetError(str(error.explanation or error), where=where) from error
    except (DockerException, RequestException, OSError) as error:
        raise FleetError(
            f"the engine does not answer: {error}", where=where, hint="airchain engine status"
        ) from error


def require_image(client: DockerClient, reference: str) -> None:
    """See that the engine has an image; fetch it where it does not."""
    try:
        client.images.get(reference)
    except ImageNotFound:
        client.images.pull(reference)
