import subprocess
import sys

import pytest

import skvoicefake
from skvoicefake.cli import SUBCOMMANDS, main


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert skvoicefake.__version__ in capsys.readouterr().out


@pytest.mark.parametrize("subcommand", sorted(SUBCOMMANDS))
def test_help_teaches_by_example(subcommand, capsys):
    with pytest.raises(SystemExit) as stop:
        main([subcommand, "--help"])
    assert stop.value.code == 0
    assert f"examples:\n  skvoicefake {subcommand}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["", "unknown", "demo --epochs many", "demo --real a --data b"])
def test_bad_usage_is_status_2(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    assert stop.value.code == 2
    assert "usage: skvoicefake" in capsys.readouterr().err


def test_bad_data_is_status_1_and_one_line(tmp_path, capsys):
    assert main(["demo", "--real", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("skvoicefake: ")
    assert "no such folder" in error


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        main(["--debug", "demo", "--real", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")])


def test_runs_as_a_module():
    answer = subprocess.run(
        [sys.executable, "-m", "skvoicefake", "--version"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == f"skvoicefake {skvoicefake.__version__}"
