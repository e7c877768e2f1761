"""The documentation site: ``python -m sphinx -W -n docs docs/_build/html``.

furo, as it has a light and a dark theme that follow the reader's, one list of pages that works on a phone as on a desk,
and no build step of its own. The pages are Markdown, so that they can be read, and run as tests, without any of this.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for _site

import skvoicefake

project = "skvoicefake"
author = "The skvoicefake developers"
copyright = author  # noqa: A001
release = version = skvoicefake.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "_site.api",
    "_site.contents",
    "_site.gallery",
    "_site.links",
    "_site.notebooks",
    "_site.pictures",
]
exclude_patterns = ["_build", "_pictures", "_site", "examples", "notebooks/.*"]

myst_heading_anchors = 4  # for links to headings, as repositories make them

autosummary_generate = False  # _site.api writes the pages
autodoc_typehints = "none"  # numpydoc says them in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# With -n, what is named and not on this site is a warning. These are names of other libraries, which are not asked for
# over the network, and an attribute that numpydoc takes for a page.
nitpick_ignore = [("py:obj", "model_")]
nitpick_ignore_regex = [
    (r"py:.*", r"(sklearn|numpy|scipy|pandas|keras|librosa|matplotlib|joblib|onnxruntime|scikeras)\..*"),
]

html_theme = "furo"
html_title = f"skvoicefake {version}"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
