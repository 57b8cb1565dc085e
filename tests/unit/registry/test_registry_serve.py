"""How the building machine's registry is configured, and who holds its port."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from airchain.errors import RegistryError
from airchain.paths import Home
from airchain.registry import configuration, ports, serve
from airchain.run import end_group, spawn
from airchain.spec.model import S3, Storage

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:13BA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1
   1: 0100007F:13BA 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 22222 1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1
"""


def test_only_listening_sockets_of_the_port_count() -> None:
    """5050 is 13BA; the connection to it is no listener."""
    assert ports.listening_inodes(TABLE, 5050) == {"11111"}
    assert ports.listening_inodes(TABLE, 22) == {"33333"}
    assert ports.listening_inodes(TABLE, 80) == set()


def test_the_process_behind_a_port_is_found() -> None:
    """It is this one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = ports.listener(server.getsockname()[1])
    assert found is not None
    assert found.pid == os.getpid()
    assert str(os.getpid()) in str(found)


def test_a_port_that_is_taken_is_explained(tmp_path: Path) -> None:
    """By whom, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(
            RegistryError, match=f"port {port} is taken by .*pid {os.getpid()}"
        ) as e:
            serve.ensure(Home(tmp_path), f"localhost:{port}")
    assert "registry: {name:" in (e.value.hint or "")


def test_the_registry_listens_on_loopback_only(tmp_path: Path) -> None:
    """Over the storage that it is given; deleting is allowed for the clean-up."""
    found = json.loads(configuration.text(Storage(), tmp_path / "r", 5051, read_only=False))
    assert found["http"]["addr"] == "127.0.0.1:5051"
    assert found["storage"]["filesystem"]["rootdirectory"] == str(tmp_path / "r")
    assert found["storage"]["delete"]["enabled"] is True


@pytest.mark.parametrize("text", ["", "x", "999999999", pytest.param(str(os.getpid()), id="ours")])
def test_a_stale_pid_file_means_not_running(tmp_path: Path, text: str) -> None:
    """Also where the number belongs to another process by now, such as this one."""
    home = Home(tmp_path)
    home.registry.mkdir()
    (home.registry / "5050.pid").write_text(text)
    assert serve.running(home, 5050) is None
    assert serve.stop(home, "localhost:5050") is False


def test_a_registry_without_a_pid_file_is_known_again(tmp_path: Path) -> None:
    """Whoever started it was interrupted before its number was written."""
    home = Home(tmp_path)
    words = [sys.executable, "-c", "import time; time.sleep(60)", str(home.registry / "5050.yml")]
    pid = spawn(words, log=tmp_path / "log")
    try:
        deadline = time.monotonic() + 5
        while serve.running(home, 5050) != pid:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        home.registry.mkdir()
        for name in ("5050.yml", "5051.yml", "5050.log"):
            (home.registry / name).touch()
        assert serve.stop_all(home) == ("localhost:5050",)
        assert serve.running(home, 5050) is None
    finally:
        end_group(pid)


def test_a_registry_on_s3_is_over_the_stores_bucket(tmp_path: Path) -> None:
    """Below the same prefix as all other objects, never redirecting, with no key in the file."""
    place = Storage(s3=S3(bucket="b-1", region="r", prefix="air/tv", endpoint="http://s:9000"))
    found = json.loads(configuration.text(place, tmp_path, 5050, read_only=True))
    assert found["storage"]["s3"] == {
        "bucket": "b-1",
        "region": "r",
        "rootdirectory": "/air/tv/registry",
        "regionendpoint": "http://s:9000",
        "secure": False,
    }
    assert found["storage"]["redirect"] == {"disable": True}
    assert found["storage"]["delete"] == {"enabled": False}
    assert found["storage"]["maintenance"]["readonly"] == {"enabled": True}
    assert "filesystem" not in found["storage"]
    whole = configuration.driver(Storage(s3=S3(bucket="b-1", region="r")), tmp_path)
    assert whole == {"s3": {"bucket": "b-1", "region": "r", "rootdirectory": "/registry"}}


def test_two_products_do_not_share_a_registry_over_different_stores(tmp_path: Path) -> None:
    """What one pushes, hosts of the other would never find."""
    home = Home(tmp_path)
    home.registry.mkdir(parents=True)
    written = configuration.text(Storage(), home.registry_storage, 5050, read_only=False)
    (home.registry / "5050.yml").write_text(written)
    serve._require_store(home, 5050, Storage())
    with pytest.raises(RegistryError, match="another store") as raised:
        serve._require_store(home, 5050, Storage(s3=S3(bucket="b-1", region="r")))
    assert "localhost:5051" in str(raised.value.hint)
