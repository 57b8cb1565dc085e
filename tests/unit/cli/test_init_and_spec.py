"""`airchain init` and `airchain spec` on files of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from airchain.cli.init import template
from airchain.cli.main import main


def airchain(*argv: str) -> int:
    """Run the command line; its exit status."""
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_init_writes_a_product_that_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder is made, holds the example, and has nothing wrong in it."""
    assert airchain("-C", str(tmp_path), "init", "first") == 0
    assert (tmp_path / "first" / "web" / "app.py").read_bytes() == (
        template() / "web" / "app.py"
    ).read_bytes()
    assert not list(tmp_path.rglob("__pycache__"))
    capsys.readouterr()
    assert airchain("-C", str(tmp_path / "first"), "spec", "check") == 0
    assert "first: nothing is wrong" in capsys.readouterr().out


def test_init_in_a_folder_whose_name_is_no_products(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example keeps its own name, and the result says which."""
    for folder in ("My_Shop", "airchain"):
        assert airchain("-C", str(tmp_path), "--json", "init", folder) == 0
        assert json.loads(capsys.readouterr().out)["product"] == "hello"
        assert airchain("-C", str(tmp_path / folder), "spec", "check") == 0
        assert "hello: nothing is wrong" in capsys.readouterr().out


def test_setting_a_secret_that_nobody_uses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept, and the answer says that no service will get it."""
    monkeypatch.setenv("AIRCHAIN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"value\n")))
    assert airchain("-C", str(template()), "secrets", "set", "prod", "NOPE") == 0
    assert capsys.readouterr().out == (
        "NOPE is set; airchain.yaml does not declare it, so no service gets it\n"
    )


def test_a_secret_that_is_misspelt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not to be set: the answer says what it is called."""
    monkeypatch.setenv("AIRCHAIN_HOME", str(tmp_path / "home"))
    (tmp_path / "airchain.yaml").write_text(
        "product: shop\nsecrets: {API_TOKEN: {}}\nimages: {debian: {bootstrap: {}}}\n"
        "services:\n"
        "  web: {image: debian, kind: web, port: 80, health: /, secrets: [API_TOKEN]}\n"
        "  queue: {image: debian, kind: worker}\n"
        "environments:\n"
        "  prod: {edge: {port: 8082}, fleets: {web: {services: [web, queue]}}}\n"
        "  qa: {fleets: {queue: {services: [queue]}}, services: {web: null}}\n"
    )
    assert airchain("-C", str(tmp_path), "secrets", "get", "prod", "API_TOCKEN") == 1
    err = capsys.readouterr().err
    assert "API_TOCKEN: prod has no such secret" in err
    assert "did you mean API_TOKEN?" in err
    # Declared, though no service of this environment uses it.
    assert airchain("-C", str(tmp_path), "secrets", "get", "qa", "API_TOKEN") == 1
    assert "API_TOKEN: has no value" in capsys.readouterr().err


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one file is in the way, it is named and no other is written."""
    (tmp_path / "airchain.yaml").write_text("mine")
    assert airchain("-C", str(tmp_path), "init") == 1
    assert str(tmp_path / "airchain.yaml") in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["airchain.yaml"]
    assert (tmp_path / "airchain.yaml").read_text() == "mine"


def test_show_is_yaml_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Both say the same: overlays merged, defaults filled in."""
    folder = str(template())
    assert airchain("-C", folder, "spec", "show", "--env", "prod") == 0
    as_yaml = YAML(typ="safe", pure=True).load(capsys.readouterr().out)
    assert airchain("-C", folder, "spec", "show", "--env", "prod", "--json") == 0
    as_json = json.loads(capsys.readouterr().out)
    assert as_yaml == as_json
    assert as_json["services"]["web"]["env"] == {"GREETING": "Good evening"}


def test_show_of_an_unknown_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the environments that there are."""
    assert airchain("-C", str(template()), "spec", "show", "--env", "qa") == 1
    assert capsys.readouterr().err == (
        "error: environments: there is no environment 'qa'\nhint: known: dev, prod\n"
    )


def test_schema_needs_no_specification(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Editors can have the schema before there is a file."""
    assert airchain("-C", str(tmp_path), "spec", "schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "airchain.yaml"
