"""Links code in the pages, such as `metrics.evaluate`, to the reference, and mends what a browser shows badly."""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

import skvoicefake
from _site.api import home_of, public_names

NAME = re.compile(r"(?:skvoicefake\.)?([A-Za-z_][\w.]*)(?:\(.*\))?", re.DOTALL)
AMBIGUOUS = {"load", "save", "export", "main", "delta", "mfcc", "lfcc", "cut", "crop", "resample", "Row", "Clip"}
AMBIGUOUS |= {"audit", "evaluate", "timeline", "telephone"}  # commands and methods too


def targets() -> dict[str, str]:
    """Return the full name for every way in which pages name a public thing."""
    found = {f"skvoicefake.{name}": home_of(name) for name in skvoicefake._HOMES}
    for room, names in public_names().items():
        if room:
            found |= {f"{room}": f"skvoicefake.{room}"} if room in {"neural_network", "feature_extraction"} else {}
            found[f"skvoicefake.{room}"] = f"skvoicefake.{room}"
            for name in names:
                full = f"skvoicefake.{room}.{name}"
                found |= {full: full, f"{room}.{name}": full}
                if name not in AMBIGUOUS:
                    found[name] = full
    return found


class LinkNames(SphinxPostTransform):
    """Make of inline code that is a public name a link to its page of the reference."""

    default_priority = 1  # before references are resolved

    def run(self, **options: object) -> None:
        if self.env.docname.startswith("api/"):
            return
        known = targets()
        for code in list(self.document.findall(nodes.literal)):
            if isinstance(code.parent, nodes.reference | pending_xref | nodes.title):
                continue
            text = code.astext()
            match = NAME.fullmatch(text)
            full = match and (known.get(text) or known.get(re.sub(r"\(.*", "", text, flags=re.DOTALL)))
            if full:
                link = pending_xref(
                    "",
                    refdomain="py",
                    reftype="obj",
                    reftarget=full,
                    refexplicit=True,
                    refwarn=True,
                    refdoc=self.env.docname,
                )
                code.replace_self(link)
                link += code


def setup(app):
    app.add_post_transform(LinkNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
