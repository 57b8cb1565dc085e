"""The products that are measured: copies of ours, with a line to change and a slow page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import ROOT, Product, copy_product

# A folder of files that nginx answers with by itself.
CONSTANT_FOLDER = "bench"
_TAKE = "take {} is on air"
_SLOW_SECONDS = 2


@dataclass(frozen=True)
class Subject:
    """A product to measure.

    texts     changes of its copy by file: old texts and new ones
    template  the file with the line that each round changes; image: what is built of it
    domain    where its page is asked for
    method    what else a page is asked with: such as may not be sent twice
    web       the fleet whose hosts are counted
    """

    name: str
    source: Path
    port: int
    domain: str
    template: str
    image: str
    texts: Mapping[str, Mapping[str, str]]
    method: str = "POST"
    web: str = "web"

    @property
    def product(self) -> str:
        """What the copy is called, so that it lives beside the product itself."""
        return f"bench-{self.name}"

    def copy(self, folder: Path, registry: str) -> Product:
        """The copy, in a git repository of its own below `folder`."""
        named = {
            f"product: {self.name}\n": f"product: {self.product}\nregistry: {{name: {registry}}}\n"
        }
        specification = {**named, **self.texts["airchain.yaml"]}
        product = copy_product(self.source, folder / self.name, specification)
        for file, texts in self.texts.items():
            if file != "airchain.yaml":
                for old, new in texts.items():
                    product.replace(file, old, new)
        if product.changed():
            product.commit("a slow page, and a line to change")
        return product

    def change(self, product: Product, before: int, after: int) -> None:
        """Change the one line that says which take is on air."""
        product.replace(self.template, take(before), take(after))


HELLO = Subject(
    name="hello",
    source=ROOT / "examples" / "hello",
    port=18091,
    domain="localhost",
    template="web/app.py",
    image="web",
    texts={
        "airchain.yaml": {"port: 8081": "port: 18091", "min: 2, max: 10,": "min: 1, max: 10,"},
        "web/app.py": {
            "<p>on air from {host}</p>": f"<p>{_TAKE.format(0)} from {{host}}</p>",
            "import threading\n": "import threading\nimport time\n",
            '    return 404, "text/plain", "not found\\n"': '    if path == "/slow":\n'
            f"        time.sleep({_SLOW_SECONDS})\n"
            '        return 200, "text/plain", "at last\\n"\n'
            '    return 404, "text/plain", "not found\\n"',
            "    do_HEAD = do_GET\n": "    do_HEAD = do_GET\n\n    def do_POST(self):\n"
            '        self.rfile.read(int(self.headers["Content-Length"]))\n'
            "        self.do_GET()\n",
        },
    },
)
TV = Subject(
    name="tv",
    source=ROOT / "tv",
    port=18093,
    method="HEAD",  # its pages are for reading
    domain="dramas.localhost",
    template="www/pages/templates/base.html",
    image="www",
    texts={
        "airchain.yaml": {
            "port: 8080,": "port: 18093,",
            "min: 2, max: 40,": "min: 1, max: 40,",
        },
        "www/pages/templates/base.html": {
            # Not as text: that the site's own tests want translated.
            '<footer class="foot">': f'<footer class="foot" data-take="{_TAKE.format(0)}">'
        },
        "www/tv/urls.py": {
            '"""Addresses of a brand\'s site."""\n': "import time\n\n"
            "from django.http import HttpResponse\n",
            "pages = [\n": f"def slow(request):\n    time.sleep({_SLOW_SECONDS})\n"
            '    return HttpResponse("at last")\n\n\npages = [\n    path("slow", slow),\n',
        },
    },
)
SUBJECTS = {subject.name: subject for subject in (HELLO, TV)}
# More than any machine sends: requests are counted, and none is too many.
_UNREACHED = "{per_second: 100000, burst: 1000000}"
# tv as it is, on one web host that may use the whole machine, with a folder of files beside. All
# that is sent comes from one address.
LOADED_TV = Subject(
    name="tv",
    source=ROOT / "tv",
    port=18094,
    domain="dramas.localhost",
    template="www/pages/templates/base.html",
    image="www",
    texts={
        "airchain.yaml": {
            "port: 8080,": "port: 18094,",
            "min: 2, max: 40, size: small": "min: 1, max: 40, size: medium",
            "  media: {": f"  {CONSTANT_FOLDER}: {{}}\n  media: {{",
            "routes:\n": f"routes:\n  - {{path: /{CONSTANT_FOLDER}, files: {CONSTANT_FOLDER}}}\n",
            "{per_second: 100, burst: 1000}": _UNREACHED,
            "{per_second: 200, burst: 2000}": _UNREACHED,
        },
    },
)


def take(number: int) -> str:
    """What a page of that take says, and of no other."""
    return _TAKE.format(number)
