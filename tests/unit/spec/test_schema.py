"""The JSON Schema for editors."""

from __future__ import annotations

import json

from airchain.spec.schema import schema


def test_short_forms_and_overlays_are_allowed() -> None:
    """Editors do not underline what `load` accepts."""
    made = schema()
    parts = made["$defs"]
    assert parts["Service"]["properties"]["health"]["anyOf"][0]["type"] == "string"
    assert parts["Image"]["properties"]["test"]["anyOf"][0]["type"] == "string"
    assert "required" in parts["Service"]
    assert "required" not in parts["ServiceOverlay"]
    choices = parts["EnvironmentSource"]["properties"]["services"]["additionalProperties"]["anyOf"]
    assert choices == [{"$ref": "#/$defs/ServiceOverlay"}, {"type": "null"}]


def test_every_reference_leads_somewhere() -> None:
    """No `$ref` dangles, and the whole is JSON."""
    text = json.dumps(schema())
    parts = schema()["$defs"]
    for piece in text.split('"$ref": "')[1:]:
        assert piece.split('"')[0].removeprefix("#/$defs/") in parts
