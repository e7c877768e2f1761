"""What all displays share: matplotlib on first use, and styles that survive grey paper and colour blindness."""

from itertools import cycle, islice
from typing import Any

# Okabe and Ito's colours, the best to tell apart first; their yellow is too pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", (0, (1, 1)), (0, (6, 1.5, 1, 1.5, 1, 1.5)), (0, (10, 2.5)), (0, (3, 4)))
MARKERS = ("o", "s", "^", "D", "v", "<", ">")
GREY = "#767676"


def import_pyplot(who: str) -> Any:
    """Return matplotlib.pyplot, or say what to install."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(f"{who} needs matplotlib: pip install 'skvoicefake[plot]'") from error
    return pyplot


def new_axes(who: str, ax: Any = None, *, size: tuple[float, float] = (6.0, 4.2), **options: Any) -> tuple[Any, Any]:
    """Return a figure and axes to draw on: those given, or new ones of a size in inches."""
    pyplot = import_pyplot(who)
    if ax is not None:
        return ax.figure, ax
    return pyplot.subplots(figsize=size, layout="constrained", **options)


def line_style(position: int) -> dict[str, Any]:
    """Return the colour, dashes and marker of the first, second, ... line on an axis."""
    return {
        "color": nth(COLOURS, position),
        "linestyle": nth(LINES, position),
        "marker": nth(MARKERS, position),
    }


def nth(styles: tuple[Any, ...], position: int) -> Any:
    """Return a style; after the last comes the first again."""
    return next(islice(cycle(styles), position, None))


def percent(rate: float) -> str:
    """Write a rate with three digits, such as 4.25%."""
    return f"{100 * rate:.3g}%"


def plain(name: object) -> str:
    """Return a name as text that matplotlib does not take for mathematics, which a pair of $ would be."""
    return str(name).replace("$", r"\$")


def shortened(name: object, length: int = 36) -> str:
    """Cut the middle out of long names, whose ends tell more, and return them as plain text."""
    text = str(name)
    head = (length - 1) * 2 // 3
    return plain(text if len(text) <= length else f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}")
