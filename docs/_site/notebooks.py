"""Shows notebooks as pages, without a run: their text, their code, and the file to take away."""

import json
from pathlib import Path

from myst_parser.parsers.sphinx_ import MystParser

FENCE = "````"  # longer than those within


def as_markdown(text: str, name: str) -> str:
    """Return the text of a notebook as a page, with a link to the notebook itself below the heading."""
    cells = json.loads(text)["cells"]
    parts = [
        source if cell["cell_type"] == "markdown" else f"{FENCE}python\n{source}\n{FENCE}"
        for cell in cells
        if (source := "".join(cell["source"]))
    ]
    heading, _, rest = parts[0].partition("\n")
    return "\n\n".join([f"{heading}\n\n{{download}}`Jupyter: {name} <{name}>`\n{rest}", *parts[1:]])


class NotebookParser(MystParser):
    """Read a notebook as the Markdown page that it would be."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: object) -> None:
        """Parse the page in the place of the notebook."""
        super().parse(as_markdown(inputstring, Path(document["source"]).name), document)


def setup(app):
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
