"""What all reports share: tables as Markdown and HTML, one page that holds its pictures, and JSON."""

import base64
import io
import math
import os
from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def markdown_table(table: "pd.DataFrame") -> str:
    """Lay a table out as Markdown."""

    def line(cells: Any) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(table.columns), line("---" for _ in table.columns), *map(line, table.to_numpy().tolist())])


def html_table(table: "pd.DataFrame", long: Collection[str] = ()) -> str:
    """Lay a table out as HTML; the columns of long texts wrap their lines."""
    head = "".join(f"<th>{escape(str(column))}</th>" for column in table.columns)
    tags = ["<td class=text>" if column in long else "<td>" for column in table.columns]
    rows = "".join(
        "<tr>" + "".join(f"{tag}{escape(str(cell))}</td>" for tag, cell in zip(tags, row, strict=True)) + "</tr>"
        for row in table.to_numpy().tolist()
    )
    return f"<div class=table><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def embedded(figure: Any, name: str) -> str:
    """Return a picture as part of a page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{content}">'


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Make what is not defined or not finite None, and NumPy's numbers Python's."""
    values = {str(name): value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }


def written(text: str, path: str | os.PathLike[str] | None) -> str:
    """Write a text to a file where one is named; return it."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #e69f00; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }}
h2 {{ font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }}
.cards {{ display: flex; flex-wrap: wrap; gap: .8rem; }}
.card {{ flex: 1 1 11rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }}
.card b {{ display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; }}
.note {{ padding: .5rem .8rem; border-left: .3rem solid var(--mark); background: var(--soft); }}
.table {{ overflow-x: auto; margin: 1rem 0; }}
table {{ border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .25rem .8rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }}
td.text {{ white-space: normal; min-width: 16rem; }}
.pictures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }}
img {{ max-width: 100%; background: #fff; border-radius: .5rem; }}
@media print {{ body {{ max-width: none; }} h2 {{ break-after: avoid; }} img, tr {{ break-inside: avoid; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
