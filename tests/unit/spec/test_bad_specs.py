"""Every kind of mistake in airchain.yaml has its exact message."""

from __future__ import annotations

from pathlib import Path

import pytest

from airchain.errors import SpecError
from airchain.spec import document
from airchain.spec.load import load

# What is replaced, by what, and the message. Lines are those of conftest.GOOD.
CASES: dict[str, tuple[str, str, str]] = {
    "a port out of range": (
        "port: 8000",
        "port: 80000",
        "airchain.yaml:11: services.web.port: must be 1..65535, got 80000",
    ),
    "a port that is text": (
        "port: 8000",
        "port: http",
        "airchain.yaml:11: services.web.port: must be a whole number, got 'http'",
    ),
    "a command that is a list": (
        "port: 8000",
        "port: 8000\n    command: [python3, app.py]",
        "airchain.yaml:12: services.web.command: must be text, got a list\n"
        "  hint: write it as one line, such as `python3 app.py --port 8000`",
    ),
    "an unknown field": (
        "port: 8000",
        "port: 8000\n    helth: /x",
        "airchain.yaml:12: services.web.helth: unknown field\n  hint: did you mean health?",
    ),
    "an unknown field at the top": (
        "routes:",
        "route: []\nroutes:",
        "airchain.yaml:13: route: unknown field\n  hint: did you mean routes?",
    ),
    "an unknown field like no other": (
        "{path: /, to: web}",
        "{path: /, to: web, zzz: 1}",
        "airchain.yaml:14: routes[0].zzz: unknown field\n"
        "  hint: known: path, to, files, signed, cache, limit, body, log",
    ),
    "an unknown field of an environment": (
        "    fleets:",
        "    egde: {port: 1}\n    fleets:",
        "airchain.yaml:17: environments.dev.egde: unknown field\n  hint: did you mean edge?",
    ),
    "a header that the edge lets pass from anybody": (
        "    fleets:",
        "    edge: {trust: [Cookie]}\n    fleets:",
        "airchain.yaml:17: environments.dev.edge.trust[0]: must be X-Forwarded-For, "
        "X-Forwarded-Proto, X-Viewer-… or CloudFront-…, since no other header is taken away, "
        "got 'Cookie'",
    ),
    "an unknown kind": (
        "kind: web",
        "kind: wbe",
        "airchain.yaml:10: services.web.kind: must be one of web, worker, cron, task, got 'wbe'\n"
        "  hint: did you mean web?",
    ),
    "a required field missing": (
        "    image: www\n",
        "",
        "airchain.yaml:8: services.web.image: is required",
    ),
    "no product": (
        "product: shop",
        "registry: {}",
        "airchain.yaml:1: product: is required\n  hint: such as `product: hello`",
    ),
    "a bucket without its region": (
        "product: shop",
        "product: shop\nstore: {s3: {bucket: shop-store}}",
        "airchain.yaml:2: store.s3.region: is required",
    ),
    "a bucket's endpoint without a scheme": (
        "product: shop",
        "product: shop\nstore: {s3: {bucket: b-1, region: x, endpoint: 'h:9000'}}",
        "airchain.yaml:2: store.s3.endpoint: must be http://HOST:PORT or https://HOST, "
        "without a path, got 'h:9000'",
    ),
    "a product's name in capitals": (
        "product: shop",
        "product: Shop",
        "airchain.yaml:1: product: must be lower-case letters, digits and single dashes, "
        "beginning with a letter, got 'Shop'",
    ),
    "a name too long": (
        "product: shop",
        "product: " + "a" * 33,
        "airchain.yaml:1: product: must have at most 32 characters, got 33",
    ),
    "a name of airchain's own": (
        "product: shop",
        "product: airchain",
        "airchain.yaml:1: product: airchain is a name that airchain uses itself",
    ),
    "a list where a mapping is wanted": (
        "    build: www",
        "    - www",
        "airchain.yaml:5: images.www: must be a mapping, got a list",
    ),
    "a section that is no mapping": (
        "images:\n  debian:\n    bootstrap: {packages: [python3]}\n  www:\n    build: www",
        "images: www",
        "airchain.yaml:2: images: must be a mapping, got 'www'",
    ),
    "routes that are no list": (
        "routes:\n  - {path: /, to: web}",
        "routes: {/: web}",
        "airchain.yaml:13: routes: must be a list, got a mapping",
    ),
    "text where a list is wanted": (
        "services: [web]",
        "services: web",
        "airchain.yaml:18: environments.dev.fleets.web.services: must be a list, got 'web'",
    ),
    "a memory limit without unit": (
        "port: 8000",
        "port: 8000\n    memory: '512'",
        "airchain.yaml:12: services.web.memory: must be a number followed by m or g, "
        "such as 512m or 2g, got '512'",
    ),
    "a size without processors": (
        "services:\n  web:\n    image",
        "sizes: {tiny: {cpus: 0, memory: 1g}}\nservices:\n  web:\n    image",
        "airchain.yaml:7: sizes.tiny.cpus: must be more than 0, got 0",
    ),
    "a duration that is none": (
        "to: web}",
        "to: web, cache: soon}",
        "airchain.yaml:14: routes[0].cache.seconds: must be a number or a duration such as "
        "500ms, 30s, 2m, got 'soon'",
    ),
    "a health path that is no path": (
        "health: /healthz",
        "health: healthz",
        "airchain.yaml:12: services.web.health.path: must begin with / and hold no space, "
        "got 'healthz'",
    ),
    "a route with a blank": (
        "path: /,",
        "path: /a b,",
        "airchain.yaml:14: routes[0].path: must begin with / and hold letters, digits and "
        ". _ ~ - / only, got '/a b'",
    ),
    "a domain that is a URL": (
        "    fleets:",
        "    edge: {domains: ['http://x']}\n    fleets:",
        "airchain.yaml:17: environments.dev.edge.domains[0]: must be a name such as "
        "www.example.com, got 'http://x'",
    ),
    "a route to nowhere": (
        "to: web}",
        "to: wbe}",
        "airchain.yaml:14: routes[0].to: there is no service wbe\n  hint: did you mean web?",
    ),
    "a service from no image": (
        "image: www",
        "image: ww",
        "airchain.yaml:9: services.web.image: there is no image ww\n  hint: did you mean www?",
    ),
    "a backing service from no image": (
        "routes:",
        "backing:\n  redis: {image: redis, port: 6379}\nroutes:",
        "airchain.yaml:14: backing.redis.image: there is no image redis\n"
        "  hint: known: debian, www",
    ),
    "a fleet of no size": (
        "services: [web]",
        "services: [web], size: huge",
        "airchain.yaml:18: environments.dev.fleets.web.size: there is no size huge\n"
        "  hint: known: large, medium, small",
    ),
    "a fleet of an unknown service": (
        "services: [web]",
        "services: [web, wobble]",
        "airchain.yaml:18: environments.dev.fleets.web.services[1]: there is no service wobble\n"
        "  hint: known: web",
    ),
    "a fleet with a service twice": (
        "services: [web]",
        "services: [web, web]",
        "airchain.yaml:18: environments.dev.fleets.web.services[1]: web is listed twice",
    ),
    "a fleet larger at least than at most": (
        "services: [web]",
        "services: [web], min: 5, max: 2",
        "airchain.yaml:18: environments.dev.fleets.web.min: 5 is more than max, which is 2",
    ),
    "a secret that is not declared": (
        "port: 8000",
        "port: 8000\n    secrets: [API_KEY]",
        "airchain.yaml:12: services.web.secrets[0]: the secret API_KEY is not declared\n"
        "  hint: declare it at the top: `secrets: {API_KEY: {}}`, "
        "or `{generate: true}` for a random value",
    ),
    "a web service without port": (
        "    port: 8000\n",
        "",
        "airchain.yaml:8: services.web.port: is required for kind web",
    ),
    "a web service without health": (
        "    health: /healthz\n",
        "",
        "airchain.yaml:8: services.web.health: is required for kind web\n"
        "  hint: such as `health: /healthz`: nothing is sent to a service before this answers",
    ),
    "a cron without schedule": (
        "routes:",
        "  tick: {image: www, kind: cron}\nroutes:",
        "airchain.yaml:13: services.tick: no fleet runs it\n"
        "  hint: add it to a fleet's services (web), "
        "or remove it from this environment with `tick: null`\n"
        "airchain.yaml:13: services.tick.schedule: is required for kind cron\n"
        '  hint: such as `schedule: "*/10 * * * *"`',
    ),
    "a schedule that is none": (
        "kind: web\n    port: 8000\n    health: /healthz\nroutes:\n  - {path: /, to: web}",
        'kind: cron\n    schedule: "61 * * * *"',
        "airchain.yaml:11: services.web.schedule: is not a schedule: '61 * * * *'\n"
        "  hint: five fields: minute hour day-of-month month day-of-week",
    ),
    "a schedule on a web service": (
        "port: 8000",
        'port: 8000\n    schedule: "* * * * *"',
        "airchain.yaml:12: services.web.schedule: is for kind cron, this is kind web",
    ),
    "a worker that would begin before the tables are there": (
        "kind: web\n    port: 8000\n    health: /healthz\nroutes:\n  - {path: /, to: web}",
        "kind: worker\n    before_tasks: true",
        "airchain.yaml:11: services.web.before_tasks: is for kind web, this is kind worker",
    ),
    "a route to a worker": (
        "kind: web",
        "kind: worker",
        "airchain.yaml:14: routes[0].to: web is of kind worker, not web",
    ),
    "two routes of one path": (
        "routes:",
        "routes:\n  - {path: /, to: web}",
        "airchain.yaml:15: routes[1].path: / has a route already, number 1",
    ),
    "a route with two ends": (
        "routes:\n  - {path: /, to: web}",
        "files: {media: {}}\nroutes:\n  - {path: /, to: web, files: media}",
        "airchain.yaml:15: routes[0].files: this route leads to web already",
    ),
    "a route with no end": (
        ", to: web}",
        "}",
        "airchain.yaml:14: routes[0].to: is required\n"
        "  hint: such as `to: web`, or `files: media` for a folder of `files`",
    ),
    "a route to files that are not declared": (
        "to: web}",
        "files: medai}\nfiles: {media: {}}",
        "airchain.yaml:14: routes[0].files: there is no folder medai\n  hint: did you mean media?",
    ),
    "files of a service that are not declared": (
        "    health: /healthz\n",
        "    health: /healthz\n    files: [art, 'media:ro']\nfiles: {art: {}}\n",
        "airchain.yaml:13: services.web.files[1]: there is no folder media\n  hint: known: art",
    ),
    "files that are written by nobody": (
        "port: 8000",
        "port: 8000\n    files: ['media:rw']",
        "airchain.yaml:12: services.web.files[0]: must be NAME, or NAME:ro to read only, "
        "got 'media:rw'",
    ),
    "a cache of no duration": (
        "to: web}",
        "to: web, cache: {stale: 60}}",
        "airchain.yaml:14: routes[0].cache.seconds: is required",
    ),
    "a cache with an unknown field": (
        "to: web}",
        "to: web, cache: {seconds: 1, stael: 60}}",
        "airchain.yaml:14: routes[0].cache.stael: unknown field\n  hint: did you mean stale?",
    ),
    "files that are kept twice": (
        "to: web}",
        "files: m, cache: {seconds: 60, stale: 5}}\nfiles: {m: {}}",
        "airchain.yaml:14: routes[0].cache: has more than how long whoever fetched a file may "
        "keep it\n  hint: write it as `cache: 1h`: files are not kept twice on a host",
    ),
    "a limit of nothing": (
        "to: web}",
        "to: web, limit: {per_second: 0}}",
        "airchain.yaml:14: routes[0].limit.per_second: must be more than 0, got 0",
    ),
    "a body without unit": (
        "to: web}",
        "to: web, body: '512'}",
        "airchain.yaml:14: routes[0].body: must be a number followed by k, m or g, "
        "such as 64k or 100m, got '512'",
    ),
    "signed addresses of a service": (
        "to: web}",
        "to: web, signed: {secret: K, cookie: c}}\nsecrets: {K: {}}",
        "airchain.yaml:14: routes[0].signed: is for a route to files",
    ),
    "addresses that are signed for nobody": (
        "to: web}",
        "files: m, signed: {secret: K}}\nsecrets: {K: {}}\nfiles: {m: {}}",
        "airchain.yaml:14: routes[0].signed: needs a cookie or a header\n"
        "  hint: whose value tells the viewer that an address was made for from all others",
    ),
    "addresses that are signed with an unknown key": (
        "to: web}",
        "files: m, signed: {secret: K, cookie: c}}\nfiles: {m: {}}",
        "airchain.yaml:14: routes[0].signed.secret: the secret K is not declared\n"
        "  hint: declare it at the top: `secrets: {K: {}}`, "
        "or `{generate: true}` for a random value",
    ),
    "a cookie with a strange name": (
        "to: web}",
        "files: m, signed: {secret: K, cookie: a-b}}\nfiles: {m: {}}\nsecrets: {K: {}}",
        "airchain.yaml:14: routes[0].signed.cookie: must be letters, digits and underscores, "
        "got 'a-b'",
    ),
    "a service in no fleet": (
        "routes:",
        "  mail: {image: www, kind: worker}\nroutes:",
        "airchain.yaml:13: services.mail: no fleet runs it\n"
        "  hint: add it to a fleet's services (web), "
        "or remove it from this environment with `mail: null`",
    ),
    "an image that is neither": (
        "    build: www",
        "    rebuild: weekly",
        "airchain.yaml:5: images.www: needs bootstrap or build, has neither\n"
        "  hint: `bootstrap: {packages: […]}` starts from the Debian archive, "
        "`build: FOLDER` from a Dockerfile",
    ),
    "an image that is both": (
        "    build: www",
        "    build: www\n    bootstrap: {}",
        "airchain.yaml:5: images.www: needs bootstrap or build, has both\n"
        "  hint: `bootstrap: {packages: […]}` starts from the Debian archive, "
        "`build: FOLDER` from a Dockerfile",
    ),
    "no build folder": (
        "build: www",
        "build: wwww",
        "airchain.yaml:6: images.www.build: there is no folder wwww",
    ),
    "no Dockerfile": (
        "build: www",
        "build: www\n    dockerfile: Other",
        "airchain.yaml:7: images.www.dockerfile: there is no www/Other",
    ),
    "a build folder of the machine": (
        "build: www",
        "build: /srv/www",
        "airchain.yaml:6: images.www.build: must be a folder beside airchain.yaml, got /srv/www",
    ),
    "an image named like our own": (
        "  debian:",
        "  releases: {bootstrap: {}}\n  debian:",
        "airchain.yaml:3: images.releases: releases is a name that airchain uses itself",
    ),
    "a parent that is not defined": (
        "  debian:",
        "  debain:",
        "airchain.yaml:5: images.www: is built from debian, which is not an image of this "
        "product\n  hint: did you mean debain?",
    ),
    "two environments at one port": (
        "environments:",
        "environments:\n  prod:\n    fleets: {web: {services: [web]}}",
        "airchain.yaml:18: environments.dev.edge.port: 8080 is the port of prod as well\n"
        "  hint: give each environment a port of its own, so that both can be up at once",
    ),
    "a backing service named like a service": (
        "routes:",
        "backing:\n  web: {image: www, port: 1}\nroutes:",
        "airchain.yaml:14: backing.web: there is a service web as well",
    ),
    "a password in the environment": (
        "port: 8000",
        "port: 8000\n    env: {DB_PASSWORD: hunter2}",
        "airchain.yaml:12: services.web.env.DB_PASSWORD: its name says that this is a secret, "
        "and secrets are not written here\n"
        "  hint: declare it under `secrets:` at the top and list it in the `secrets` of the "
        "service; the container reads the file that NAME_FILE names",
    ),
    "a variable of our own": (
        "port: 8000",
        "port: 8000\n    env: {AIRCHAIN_HOST: x}",
        "airchain.yaml:12: services.web.env.AIRCHAIN_HOST: AIRCHAIN_… is set by airchain itself",
    ),
    "a container as root": (
        "port: 8000",
        'port: 8000\n    user: "0:0"',
        "airchain.yaml:12: services.web.user: containers do not run as root\n"
        "  hint: name another user",
    ),
    "a webhook that is not declared": (
        "    fleets:",
        "    deploy: {notify: {secret: HOOK}}\n    fleets:",
        "airchain.yaml:17: environments.dev.deploy.notify.secret: the secret HOOK is not declared\n"
        "  hint: declare it at the top: `secrets: {HOOK: {}}`",
    ),
    "a webhook with a random address": (
        "environments:",
        "secrets: {HOOK: {generate: true}}\ndeploy: {notify: {secret: HOOK}}\nenvironments:",
        "airchain.yaml:16: deploy.notify.secret: HOOK is generated, and a random value is no "
        "address\n  hint: declare it as `HOOK: {}`",
    ),
    "a webhook that hosts would get": (
        "    health: /healthz\n",
        "    health: /healthz\n    secrets: [HOOK]\nsecrets: {HOOK: {}}\n"
        "deploy: {notify: {secret: HOOK}}\n",
        "airchain.yaml:13: services.web.secrets[0]: HOOK is the address of the webhook, which no "
        "container is given\n  hint: take it out here, or name another secret in deploy.notify",
    ),
    "a message with a variable that there is not": (
        "environments:",
        "secrets: {HOOK: {}}\ndeploy:\n  notify:\n    secret: HOOK\n    messages:\n"
        "      done: '{% if detail == 1 %}{{ relase }}{% endif %}'\nenvironments:",
        "airchain.yaml:20: deploy.notify.messages.done: there is no variable relase\n"
        "  hint: did you mean release?",
    ),
    "a message that is no template": (
        "environments:",
        "secrets: {HOOK: {}}\ndeploy:\n  notify:\n    secret: HOOK\n    messages:\n"
        "      done: '{{ release'\nenvironments:",
        "airchain.yaml:20: deploy.notify.messages.done: is not a template: unexpected end of "
        "template, expected 'end of print statement'.",
    ),
    "a message that reaches for more than it is given": (
        "environments:",
        "secrets: {HOOK: {}}\ndeploy:\n  notify:\n    secret: HOOK\n    messages:\n"
        "      done: '{{ release.__class__ }}'\nenvironments:",
        "airchain.yaml:20: deploy.notify.messages.done: is not a template: access to attribute "
        "'__class__' of 'str' object is unsafe.",
    ),
    "a message for a stage that there is not": (
        "environments:",
        "secrets: {HOOK: {}}\ndeploy:\n  notify:\n    secret: HOOK\n    messages:\n"
        "      finished: hello\nenvironments:",
        "airchain.yaml:20: deploy.notify.messages.finished: must be one of start, canary, done, "
        "reverted, failed, got 'finished'",
    ),
    "a volume that is none": (
        "port: 8000",
        "port: 8000\n    volumes: [data]",
        "airchain.yaml:12: services.web.volumes[0]: must be SOURCE:/TARGET or SOURCE:/TARGET:ro, "
        "got 'data'",
    ),
    "a capability with prefix": (
        "port: 8000",
        "port: 8000\n    capabilities: [CAP_CHOWN]",
        "airchain.yaml:12: services.web.capabilities[0]: must be a name such as "
        "NET_BIND_SERVICE, got 'CAP_CHOWN'",
    ),
    "a field twice": (
        "port: 8000",
        "port: 8000\n    port: 8001",
        "airchain.yaml:12: services.web.port: is written twice, first in line 11",
    ),
    "no environments": (
        "environments:\n  dev:\n    fleets:\n      web: {services: [web]}\n",
        "",
        "airchain.yaml:1: environments: is required: at least one\n"
        "  hint: such as `environments: {dev: {…}}`",
    ),
    "an environment without fleets": (
        "    fleets:\n      web: {services: [web]}",
        "    edge: {port: 1}",
        "airchain.yaml:16: environments.dev.fleets: is required: at least one",
    ),
    "an environment that is no mapping": (
        "  dev:\n    fleets:\n      web: {services: [web]}",
        "  dev: yes please",
        "airchain.yaml:16: environments.dev: must be a mapping, got 'yes please'",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mistake_has_its_message(case: str, shop: Path) -> None:
    """The mistake is told with file, line, field and hint, and nothing else is."""
    file = shop / "airchain.yaml"
    before, after, expected = CASES[case]
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert caught.value.detail == expected


SYNTAX = {
    "an open bracket": (
        "a: [1\nb: 2\n",
        "airchain.yaml:2: not YAML: while parsing a flow sequence expected ',' or ']', but got ':'",
    ),
    "a tab": (
        "a:\n\t- b\n",
        "airchain.yaml:2: not YAML: while scanning for the next token found character '\\t' that "
        "cannot start any token\n  hint: indent with spaces, not tabs",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "airchain.yaml:2: not YAML: expected a single document in the stream "
        "but found another document",
    ),
    "an unknown alias": ("a: *x\n", "airchain.yaml:1: not YAML: found undefined alias 'x'"),
    "a list": ("- a\n", "airchain.yaml:1: must be a mapping, got a list"),
    "text": ("hello\n", "airchain.yaml:1: must be a mapping, got 'hello'"),
    "nothing": (
        "# only a comment\n",
        "airchain.yaml: is empty\n  hint: `airchain init` writes one to begin from",
    ),
}


@pytest.mark.parametrize("case", SYNTAX)
def test_what_is_not_a_mapping_in_yaml(case: str, tmp_path: Path) -> None:
    """Broken YAML is told with its line, and what is no mapping with what it is."""
    text, expected = SYNTAX[case]
    (tmp_path / "airchain.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert caught.value.detail == expected


def test_missing_file_points_to_init(tmp_path: Path) -> None:
    """Where there is no airchain.yaml, the hint names the command that writes one."""
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert problem.message == f"not found in {tmp_path}"
    assert problem.hint == (
        "`airchain init` writes one to begin from; `airchain -C DIR` looks in another folder"
    )


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is told as such."""
    (tmp_path / "airchain.yaml").write_bytes(b"product: \xff\n")
    with pytest.raises(SpecError, match=r"1 problem in airchain\.yaml") as caught:
        load(tmp_path)
    assert "cannot be read" in str(caught.value.detail)


def test_all_problems_at_once(shop: Path) -> None:
    """Shape, references, secrets and duplicates of one file come in one error, by line."""
    file = shop / "airchain.yaml"
    text = file.read_text()
    for before, after in (
        ("port: 8000", "port: 80000\n    port: 1\n    env: {A_TOKEN: abc}"),
        ("to: web}", "to: wbe}"),
        ("image: www", "image: web"),
        ("build: www", "build: wwww"),
    ):
        text = text.replace(before, after)
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert [(p.line, p.field) for p in caught.value.problems] == [
        (6, "images.www.build"),
        (9, "services.web.image"),
        (11, "services.web.port"),
        (12, "services.web.port"),
        (13, "services.web.env.A_TOKEN"),
        (16, "routes[0].to"),
    ]


BESIDE: dict[str, tuple[dict[str, str], list[str]]] = {
    "a reference beside a broken field": (
        {"port: 8000": "port: abc", "image: www": "image: wep"},
        ["services.web.image: there is no image wep", "services.web.port: must be a whole number"],
    ),
    "a schedule beside an unknown field": (
        {
            "kind: web\n    port: 8000\n    health: /healthz\nroutes:\n  - {path: /, to: web}": (
                'kind: cron\n    zzz: 1\n    schedule: "99 * * * *"'
            )
        },
        [
            "services.web.zzz: unknown field",
            "services.web.schedule: is not a schedule: '99 * * * *'",
        ],
    ),
    "a misspelt field is the one that was meant": (
        {"health: /healthz": "helth: /healthz"},
        ["services.web.helth: unknown field"],
    ),
    "nothing follows from a broken kind": (
        {"kind: web": "kind: wbe", "services: [web]": "services: [web], size: huge"},
        [
            "services.web.kind: must be one of web, worker, cron, task",
            "environments.dev.fleets.web.size: there is no size huge",
        ],
    ),
    "nothing follows from a broken list of services": (
        {"services: [web]": "services: web, size: huge"},
        [
            "environments.dev.fleets.web.services: must be a list, got 'web'",
            "environments.dev.fleets.web.size: there is no size huge",
        ],
    ),
    "nothing follows from a broken max": (
        {"services: [web]": "services: [wbe], min: 20, max: many"},
        [
            "services.web: no fleet runs it",
            "environments.dev.fleets.web.max: must be a whole number",
            "environments.dev.fleets.web.services[0]: there is no service wbe",
        ],
    ),
    "a folder beside a broken test": (
        {"build: www": "build: wwww\n    test: [a]"},
        ["images.www.build: there is no folder wwww", "images.www.test: must be a mapping"],
    ),
    "nothing follows from a broken build": (
        {"build: www": "build: [www]"},
        ["images.www.build: must be text"],
    ),
    "a route to a service with a broken name": (
        {"  web:\n    image: www": "  Web:\n    image: wwz", "to: web": "to: Webb"},
        [
            "services.Web: must be lower-case",
            "services.Web.image: there is no image wwz",
            "routes[0].to: must be lower-case",
            "environments.dev.fleets.web.services[0]: there is no service web",
        ],
    ),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_stands_beside_another_mistake(case: str, shop: Path) -> None:
    """It is told in the same run, and nothing that only follows from the other mistake."""
    file = shop / "airchain.yaml"
    text = file.read_text()
    changes, expected = BESIDE[case]
    for before, after in changes.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        load(shop)
    found = [f"{p.field}: {p.message}" for p in caught.value.problems]
    assert len(found) == len(expected), found
    for problem, beginning in zip(found, expected, strict=True):
        assert problem.startswith(beginning)


def test_image_cycle(shop: Path) -> None:
    """Images that need each other are named once, as a ring."""
    (shop / "airchain.yaml").write_text(
        (shop / "airchain.yaml").read_text().replace("  www:\n", "  app: {build: app}\n  www:\n")
    )
    (shop / "app").mkdir()
    (shop / "app" / "Dockerfile").write_text("ARG IMAGES\nFROM ${IMAGES}/www\n")
    (shop / "www" / "Dockerfile").write_text(
        "ARG IMAGES\nFROM ${IMAGES}/app AS app\nFROM ${IMAGES}/debian\nCOPY --from=app /a /a\n"
    )
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert caught.value.detail == (
        "airchain.yaml:5: images.app: is built from itself: app → www → app"
    )


DOCKERFILES = {
    "a variable where BuildKit takes none": (
        "ARG IMAGES\nFROM ${IMAGES}/debian\nARG IMAGES\nCOPY --from=${IMAGES}/debian /a /a\n",
        "line 4 of its Dockerfile cannot name ${IMAGES}/debian\n"
        "  hint: only FROM takes variables: begin a stage with `FROM ${IMAGES}/debian AS NAME`, "
        "and copy from NAME",
    ),
    "a variable that is not declared": (
        "FROM ${IMAGES}/debian\n",
        "line 1 of its Dockerfile cannot name /debian\n"
        "  hint: declare the variable before the first FROM: `ARG IMAGES`",
    ),
}


@pytest.mark.parametrize("case", DOCKERFILES)
def test_reference_that_buildkit_refuses(case: str, shop: Path) -> None:
    """What BuildKit answers with "invalid reference format" is explained beforehand."""
    text, expected = DOCKERFILES[case]
    (shop / "www" / "Dockerfile").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(shop)
    assert caught.value.detail == f"airchain.yaml:5: images.www: {expected}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("product: &x\n  <<: *x\n", "product: must be text, got a mapping"),
        ("product: &x [*x]\n", "is nested too deeply"),
        ("product: &x [*x, *x]\n", "product: holds more than 1000 values"),
    ],
)
@pytest.mark.timeout(20)
def test_yaml_that_holds_itself(
    text: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anchors and aliases can be short to write and endless to read."""
    monkeypatch.setattr(document, "_MAX_VALUES", 1000)
    (tmp_path / "airchain.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert what in str(caught.value.detail)
