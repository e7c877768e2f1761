"""The checks that ship with the package, as a user runs them; `.ci/package` runs them where it is installed."""

import subprocess
import sys

import numpy as np
import pytest

from skvoicefake import feature_extraction, testing


@pytest.mark.slow
def test_all_checks_pass_and_leave_nothing_behind(tmp_path):
    run = subprocess.run([sys.executable, "-m", "skvoicefake.testing"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert [line[10:22].strip() for line in lines if line.startswith("  ok ")] == list(testing.CHECKS)
    assert f"{len(testing.CHECKS)} of {len(testing.CHECKS)} checks passed" in lines[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_fails_is_named_and_the_others_still_run(monkeypatch, capsys):
    monkeypatch.setattr(feature_extraction, "mfcc", lambda y: np.zeros((201, 40)))
    for name in ("detector", "network", "command line"):
        monkeypatch.delitem(testing.CHECKS, name)
    monkeypatch.setitem(testing.CHECKS, "last", lambda folder: f"{1 / len(list(folder.iterdir()))}")
    assert testing.main() == 1
    out, err = capsys.readouterr()
    assert "  ok      imports " in out
    assert "  FAILED  features     AssertionError: expected librosa's cepstra within 0.001 dB, got some that are" in out
    assert "  FAILED  last         ZeroDivisionError: " in out
    assert "does not work here: 2 of 3 checks failed" in out.splitlines()[-1]
    # A failure that was not looked for is told with the place of it; one that was, in its line.
    assert err.count("Traceback") == 1
    assert "ZeroDivisionError" in err


def test_what_is_installed_is_told(monkeypatch):
    base, *_extras = testing.installed()
    assert f"numpy {np.__version__}" in base
    assert "MISSING" not in base
    monkeypatch.setattr(testing, "version", lambda name: "" if name == "tensorflow" else "1.0")
    assert "tensorflow MISSING" in testing.installed()[0]
