import importlib
import subprocess
import sys
import warnings

import pytest

import skvoicefake
from skvoicefake.cli import SUBCOMMANDS, _info, main, missing


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


@pytest.mark.parametrize("command", ["", "--hlep"])
def test_without_a_subcommand_all_are_listed(command, capsys):
    with pytest.raises(SystemExit):
        main(command.split())
    out, error = capsys.readouterr()
    assert not out
    for name, summary in SUBCOMMANDS.items():
        assert any(line.split() == [name, *summary.split()] for line in error.splitlines())
    assert error.endswith(f"expected one of these subcommands, got {command or 'none'}.\n")


def test_a_missing_package_is_named_as_it_is_installed(monkeypatch, capsys):
    monkeypatch.setattr(_info, "run", lambda args: importlib.import_module("no_such_package.part"))
    assert main(["info"]) == 1
    error = capsys.readouterr().err
    assert error == "skvoicefake: this needs no_such_package, which is not installed: pip install no_such_package.\n"
    of_sklearn = ModuleNotFoundError("No module named 'sklearn.base'", name="sklearn.base")
    assert missing(of_sklearn) == "this needs scikit-learn, which is not installed: pip install scikit-learn."
    of_extra = ModuleNotFoundError("No module named 'G722'", name="G722")
    assert missing(of_extra) == "this needs G722, which is not installed: pip install 'skvoicefake[demo]'."
    assert missing(ImportError("cannot import name 'a' from 'b'")) == ""


def test_bad_data_is_status_1_and_one_line(tmp_path, capsys):
    assert main(["demo", "--real", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("skvoicefake: ")
    assert "no such folder" in error
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        main(["--debug", "demo", "--real", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")])


def raising(error):
    def run(args):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("two\n  lines"), 1, "skvoicefake: two lines"),
        (OSError("no disk"), 1, "skvoicefake: no disk"),
        (KeyError("x"), 1, "skvoicefake: unexpected KeyError: 'x' (rerun with --debug to see where)"),
        (
            ZeroDivisionError("1 / 0"),
            1,
            "skvoicefake: unexpected ZeroDivisionError: 1 / 0 (rerun with --debug to see where)",
        ),
    ],
    ids=["value", "system", "key", "zero"],
)
def test_errors_are_one_line(monkeypatch, capsys, error, status, line):
    monkeypatch.setattr(_info, "run", raising(error))
    assert main(["info", "detector"]) == status
    assert capsys.readouterr().err == line + "\n"
    with pytest.raises(type(error)):
        main(["--debug", "info", "detector"])


def test_ctrl_c_is_status_130(monkeypatch, capsys):
    monkeypatch.setattr(_info, "run", raising(KeyboardInterrupt()))
    assert main(["info", "detector"]) == 130
    assert capsys.readouterr().err == "\nskvoicefake: stopped. What was finished is kept.\n"


@pytest.mark.filterwarnings("default")
def test_warnings_are_one_line(monkeypatch, capsys):
    monkeypatch.setattr(_info, "run", lambda args: warnings.warn("2 clips:\n  a\n  b", UserWarning, stacklevel=1))
    shown = warnings.showwarning
    assert main(["info", "detector"]) == 0
    assert capsys.readouterr().err == "skvoicefake: warning: 2 clips: a b\n"
    assert warnings.showwarning is shown


def test_help_is_quick():
    script = "import sys; from skvoicefake.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    help_text, loaded = answer.stdout.rsplit("\n", 2)[:2]
    for name, summary in SUBCOMMANDS.items():
        assert f"{name:10}{summary}" in help_text
    assert not {"numpy", "pandas", "sklearn", "tensorflow", "librosa"} & set(loaded.split())


def test_runs_as_a_module():
    answer = subprocess.run(
        [sys.executable, "-m", "skvoicefake", "--version"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == f"skvoicefake {skvoicefake.__version__}"


def test_ctrl_c_while_a_subcommand_is_imported(monkeypatch, capsys):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr("skvoicefake.cli.import_module", interrupted)
    assert main(["train", "corpus", "-o", "detector"]) == 130
    assert "stopped" in capsys.readouterr().err
