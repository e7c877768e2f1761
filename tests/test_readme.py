"""README.tr.md is README.md in Turkish: the same commands, code, links and figures."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCED = re.compile(r"^(?:<!--[^\n]*-->\n)?```.*?^```$", re.MULTILINE | re.DOTALL)
ENGLISH, TURKISH = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.tr.md"))


def found(pattern, text):
    return Counter(re.findall(pattern, FENCED.sub("", text)))


def test_blocks_are_the_same_word_for_word():
    assert FENCED.findall(TURKISH) == FENCED.findall(ENGLISH)


def test_code_in_sentences_is_the_same():
    assert found(r"`[^`\n]+`", TURKISH) == found(r"`[^`\n]+`", ENGLISH)


def test_links_are_the_same_but_for_those_to_one_another():
    links = [found(r"\]\(([^)]+)\)", text) - Counter(["README.md", "README.tr.md"]) for text in (TURKISH, ENGLISH)]
    assert links[0] == links[1]
    assert "README.md" in TURKISH.split("##")[0]


def test_headings_and_rows_of_tables_are_as_many():
    for pattern in (r"(?m)^#+ ", r"(?m)^\|"):
        assert found(pattern, TURKISH) == found(pattern, ENGLISH)
