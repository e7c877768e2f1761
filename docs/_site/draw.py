"""Runs the code of a page, which leaves its pictures in the folder it runs in: ``python draw.py PAGE``.

Every picture is kept twice: as the page draws it, and for a dark background.
"""

import sys
from doctest import ELLIPSIS
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser

DARK = {"#000000": "#cfd0d0", "#ffffff": "#131416", "#e6e6e6": "#303335"}  # furo's text and background; grids
COLOURS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
save = Figure.savefig


def save_twice(figure: Figure, path: object, **options: object) -> None:
    if not isinstance(path, str):  # a report or a command that draws, not the page
        save(figure, path, **options)
        return
    save(figure, path, dpi=130)
    darken(figure)
    save(figure, Path(path).with_suffix(".dark.png"), dpi=130)
    darken(figure, back=True)


def darken(figure: Figure, back: bool = False) -> None:
    """Turn what is black into light grey, what is white into near black, and back."""
    change = {new: old for old, new in DARK.items()} if back else DARK
    for artist in figure.findobj():
        for name in COLOURS:
            colour = getattr(artist, f"get_{name}", lambda: None)()
            try:
                new = change.get(to_hex(colour)) if to_rgba(colour)[3] else None  # what cannot be seen stays so
            except (ValueError, TypeError):  # none, or an array of many
                continue
            if new:
                alpha = artist.get_alpha()
                getattr(artist, f"set_{name}")(new)
                artist.set_alpha(alpha)


if __name__ == "__main__":
    Figure.savefig = save_twice
    for example in Document.parse(sys.argv[1], PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)).examples():
        example.evaluate()
