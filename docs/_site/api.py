"""Writes the pages of the API reference: one a room, one a public name, from what the package itself says is public."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import skvoicefake

TITLE = "API reference"
INTRODUCTION = (
    "Every public name, by room. The rooms are called as in scikit-learn. Sources of formulas are under References on"
    " the page of the function that computes them."
)


def public_names() -> dict[str, list[str]]:
    """Return the public names of every room; ``""`` is the package itself."""
    rooms = {"": [name for name in skvoicefake.__all__ if name != "__version__"]}
    for room in sorted(skvoicefake._ROOMS):
        module = import_module(f"skvoicefake.{room}")
        rooms[room] = list(getattr(module, "__all__", ["main"]))  # the command line has no other
    return rooms


def heading(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n"


def page_of_a_name(room: str, name: str) -> str:
    value = getattr(import_module(f"skvoicefake.{room}"), name)
    kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
    if inspect.isclass(value) and issubclass(value, Exception | Warning):
        kind = "exception"
    members = "\n   :members:" if kind == "class" else ""
    return f"{heading(name)}\n.. currentmodule:: skvoicefake.{room}\n\n.. auto{kind}:: {name}{members}\n"


def page_of_a_room(room: str, names: list[str]) -> str:
    module = f"skvoicefake.{room}"
    table = "\n".join(f"   {name}" for name in names)
    pages = "\n".join(f"   {module}.{name}" for name in names)
    return (
        f"{heading(module)}\n.. automodule:: {module}\n\n.. currentmodule:: {module}\n\n"
        f".. autosummary::\n   :nosignatures:\n\n{table}\n\n.. toctree::\n   :hidden:\n\n{pages}\n"
    )


def first_page(rooms: dict[str, list[str]]) -> str:
    shortcuts = "\n".join(f"- :py:obj:`skvoicefake.{name} <{home_of(name)}>`" for name in rooms[""])
    pages = "\n".join(f"   skvoicefake.{room}" for room in rooms if room)
    return (
        f"{heading(TITLE)}\n{INTRODUCTION}\n\n.. toctree::\n   :maxdepth: 1\n\n{pages}\n\n"
        f"In short, these are in ``skvoicefake`` as well:\n\n{shortcuts}\n"
    )


def home_of(name: str) -> str:
    return f"{skvoicefake._HOMES[name]}.{name}"


def all_pages() -> dict[str, str]:
    """Return the text of every page by its name."""
    rooms = public_names()
    pages = {"index": first_page(rooms)}
    for room, names in rooms.items():
        if room:
            pages[f"skvoicefake.{room}"] = page_of_a_room(room, names)
            pages |= {f"skvoicefake.{room}.{name}": page_of_a_name(room, name) for name in names}
    return pages


def write_pages(app: object, config: object) -> None:
    folder = Path(__file__).parent.parent / "api"
    folder.mkdir(exist_ok=True)
    pages = all_pages()
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # what is as it was is not read again
            path.write_text(text, encoding="utf-8")


def find_home(app: object, env: object, node: object, content: object) -> object:
    """Resolve ``skvoicefake.MFCCTransformer``, as docstrings have it, to where it is documented."""
    name = node["reftarget"].removeprefix("skvoicefake.")
    if node.get("refdomain") != "py" or name not in skvoicefake._HOMES:
        return None
    python = env.get_domain("py")
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", home_of(name), node, content)


def leave_out(app: object, kind: str, name: str, value: object, skip: bool, options: object) -> bool | None:
    """Leave out scikit-learn's metadata requests, which it makes for every estimator in the same words."""
    return True if re.fullmatch("set_[a-z]+_request", name) else None


def setup(app):
    app.connect("config-inited", write_pages)
    app.connect("missing-reference", find_home)
    app.connect("autodoc-skip-member", leave_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
