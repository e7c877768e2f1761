"""The pages of the guide hold together: no link leads nowhere, no page stands alone, no public name is left out."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

import skvoicefake
from skvoicefake.cli import parse

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not path.relative_to(DOCS).parts[0].startswith("_"))
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)

SHELL = re.compile(r"^```(?:bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the guide shows in a shell beside `skvoicefake`. No test runs it: it installs packages, starts services and jobs.
OTHERS = {"pip", "source", "python", "python3", "npm", "uvicorn", "curl", "find", "split"}


@pytest.fixture
def on_path(monkeypatch):
    """Let the modules that make the site be imported, as Sphinx imports them."""
    monkeypatch.syspath_prepend(DOCS)


def slug(heading: str) -> str:
    """Return what a repository's page calls a heading in an address."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower().replace("`", "")
    return re.sub(r"[^\w\s-]", "", text).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {
        slug(line) for line in re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    }


@pytest.mark.parametrize("page", [*PAGES, DOCS.parent / "README.md"], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}"


@pytest.mark.usefixtures("on_path")
def test_every_page_is_in_the_contents():
    contents = import_module("_site.contents")
    listed = [name for names in contents.pages().values() for name in names]
    assert len(listed) == len(set(listed))
    written = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES}
    assert written - {"index"} <= set(listed)


@pytest.mark.usefixtures("on_path")
def test_the_reference_has_every_public_name():
    pages = import_module("_site.api").all_pages()
    assert all(f"skvoicefake.{room}" in pages["index"] for room in skvoicefake._ROOMS)
    for room in skvoicefake._ROOMS - {"cli"}:
        for name in import_module(f"skvoicefake.{room}").__all__:
            assert f":: {name}\n" in pages[f"skvoicefake.{room}.{name}"]
            assert f"   {name}\n" in pages[f"skvoicefake.{room}"]
    assert all(f"skvoicefake.{name} " in pages["index"] for name in skvoicefake._HOMES)


@pytest.mark.usefixtures("on_path")
def test_the_gallery_has_every_picture_and_leads_to_its_section():
    items = import_module("_site.gallery").items()
    saved = [name for page in PAGES for name in re.findall(r"savefig\(\"(\S+)\"\)", page.read_text(encoding="utf-8"))]
    assert [Path(picture).name for picture, *_ in items] == saved
    for _, address, _, _ in items:
        page, _, anchor = address.partition("#")
        assert anchor in anchors(DOCS / page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_those_that_there_are(page):
    """Options and subcommands are understood. What they do is run as Python beside them, and in tests of the README."""
    for block in SHELL.findall(page.read_text(encoding="utf-8")):
        inside = False  # of a quotation of several lines
        for line in block.splitlines():
            starts, inside = not inside, inside != line.count('"') % 2
            words = shlex.split(line.removeprefix("$ "), comments=True) if starts and not inside else []
            if not words or "=" in words[0]:
                continue
            if words[0] == "skvoicefake":
                parse(words[1 : words.index("<") if "<" in words else None])
            elif starts:
                assert words[0] in OTHERS, line
