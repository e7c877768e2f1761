"""Runs the examples of the user guide: ``pytest docs``.

The examples of a page share their names and their folder, so a page must stay
on one worker: with pytest-xdist, add ``--dist loadfile``.

Not run: blocks marked ``py``, which need a cluster or a service, ``text``, and
commands in a shell. Of these, tests/test_docs.py checks subcommands and
options, tests/test_readme.py runs those of the README.
"""

import contextlib
from doctest import ELLIPSIS

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

# What makes the site, and needs Sphinx; what it has made.
collect_ignore = ["conf.py", "_site", "_build", "_pictures", "api"]


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory):
    """Let a page write its files into a folder of its own."""
    with contextlib.chdir(tmp_path_factory.mktemp("page")):
        yield


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
    patterns=["*.md"],
    fixtures=["empty_folder"],
).pytest()
