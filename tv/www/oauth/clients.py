"""The network's own apps: each brand has one of each kind."""

from brands.models import Brand
from oauth.models import Client

KINDS = {"terminal": "Terminal"}
"""What ends the client's id, and what viewers call such an app."""


def client_id(brand: str, kind: str) -> str:
    return f"{brand}-{kind}"


def ensure() -> list[str]:
    """Make the clients that are missing; their ids."""
    wanted = {
        client_id(brand.slug, kind): (brand, f"{brand.name} for the {name.lower()}")
        for brand in Brand.objects.all()
        for kind, name in KINDS.items()
    }
    known = set(Client.objects.filter(client_id__in=wanted).values_list("client_id", flat=True))
    made = [key for key in wanted if key not in known]
    for key in made:
        brand, name = wanted[key]
        Client.objects.create(
            client_id=key,
            name=name,
            brand=brand,
            client_type=Client.CLIENT_PUBLIC,
            authorization_grant_type=Client.GRANT_DEVICE_CODE,
        )
    return made
