"""The interface's texts in other languages: found in the code, kept in `.po`, used as `.mo`.

gettext's own programs are in no image; polib reads and writes its files.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.conf import settings
from django.template import engines
from django.template.base import Origin, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from pages import words

ONE = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1}
TEXTS = {**ONE, "ngettext": 2, "ngettext_lazy": 2}
"""How many of their first arguments are texts."""


@dataclass(frozen=True, order=True)
class Text:
    """A text as it stands in the code, in English."""

    single: str
    plural: str = ""


def files(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0], language, "LC_MESSAGES", "django.po")


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def in_code(root: Path) -> set[Text]:
    """All texts of the modules and templates below `root`, and the names in the fixtures."""
    names = {Text(name) for name in words.names()}
    modules = {t for path in sources(root, "*.py") for t in of_module(path.read_text())}
    templates = {t for path in sources(root, "templates/**/*.*") for t in of_template(path)}
    return names | modules | templates


def sources(root: Path, pattern: str) -> Iterator[Path]:
    """Of our own, and neither tests nor what was installed beside them."""
    for path in sorted(root.rglob(pattern)):
        if not {"tests", "node_modules", "staticfiles"} & set(path.relative_to(root).parts):
            yield path


def of_module(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            words = [a.value for a in node.args[: TEXTS.get(name, 0)] if is_text(a)]
            if words:
                yield Text(*words)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def parsed(path: Path) -> Template:
    engine = engines["django"].engine
    return Template(path.read_text(), Origin(str(path), path.name), path.name, engine)


def of_template(path: Path) -> Iterator[Text]:
    nodes = parsed(path).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        # Of a variable, the texts stand where its values come from.
        if isinstance(text := node.filter_expression.var.literal, str):
            yield Text(text)
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        single, _ = node.render_token_list(node.singular)
        plural, _ = node.render_token_list(node.plural or [])
        yield Text(*(part.strip() if node.trimmed else part for part in (single, plural)))


def sync(file: polib.POFile, texts: set[Text]) -> None:
    """Give the file exactly these texts; what is translated stays so."""
    known = {Text(entry.msgid, entry.msgid_plural): entry for entry in file}
    for text in sorted(texts - known.keys()):
        many = {"msgid_plural": text.plural, "msgstr_plural": {0: ""}} if text.plural else {}
        file.append(polib.POEntry(msgid=text.single, **many))
    for text in known.keys() - texts:
        file.remove(known[text])


def compile_all() -> None:
    """Make each `.mo` that is older than its `.po`, or not there."""
    for source in map(files, languages()):
        made = source.with_suffix(".mo")
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(made))
