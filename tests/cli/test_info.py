import json

import pytest

from skvoicefake import save
from skvoicefake.cli import main
from skvoicefake.cli._detector import save_detector
from skvoicefake.detectors import ModelCard
from tests.checks.shipped import CARD


def test_what_is_known_of_any_classifier(quick_detector, capsys):
    assert main(["info", str(quick_detector)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(quick_detector)
    assert lines[1] == "Classes: fake, real (the real voice: real)"
    assert lines[2].startswith("Step mfcctransformer: MFCCTransformer(duration=0.3, n_mfcc=5, output='stats')")
    assert any(line.startswith("scikit-learn ") for line in lines)
    assert not any(line.startswith(("Trained", "Held out", "Network")) for line in lines)


def test_without_a_detector_the_card_of_the_one_in_the_package(shipped, capsys):
    assert main(["info"]) == 0
    assert capsys.readouterr().out == str(shipped.card)
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == shipped.card.content


def test_json(quick_detector, capsys):
    assert main(["info", str(quick_detector), "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["classes"] == ["fake", "real"]
    assert about["steps"][0]["parameters"]["n_mfcc"] == 5
    assert about["network_parameters"] is None


@pytest.mark.filterwarnings("default")
def test_versions_then_and_now(quick_pipeline, tmp_path, capsys):
    training = {
        "source": "corpus", "n_real": 20, "n_fake": 19, "groups": "by speaker", "fingerprint": "sha256:0123456789abc"
    }  # fmt: skip
    about = {"created": "2026-01-02", "training": training, "versions": {"python": "3.1.4", "keras": "9.9.9"}}
    save_detector(tmp_path / "detector", quick_pipeline, about)
    assert main(["info", str(tmp_path / "detector")]) == 0
    captured = capsys.readouterr()
    assert "Trained 2026-01-02 on 20 real and 19 fake clips of corpus (sha256:0123456789ab...)" in captured.out
    assert "Groups: by speaker" in captured.out
    assert "Held out: nothing, so there are no figures." in captured.out
    assert ", trained with 3.1.4\n" in captured.out
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"skvoicefake: warning: {tmp_path / 'detector'}: trained with keras 9.9.9 (now")


def test_errors_are_one_line(tmp_path, capsys):
    assert main(["info", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"skvoicefake: {tmp_path}: no detector in this folder: pipeline.skvf is missing. Train it first.\n"
    )


def test_what_a_file_of_save_says(quick_pipeline, tmp_path, capsys):
    path = tmp_path / "mine.skvf"
    figures = {"equal_error_rate": {"value": 0.25, "low": None, "high": None}}
    report = {"title": "My clips", "figures": figures}
    save(quick_pipeline, path, card="# Mine\n\nFor tests.", about={"trained on": "some clips"}, report=report)
    assert main(["info", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Report: My clips\n  equal_error_rate: 0.2500\ntrained on: some clips\n" in said
    assert said.endswith("\n\n# Mine\n\nFor tests.\n")
    assert main(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["about"] == {"trained on": "some clips"}
    save(quick_pipeline, path, card=ModelCard(CARD | {"versions": {}}))
    assert main(["info", str(path)]) == 0
    assert "\n# A small detector\n" in capsys.readouterr().out


def test_what_would_confuse_a_terminal(quick_pipeline, tmp_path, capsys):
    save(quick_pipeline, tmp_path / "evil.skvf", card="Good.\x1b[2J\x07\rBad.", about={"a\x1b": "\x9b"})
    assert main(["info", str(tmp_path / "evil.skvf")]) == 0
    said = capsys.readouterr().out
    assert "Good.?[2J??Bad." in said
    assert "a?: ?" in said


def test_a_file_of_save_that_is_damaged(quick_pipeline, tmp_path, capsys):
    path = tmp_path / "mine.skvf"
    save(quick_pipeline, path)
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["info", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"skvoicefake: {path}: not loaded: it is damaged")
    assert error.count("\n") == 1
