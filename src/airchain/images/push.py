"""Push images to the registry of the building machine."""

from __future__ import annotations

from airchain.errors import RegistryError
from airchain.images.build import Built, Workshop
from airchain.registry.client import Client, Manifest
from airchain.run import failure, stream
from airchain.store.records import ImageDigest

TIMEOUT = 900.0
UNTESTED = "untested-"


def push(workshop: Workshop, built: Built, *, tested: bool = True) -> ImageDigest:
    """Have the registry hold the image under the tag of its inputs, and say its digest.

    Nothing is sent where the registry has the same image under that tag. One
    that has not been `tested` gets another tag, so that its test is still to come.
    """
    if built.published is not None:
        return digest(built, built.published)
    tag = built.inputs if tested else UNTESTED + built.inputs
    reference = f"{built.repository}:{tag}"
    with workshop.progress.step(f"push {built.name}") as step:
        if not tested:
            _docker(workshop, "tag", built.tag, reference)
        _docker(workshop, "push", "--quiet", reference)
        if not tested:
            _docker(workshop, "rmi", "--no-prune", reference)
        with Client(workshop.product.registry.name) as registry:
            found = registry.manifest(f"{workshop.product.product}/{built.name}", tag)
        if found is None or found.config.digest != built.image_id:
            raise RegistryError(
                "the registry does not hold what was pushed",
                where=reference,
                hint="does another registry answer at that name?",
            )
        step.note(f"{found.digest[7:19]}, {found.size / 1e6:.1f} MB compressed")
    return digest(built, found)


def digest(built: Built, manifest: Manifest) -> ImageDigest:
    """The image as hosts pull it."""
    return ImageDigest(repository=built.repository, digest=manifest.digest, size=manifest.size)


def _docker(workshop: Workshop, *words: str) -> None:
    words = (str(workshop.engine.cli), *words)
    result = stream(words, lambda _: None, env=workshop.engine.env(), timeout=TIMEOUT)
    if result.returncode != 0:
        registry = workshop.product.registry.name
        raise failure(result, hint=f"does {registry} resolve to this machine's loopback?")
