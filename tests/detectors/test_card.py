import copy
import json

import pytest

from skvoicefake.detectors._card import ModelCard
from tests.checks.shipped import CARD

CONTENT = CARD | {"versions": {"numpy": "2.1", "scipy": "1.0"}}


def test_renders_all_there_is(tmp_path):
    card = ModelCard(json.loads(json.dumps(CONTENT)))
    text = card.to_markdown(tmp_path / "card.md")
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == text == str(card) == card._repr_markdown_()
    lines = text.splitlines()
    assert lines[:3] == ["# A small detector", "", "It was trained on *pseudo-speech*."]
    for line in (
        "- Tests of the package.",
        "- Speech.",
        "| source | generators | clips | hours | licence | attribution |",
        "| synthesis | - | 24 | 0.01 | - | ours |",
        "| synthesis | a\\|b | 24 | - | - | - |",
        "### Other sentences",
        "| clean | 0.0625 (0.01 to 0.1235) | 12345 |",
        "| noisy | - | 7 |",
        "Few of them.",
        "| name | threshold | real called fake | fake called real | measured on |",
        "| equal error rate | -0.25 | 0.0625 (0.01 to 0.12) | 0.0625 | other sentences |",
        "- Everything else.",
        "- Run the tests.",
        "Libraries then: numpy 2.1, scipy 1.0.",
    ):
        assert line in lines
    assert repr(card) == "<ModelCard of 'A small detector': print it>"
    assert card.content == CONTENT


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("title", None, "'title': expected str, got None"),
        ("use", "all of it", "'use': expected list, got 'all of it'"),
        ("limits", [1], r"'limits': expected list of str, got \[1\]"),
        ("training", [{"source": "a"}], "'training': expected list of dict with the keys .*'licence'"),
        ("operating_points", ["EER"], "'operating_points': expected list of dict with the keys .* got 'EER'"),
        ("figures", [{"title": "a", "columns": ["b"], "rows": [[1, 2]]}], "'figures': expected rows of 1 cells"),
        ("figures", [{"title": "a", "columns": ["b"], "rows": [[[1, 2]]]}], "intervals of 3 numbers"),
        ("versions", [], "'versions': expected dict"),
    ],
)
def test_what_is_no_card(key, value, message):
    content = copy.deepcopy(CONTENT)
    content[key] = value
    with pytest.raises(ValueError, match=message):
        ModelCard(content)
