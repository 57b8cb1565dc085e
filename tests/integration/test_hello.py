"""The main job on the smallest product: deploys, failures, scaling, repair, seen from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.integration.conftest import PORT
from tests.support.cli import Product
from tests.support.probe import ask, probe
from tests.support.waiting import wait_until

from airchain.registry.client import Client

APP = "web/app.py"
MAIN = '    server = Server(("", PORT), Handler)\n'
CHECK = '        return 200, "text/plain", "ok\\n"'


@pytest.fixture
def edited(hello: Product) -> Iterator[Product]:
    """hello, whose files and release are put back after the test."""
    names = (APP, "web/Dockerfile", "airchain.yaml")
    texts = {name: (hello.folder / name).read_text() for name in names}
    yield hello
    for name, text in texts.items():
        (hello.folder / name).write_text(text)
    if hello.changed():
        hello.commit("put back")
    hello.airchain("deploy", "prod")


def test_both_hosts_serve(hello: Product) -> None:
    """The edge spreads requests over the fleet, and status agrees."""
    served = {ask(PORT, "localhost").host for _ in range(20)}
    assert served == {h["name"] for h in hello.hosts("prod")}
    assert len(served) == 2


def test_a_deploy_changes_every_host_and_fails_no_request(edited: Product) -> None:
    """Edit one line, commit, deploy: the new text everywhere, old containers gone.

    Hosts pull what `diff` said, and nothing else.
    """
    edited.replace(APP, "on air from", "good night from")
    edited.commit("say good night")
    assert "`airchain release` makes one of it" in edited.airchain("diff", "prod").stdout
    edited.airchain("release")
    assert "makes one of it" not in edited.airchain("diff", "prod").stdout
    foreseen = edited.json("diff", "prod")
    before = {host["name"]: layers(edited, host["name"]) for host in edited.hosts("prod")}
    with probe(PORT, "localhost") as seen:
        edited.airchain("deploy", "prod")
        time.sleep(1)
    assert not seen.failures, seen.summary()
    assert seen.rate > 50, seen.summary()
    bodies = [ask(PORT, "localhost").body for _ in range(10)]
    assert all("good night from" in body for body in bodies)
    wait_until(lambda: all(len(c) == 1 for c in containers(edited).values()), "old ones are gone")

    (image,), (effect,) = foreseen["images"], foreseen["hosts"]
    assert (effect["start"], effect["stop"]) == (["web"], ["web"])
    registry = edited.json("spec", "show")["registry"]["name"]
    with Client(registry) as client:
        made = client.manifest("hello-test/web", image["new"])
        assert made is not None
        settings = json.loads(client.blob("hello-test/web", made.config.digest, limit=1 << 20))
    for host, had in before.items():
        pulled = layers(edited, host) - had
        assert len(pulled) == effect["pull"]["layers"] == 1
        names = zip(settings["rootfs"]["diff_ids"], made.layers, strict=True)
        size = sum(blob.size for name, blob in names if name in pulled)
        assert effect["pull"]["bytes"] == size + made.config.size


def layers(product: Product, host: str) -> set[str]:
    """Digests of all layers of all images that a host has."""
    images = product.docker_on(host, "images", "--quiet", "--no-trunc").split()
    form = '{{join .RootFS.Layers " "}}'
    return set(product.docker_on(host, "image", "inspect", "--format", form, *images).split())


def containers(product: Product) -> dict[str, list[str]]:
    """Names of the service's containers on each host."""
    return {
        host["name"]: product.docker_on(host["name"], "ps", "--format", "{{.Names}}").split()
        for host in product.hosts("prod")
    }


BROKEN = {
    "exits at once": (MAIN, '    raise SystemExit("no database here")\n', "no database here"),
    "answers 500": (CHECK, '        return 500, "text/plain", "the cellar is empty\\n"', "500"),
    "never answers": (CHECK, "        import time; time.sleep(60)\n" + CHECK, "healthz"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_release_leaves_the_old_one_serving(edited: Product, fault: str) -> None:
    """It goes back by itself, no viewer notices, and the reason is shown."""
    old, new, reason = BROKEN[fault]
    edited.replace(APP, old, new)
    edited.replace("airchain.yaml", "    test: python3 -m unittest\n", "")
    edited.commit(f"service that {fault}")
    before = containers(edited)
    with probe(PORT, "localhost") as seen:
        result = edited.airchain("deploy", "prod", check=False)
    assert result.returncode == 1
    assert reason in result.stderr, result.stderr
    assert "serves on every host" in result.stderr
    assert not seen.failures, seen.summary()
    # A container that does not end by itself is given its stop timeout.
    wait_until(lambda: containers(edited) == before, "the new containers are gone")


PAGE = '    if path == "/":\n'
WORSE = {
    "answers 500": (
        '        if time.time_ns() % 2:\n            return 500, "a/b", "no"\n',
        "requests failed",
    ),
    "is slow": ("        time.sleep(0.4)\n", "answers took"),
}


@pytest.mark.parametrize("fault", WORSE)
def test_a_release_that_does_worse_is_taken_back(edited: Product, fault: str) -> None:
    """It is healthy, and what the edge sees of the first host ends it there."""
    lines, reason = WORSE[fault]
    edited.replace(APP, PAGE, PAGE + lines)
    edited.replace(APP, "import threading\n", "import threading\nimport time\n")
    edited.replace("airchain.yaml", "    test: python3 -m unittest\n", "")
    edited.commit(f"page that {fault}")
    with probe(PORT, "localhost") as seen:
        time.sleep(1)
        result = edited.airchain("deploy", "prod", check=False)
    assert result.returncode == 1, result.stderr
    assert reason in result.stderr, result.stderr
    assert "on hosts with the old release" in result.stderr
    assert "serves on every host" in result.stderr
    assert '"GET / HTTP/1.1"' in result.stderr, "the log of that host is shown"
    assert {a.host for a in seen.failures} <= {h["name"] for h in edited.hosts("prod")[:1]}


def test_all_at_once_fails_no_request(edited: Product) -> None:
    """Every host switches as soon as it can; the result tells how long each part took."""
    edited.replace("airchain.yaml", "GREETING: Good evening", "GREETING: Good morning")
    edited.commit("say good morning")
    with probe(PORT, "localhost") as seen:
        done = edited.json("deploy", "prod", "--all-at-once")
    assert not seen.failures, seen.summary()
    assert [phase["name"] for phase in done["phases"]] == ["all hosts"]
    assert "Good morning" in ask(PORT, "localhost").body


def test_a_failing_image_test_stops_the_release(edited: Product) -> None:
    """The test's output is shown and nothing is deployed."""
    edited.replace(APP, 'GREETING = os.environ.get("GREETING", "Hello")', 'GREETING = "Boo"')
    edited.replace(APP, "Content-Length", "Content-Size")
    edited.replace(APP, CHECK, '        return 503, "text/plain", "no\\n"')
    edited.commit("break the test")
    before = edited.json("releases")
    result = edited.airchain("deploy", "prod", check=False)
    assert result.returncode == 1
    assert "test" in result.stderr
    assert "AssertionError" in result.stderr
    assert edited.json("releases") == before


def test_a_dockerfile_that_fails_shows_the_step(edited: Product) -> None:
    """The failing instruction and its output are shown."""
    edited.replace("web/Dockerfile", "USER 10001", "RUN echo lights out >&2 && exit 3\nUSER 10001")
    edited.commit("break the build")
    result = edited.airchain("deploy", "prod", check=False)
    assert result.returncode == 1
    assert "lights out" in result.stderr


def test_rollback_reaches_a_host_that_never_ran_the_release(edited: Product) -> None:
    """One that booted after it was left has none of its image, and gets all of it."""
    (before,) = edited.json("status", "prod")
    edited.replace(APP, "on air from", "good day from")
    edited.commit("say good day")
    edited.airchain("deploy", "prod")
    edited.airchain("scale", "prod", "web", "3")
    try:
        old = {h["name"] for fleet in before["fleets"] for h in fleet["hosts"]}
        (new,) = [h["name"] for h in edited.hosts("prod") if h["name"] not in old]
        (there,) = images(edited, new)
        assert there in images(edited, min(old)), "all hosts serve the same image"
        with probe(PORT, "localhost") as seen:
            edited.airchain("rollback", "prod", "--to", before["release"])
            assert {h["release"] for h in edited.hosts("prod")} == {before["release"]}
            assert len(images(edited, new)) == 2
            answers = [ask(PORT, "localhost") for _ in range(12)]
        assert not seen.failures, seen.summary()
        assert all("on air from" in answer.body for answer in answers)
        assert new in {answer.host for answer in answers}
    finally:
        edited.airchain("scale", "prod", "web", "2")


def images(product: Product, host: str) -> set[str]:
    """Digests of the service's images that a host has."""
    form = "{{.Repository}} {{.Digest}}"
    listed = product.docker_on(host, "images", "--digests", "--format", form)
    pairs = (line.split() for line in listed.splitlines())
    return {digest for repository, digest in pairs if repository.endswith("/hello-test/web")}


def test_scaling_fails_no_request(hello: Product) -> None:
    """Two hosts to four and back: status tells the truth, viewers notice nothing."""
    with probe(PORT, "localhost") as seen:
        hello.airchain("scale", "prod", "web", "4")
        assert [h["at_edge"] for h in hello.hosts("prod")] == ["up"] * 4
        time.sleep(1)
        hello.airchain("scale", "prod", "web", "2")
        assert len(hello.hosts("prod")) == 2
    assert not seen.failures, seen.summary()
    assert len(seen.hosts) == 4, seen.summary()


def test_a_size_out_of_bounds_is_refused(hello: Product) -> None:
    """The error names the bounds and changes nothing."""
    result = hello.airchain("scale", "prod", "web", "11", check=False)
    assert result.returncode == 1
    assert "must be 2..10, got 11" in result.stderr


def test_a_killed_host_is_replaced_while_the_site_stays_up(hello: Product) -> None:
    """The edge goes on with the other host; the fleet repairs itself to its size."""
    victim = hello.hosts("prod")[0]["name"]
    with probe(PORT, "localhost") as seen:
        hello.docker("kill", f"airchain_hello-test_prod_{victim}")
        wait_until(
            lambda: (
                len(hosts := hello.hosts("prod")) == 2
                and victim not in {h["name"] for h in hosts}
                and all(h["at_edge"] == "up" for h in hosts)
            ),
            "two hosts in service",
        )
    # Only what the dead host was answering at that moment can be lost.
    assert len(seen.failures) <= 6, seen.summary()


def test_the_log_comes_from_every_host(hello: Product) -> None:
    """A request that one host answered stands in its log."""
    host = ask(PORT, "localhost", "/?find=me").host
    lines = hello.json("logs", "prod", "web")
    assert any("find=me" in line["text"] and line["host"] == host for line in lines)


def test_a_command_runs_inside_the_container(hello: Product) -> None:
    """Its output and exit status are ours; it is not root there."""
    result = hello.airchain("exec", "prod", "web", "--", "id", "-u")
    assert result.stdout.strip() == "10001"
    assert hello.airchain("exec", "prod", "web", "--", "false", check=False).returncode == 1


def test_a_missing_secret_is_named_before_anything_changes(edited: Product) -> None:
    """The error says which command sets it."""
    edited.replace("airchain.yaml", "images:\n", "secrets:\n  API_TOKEN: {}\n\nimages:\n")
    edited.replace(
        "airchain.yaml", "    port: 8000\n", "    port: 8000\n    secrets: [API_TOKEN]\n"
    )
    edited.commit("need a secret")
    result = edited.airchain("deploy", "prod", check=False)
    assert result.returncode == 1
    assert "airchain secrets set prod API_TOKEN" in result.stderr


def test_another_environment_does_not_meet_the_first(edited: Product) -> None:
    """dev goes up and down beside prod, and down leaves nothing of it.

    Meanwhile what serves in dev is promoted: the very digests, with nothing built.
    """
    before = edited.hosts("prod")
    edited.replace(APP, "on air from", "good noon from")
    edited.commit("say good noon")
    edited.airchain("up", "dev")
    assert "good noon from" in ask(PORT + 1, "localhost").body
    assert "on air from" in ask(PORT, "localhost").body
    made = edited.json("releases")
    # Whoever built anything now would fail.
    edited.replace("web/Dockerfile", "USER 10001", "RUN exit 3\nUSER 10001")
    with probe(PORT, "localhost") as seen:
        edited.airchain("promote", "dev", "prod")
    edited.replace("web/Dockerfile", "RUN exit 3\n", "")
    assert not seen.failures, seen.summary()
    assert "good noon from" in ask(PORT, "localhost").body
    (dev,), (prod,) = edited.json("status", "dev"), edited.json("status", "prod")
    assert dev["release"] == prod["release"]
    assert [r["digest"] for r in edited.json("releases")] == [r["digest"] for r in made]

    edited.airchain("down", "dev")
    assert ask(PORT, "localhost").status == 200
    assert [h["name"] for h in edited.hosts("prod")] == [h["name"] for h in before]
    selector = "label=airchain.environment=dev"
    for kind in ("ps -aq", "volume ls -q", "network ls -q"):
        product = "label=airchain.product=hello-test"
        assert not edited.docker(*kind.split(), "--filter", selector, "--filter", product)
