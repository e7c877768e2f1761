"""Every error and warning of the package, found in its source: ``python -m tests.checks.messages [coverage.json]``.

Prints a table to be read as a stranger would: the place, the kind, the words. With the report of
``coverage json``, only those whose line no test has reached.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import skvoicefake

ROOT = Path(skvoicefake.__file__).parent
# What says something to the user, besides raise: warnings, and helpers that raise.
CALLS = {"warn", "refuse", "error"}


class Message(NamedTuple):
    place: str
    line: int
    kind: str
    text: str


def messages() -> Iterator[Message]:
    """Walk the package."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT.parent).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield Message(place, node.lineno, ast.unparse(node.exc.func), " ".join(map(text, node.exc.args)))
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id[0].isupper():
                yield Message(place, node.lineno, node.exc.id, "")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CALLS and node.args:
                yield Message(place, node.lineno, ast.unparse(node.func), text(node.args[0]))


def text(node: ast.expr) -> str:
    """Return the words of an expression, what is filled in between braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return text(node.left) + text(node.right)
    if isinstance(node, ast.FormattedValue):
        return "{" + ast.unparse(node.value) + "}"
    return "{" + ast.unparse(node) + "}"


def main() -> None:
    """Print the table."""
    reached = {}
    if len(sys.argv) > 1:
        files = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["files"]
        reached = {name: set(file["executed_lines"]) for name, file in files.items()}
    for message in messages():
        if message.line not in reached.get(message.place, ()):
            sys.stdout.write(f"{message.place}:{message.line}\t{message.kind}\t{message.text}\n")


if __name__ == "__main__":
    main()
