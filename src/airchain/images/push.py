"""Push images to the registry of the building machine."""

from __future__ import annotations

from airchain.errors import RegistryError
from airchain.images.build import Built, Workshop
from airchain.registry.client import Client, Manifest
from airchain.run import run
from airchain.store.records import ImageDigest

TIMEOUT = 900.0


def push(workshop: Workshop, built: Built) -> ImageDigest:
    """Have the registry hold the image under the tag of its inputs, and say its digest.

    Nothing is sent where the registry has the same image under that tag.
    """
    if built.published is not None:
        return digest(built, built.published)
    with workshop.progress.step(f"push {built.name}") as step:
        run(
            [workshop.engine.cli, "push", "--quiet", built.tag],
            env=workshop.engine.env(),
            timeout=TIMEOUT,
            hint=f"does {workshop.product.registry.name} resolve to this machine's loopback?",
        )
        with Client(workshop.product.registry.name) as registry:
            found = registry.manifest(f"{workshop.product.product}/{built.name}", built.inputs)
        if found is None or found.config.digest != built.image_id:
            raise RegistryError(
                "the registry does not hold what was pushed",
                where=built.tag,
                hint="does another registry answer at that name?",
            )
        step.note(f"{found.digest[7:19]}, {found.size / 1e6:.1f} MB compressed")
    return digest(built, found)


def digest(built: Built, manifest: Manifest) -> ImageDigest:
    """The image as hosts pull it."""
    return ImageDigest(repository=built.repository, digest=manifest.digest, size=manifest.size)
