"""House rules of messages. What each one says, a person has to read: ``python -m tests.checks.messages``."""

import re
import tomllib
from pathlib import Path

from tests.checks.messages import messages

FOUND = list(messages())


def test_the_walk_finds_errors_warnings_and_refusals():
    kinds = {message.kind.rpartition(".")[2] for message in FOUND}
    assert {"AudioError", "ImportError", "TypeError", "UsageError", "ValueError", "error", "refuse", "warn"} <= kinds
    assert len(FOUND) > 600


def test_messages_say_something_in_one_line():
    assert [message for message in FOUND if not message.text.strip()] == []
    # Two halves of a sentence, joined with no blank or with two.
    assert [message for message in FOUND if re.search(r"\n|  |[a-z][:;,][A-Z][a-z]", message.text)] == []


def test_what_to_install_is_an_extra_and_any_shell_takes_it():
    pyproject = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    hints = [hint for message in FOUND for hint in re.findall(r"(.)skvoicefake\[(\w+)\]", message.text)]
    assert {extra for _, extra in hints} == set(pyproject["project"]["optional-dependencies"])
    assert {quote for quote, _ in hints} == {"'"}
