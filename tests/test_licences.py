"""The table of licences, beside what the installed packages say of themselves."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROWS = re.findall(
    r"^\| ([\w\-]+) \| (.+?) \| (.+?) \|$",
    (Path(__file__).parent.parent / "docs/licences.md").read_text(encoding="utf-8"),
    re.M,
)
STATED = {canonicalize_name(name): (licence, uses) for name, licence, uses in ROWS if name != "Package"}
NEEDED = [Requirement(line) for line in importlib.metadata.requires("skvoicefake") or []]
NAMES = sorted({canonicalize_name(requirement.name) for requirement in NEEDED} - {"skvoicefake"})
# Words that packages have for one licence; matplotlib has its own, which is made from Python's.
FAMILIES = {
    "BSD": r"BSD|Enthought",
    "MIT": r"\bMIT\b",
    "Apache": r"Apache",
    "ISC": r"\bISC\b",
    "LGPL": r"LGPL|Lesser General",
    "MPL": r"MPL|Mozilla",
    "PSF": r"PSF|Python Software Foundation|matplotlib",
    "public domain": r"Public.Domain",
}


def test_every_dependency_has_a_row_and_every_row_a_dependency():
    assert sorted(STATED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_licence_is_what_the_package_says(name):
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    said = " ".join(
        [
            metadata.get("License-Expression") or "",
            (metadata.get("License") or "")[:200],
            *(line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")),
        ]
    )
    families = {family for family, words in FAMILIES.items() if re.search(words, said, re.I)}
    licence = STATED[name][0]
    if not families:
        assert "does not say" in licence, said
    else:
        assert licence.lower().startswith(tuple(family.lower() for family in families)), said


@pytest.mark.parametrize("name", NAMES)
def test_what_it_is_for_is_what_pyproject_says(name):
    extras = {
        re.search(r"extra == ['\"](\w+)['\"]", str(requirement.marker))[1] if requirement.marker else "all"
        for requirement in NEEDED
        if canonicalize_name(requirement.name) == name
    }
    assert extras <= {use.strip("`[]") for use in STATED[name][1].split(", ")}
