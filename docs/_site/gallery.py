"""The gallery: every picture of the guide, found in the pages, under a link to the section whose code draws it."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent
SAVES = re.compile(r"savefig\(\"([\w-]+)\.png\"\)")
FENCE = re.compile(r" *```")


def folder_of(page: Path) -> str:
    return "-".join(page.relative_to(DOCS).with_suffix("").parts)


def pages_that_draw() -> list[Path]:
    return [page for page in sorted(DOCS.rglob("*.md")) if SAVES.search(page.read_text(encoding="utf-8"))]


def drawn(page: Path) -> list[tuple[str, str]]:
    """Return the name of every picture of a page, and the heading above the code that draws it."""
    found, heading, is_code = [], "", False
    for line in page.read_text(encoding="utf-8").splitlines():
        if FENCE.match(line):
            is_code = not is_code
        elif is_code:
            found += [(name, heading) for name in SAVES.findall(line)]
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def anchor(heading: str) -> str:
    """Return what a heading is called in an address."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")


def title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def items() -> list[tuple[str, str, str, str]]:
    """Return, for every picture, where it lies, its section's address and heading, and the title of its page."""
    return [
        (
            f"/_pictures/{folder_of(page)}/{name}.png",
            f"{page.relative_to(DOCS).as_posix()}#{anchor(heading)}",
            heading,
            title(page),
        )
        for page in pages_that_draw()
        for name, heading in drawn(page)
    ]


def add_gallery(app: object, name: str, source: list[str]) -> None:
    """Add the pictures to the page; they are not there without the site."""
    if name == "gallery":
        grid = [
            f"- [![{heading}]({picture})]({address})\n\n  [{heading}]({address}) · {page}"
            for picture, address, heading, page in items()
        ]
        source[0] += "\n".join(["", "```{container} gallery", *grid, "```", ""])


def setup(app):
    app.connect("source-read", add_gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
