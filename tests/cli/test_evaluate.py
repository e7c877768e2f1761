import json

import joblib
import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer
from skvoicefake.cli import main
from skvoicefake.cli._detector import marks, save_detector
from skvoicefake.datasets import load_scores
from skvoicefake.metrics import cllr, equal_error_rate, evaluate, evaluate_scores, min_tandem_cost

RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with 12 clips a class, of which a third are hard, a table of them, and a detector."""
    folder = tmp_path_factory.mktemp("evaluate")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(24):
        label = ("real", "fake")[i % 2]
        (folder / "data" / label).mkdir(parents=True, exist_ok=True)
        path = folder / "data" / label / f"{i:02d}.wav"
        t = np.arange(RATE // 4) / RATE
        breath = 0.1 if (label == "real") != (i % 3 == 0 and i > 12) else 0.01
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * 200 * t) + breath * rng.normal(size=len(t)), RATE)
        attack = "-" if label == "real" else ("A1", "A2")[i // 2 % 2]
        rows.append((f"data/{label}/{i:02d}.wav", label, f"s{i // 4}", attack))
    table = pd.DataFrame(rows, columns=["path", "label", "speaker", "attack"])
    table.to_csv(folder / "clips.csv", index=False)
    pipeline = make_pipeline(MFCCTransformer(duration=0.25, output="stats"), LogisticRegression())
    first = table.head(12)
    pipeline.fit([str(folder / path) for path in first["path"]], first["label"])
    joblib.dump(pipeline, folder / "detector.joblib")
    return folder


def run(*arguments):
    return main(["evaluate", *map(str, arguments)])


def test_the_report_is_that_of_the_functions(folder, tmp_path, capsys):
    outputs = [tmp_path / name for name in ("r.html", "r.md", "r.json")]
    options = [option for path in outputs for option in ("-o", path)]
    assert run(folder / "detector.joblib", folder / "clips.csv", *options, "--resamples", 20, "--jobs", 1) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"wrote {outputs[0]}" in printed.err
    content = json.loads(outputs[2].read_text())
    table = pd.read_csv(folder / "clips.csv")
    pipeline = joblib.load(folder / "detector.joblib")
    scores = pipeline.decision_function([str(folder / path) for path in table["path"]])
    expected = evaluate_scores(
        table["label"],
        scores,
        threshold=0,
        groups=table["speaker"],
        attack=table["attack"],
        n_resamples=20,
    )
    assert content["figures"].keys() == set(expected.table.index)
    for name, row in content["figures"].items():
        assert row == pytest.approx(expected.table.loc[name].to_dict(), abs=1e-6)
    assert list(content["breakdowns"]) == ["attack"]
    assert content["settings"]["resampled"] == "6 groups"
    assert "Reliability" not in outputs[1].read_text()
    html = outputs[0].read_text()
    assert html.count("<img ") == 6
    assert 'alt="reliability"' in html
    assert "http" not in html


def test_a_folder_gives_a_report_on_the_standard_output(folder, capsys):
    assert run(folder / "detector.joblib", folder / "data", "--resamples", 0, "--title", "My title") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# My title\n\n24 clips: 12 fake, 12 real.")
    assert "| is fake |" in printed


def test_without_a_detector_that_of_the_package_is_judged(shipped, speech_corpus, tmp_path, capsys):
    assert run(speech_corpus, "-o", tmp_path / "report.json", "--score-file", tmp_path / "scores.txt") == 0
    assert "no detector is named: this is the detector in the package" in capsys.readouterr().err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["title"] == f"the detector in the package on {speech_corpus}"
    assert "The detector gives no verdict on 2 of these 8 clips: their score is 0." in report["notes"]
    paths = sorted(map(str, speech_corpus.rglob("*.wav")))
    expected = evaluate(shipped, paths, ["real" if "/real/" in path else "fake" for path in paths]).table["value"]
    for name in ("accuracy", "equal_error_rate", "cllr"):
        assert report["figures"][name]["value"] == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("layout", ["asvspoof2019", "asvspoof2021", "asvspoof5"])
def test_score_files_can_be_judged_again(folder, tmp_path, capsys, layout):
    scores, key = tmp_path / "scores.txt", tmp_path / "key.txt"
    options = ["--score-file", scores, "--layout", layout, "--resamples", 0]
    assert run(folder / "detector.joblib", folder / "clips.csv", *options, "-o", tmp_path / "a.json") == 0
    table = pd.read_csv(folder / "clips.csv")
    words = {"real": "bonafide", "fake": "spoof"}
    lines = [
        f"{row.speaker} {row.path.split('/')[-1][:-4]} - {row.attack} {words[row.label]}" for row in table.itertuples()
    ]
    key.write_text("\n".join(lines))
    assert run("--scores", scores, "--key", key, "--resamples", 0, "-o", tmp_path / "b.json") == 0
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))
    for name, row in second["figures"].items():
        assert row["value"] == pytest.approx(first["figures"][name]["value"], abs=1e-12)
    assert "accuracy" not in second["figures"]  # a score file has no verdicts
    assert {name: row["equal_error_rate"] for name, row in second["breakdowns"]["attack"].items()} == {
        name: row["equal_error_rate"] for name, row in first["breakdowns"]["attack"].items()
    }
    # Higher is more bona fide, whatever the detector's labels.
    read = load_scores(scores)
    assert equal_error_rate(table["label"], read["score"], pos_label="real") < 0.5


def test_scores_that_rise_towards_the_fake(tmp_path, capsys):
    (tmp_path / "scores.txt").write_text("a 3\nb 1\nc 2\nd 0\n")
    (tmp_path / "key.txt").write_text("a spoof\nb spoof\nc bonafide\nd bonafide\n")
    files = ["--scores", tmp_path / "scores.txt", "--key", tmp_path / "key.txt", "--resamples", 0]
    assert run(*files, "--rises-towards", "fake", "--threshold", 1.5, "-o", tmp_path / "r.json") == 0
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["confusion_matrix"] == [[1, 1], [1, 1]]
    assert content["settings"]["scores_rise_towards"] == "fake"
    assert content["figures"]["roc_auc"]["value"] == 0.75
    capsys.readouterr()
    (tmp_path / "scores.txt").write_text("a 3\nb 2\nc 1\nd 0\n")
    assert run(*files) == 0
    printed = capsys.readouterr().out
    assert "upside down" in printed
    assert "(--rises-towards)" in printed


def test_a_subset_of_the_key_and_tandem_costs(tmp_path):
    lines = [f"s{i % 3} c{i} alaw t {'-' if i % 2 else 'A07'} {('spoof', 'bonafide')[i % 2]} notrim" for i in range(20)]
    (tmp_path / "key.txt").write_text(
        "".join(f"{line} {'eval' if i < 12 else 'progress'}\n" for i, line in enumerate(lines))
    )
    (tmp_path / "scores.txt").write_text("".join(f"c{i} {i % 2 + i / 100}\n" for i in range(12)))
    options = ["--subset", "eval", "--asv-rates", 0.02, 0.02, 0.5, "--resamples", 10, "-o", tmp_path / "r.json"]
    assert run("--scores", tmp_path / "scores.txt", "--key", tmp_path / "key.txt", *options) == 0
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["settings"]["classes"] == {"fake": 6, "real": 6}
    assert content["settings"]["resampled"] == "3 groups"
    assert content["figures"]["min_tandem_cost"]["value"] == 0


@pytest.mark.parametrize("version", [2019, 2021])
@pytest.mark.parametrize("towards", ["real", "fake"])
def test_priors_and_tandem_costs_are_about_the_real_voice(tmp_path, version, towards):
    rng = np.random.default_rng(0)
    label = np.repeat(["fake", "real"], [70, 30])
    scores = rng.normal(size=100) + np.where(label == towards, 2, 0)
    (tmp_path / "key.txt").write_text("".join(f"c{i} {word}\n" for i, word in enumerate(label)))
    (tmp_path / "scores.txt").write_text("".join(f"c{i} {score}\n" for i, score in enumerate(scores)))
    options = ["--rises-towards", towards, "--prior", 0.3, "--asv-rates", 0.01, 0.02, 0.3, "--resamples", 0]
    options += ["--tandem-version", version, "-o", tmp_path / "r.json"]
    assert run("--scores", tmp_path / "scores.txt", "--key", tmp_path / "key.txt", *options) == 0
    figures = json.loads((tmp_path / "r.json").read_text())["figures"]
    prior = 0.3 if towards == "real" else 0.7
    llr = scores - np.log(prior / (1 - prior))
    assert figures["cllr"]["value"] == pytest.approx(cllr(label, llr, pos_label=towards), abs=1e-12)
    expected = min_tandem_cost(label, scores, asv_rates=(0.01, 0.02, 0.3), version=version, pos_label=towards)
    assert figures["min_tandem_cost"]["value"] == pytest.approx(expected, abs=1e-12)


def test_bad_clips(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "clips.csv")
    table["path"] = [str(folder / path) for path in table["path"]]
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    table.loc[3, "path"] = str(tmp_path / "broken.wav")
    table.to_csv(tmp_path / "clips.csv", index=False)
    command = [folder / "detector.joblib", tmp_path / "clips.csv", "--resamples", 0, "-o", tmp_path / "r.md"]
    assert run(*command) == 1
    error = capsys.readouterr().err
    assert "1 of 24 clips cannot be scored" in error
    assert "broken.wav" in error
    assert "--on-error skip" in error
    assert not (tmp_path / "r.md").exists()
    assert run(*command, "--on-error", "skip") == 0
    assert "left out:" in capsys.readouterr().err
    assert "1 clips could not be scored and are left out" in (tmp_path / "r.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected DATA, or DETECTOR and DATA, or --scores and --key"),
        (["detector.joblib"], "expected DATA, or DETECTOR and DATA"),
        (["--scores", "s.txt"], "--scores and --key go together"),
        (["detector", "data", "--scores", "s.txt", "--key", "k.txt"], "not both"),
        (["detector", "data", "-o", "report.pdf"], "ends in .html, .md or .json"),
        (["detector", "data", "--threshold", "1"], "go with --scores and --key"),
        (["--scores", "s.txt", "--key", "k.txt", "--score-file", "x"], "--score-file goes with DETECTOR"),
        (["detector", "data", "--prior", "1"], "above 0 and below 1"),
        (["clips.csv", "detector"], "clips.csv is a table: DETECTOR comes first"),
    ],
    ids=["nothing", "no data", "no key", "both", "suffix", "threshold", "score file", "prior", "swapped"],
)
def test_wrong_usage(arguments, message, capsys):
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_files_that_do_not_fit(tmp_path, capsys):
    (tmp_path / "scores.txt").write_text("a 3\n")
    (tmp_path / "key.txt").write_text("a spoof\nb bonafide\n")
    assert run("--scores", tmp_path / "scores.txt", "--key", tmp_path / "key.txt") == 1
    assert "1 of the 2 clips of the key have no score, such as 'b'" in capsys.readouterr().err
    assert run("--scores", tmp_path / "none.txt", "--key", tmp_path / "key.txt") == 1
    assert "none.txt" in capsys.readouterr().err


def test_nothing_is_written_over_without_leave(folder, tmp_path, capsys):
    (tmp_path / "r.md").write_text("mine")
    (tmp_path / "s.txt").write_text("mine")
    command = [folder / "detector.joblib", folder / "clips.csv", "--resamples", 0]
    for options in (["-o", tmp_path / "r.md"], ["--score-file", tmp_path / "s.txt"]):
        assert run(*command, *options) == 1
        assert "already there. Write over it with --force." in capsys.readouterr().err
        assert options[1].read_text() == "mine"
        assert run(*command, *options, "--force") == 0
        assert options[1].read_text() != "mine"


def test_clips_of_training_are_told(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "clips.csv")
    paths = [str(folder / path) for path in table["path"]]
    pipeline = joblib.load(folder / "detector.joblib")
    save_detector(tmp_path / "detector", pipeline, {"training": {"clips": marks(paths[:12])}})
    assert run(tmp_path / "detector", folder / "clips.csv", "--resamples", 0) == 0
    assert "**Mind:** 12 of these 24 clips were in training" in capsys.readouterr().out
    table[12:].assign(path=paths[12:]).to_csv(tmp_path / "new.csv", index=False)
    assert run(tmp_path / "detector", tmp_path / "new.csv", "--resamples", 0) == 0
    assert "in training" not in capsys.readouterr().out


def test_clips_that_share_a_name_keep_their_folders(folder, tmp_path):
    for label in ("real", "fake"):
        for i, path in enumerate(sorted((folder / "data" / label).iterdir())[:3]):
            (tmp_path / "data" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / label / f"{i}.wav").write_bytes(path.read_bytes())
    scores = tmp_path / "scores.txt"
    assert run(folder / "detector.joblib", tmp_path / "data", "--score-file", scores, "--resamples", 0) == 0
    assert sorted(load_scores(scores)["clip"]) == [f"{label}/{i}" for label in ("fake", "real") for i in range(3)]


def test_unknown_speakers_are_groups_of_their_own(tmp_path):
    lines = [f"c{i},s{i % 10},real\n" if i % 2 else f"c{i},{'-' if i % 4 else ''},fake\n" for i in range(80)]
    (tmp_path / "key.csv").write_text("path,speaker,label\n" + "".join(lines))
    (tmp_path / "scores.txt").write_text("".join(f"c{i} {i % 2 + i / 100}\n" for i in range(80)))
    options = ["--resamples", 10, "-o", tmp_path / "r.json"]
    assert run("--scores", tmp_path / "scores.txt", "--key", tmp_path / "key.csv", *options) == 0
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["settings"]["resampled"] == "45 groups"  # five real speakers, and forty fakes of nobody known
    assert content["figures"]["equal_error_rate"]["low"] is not None


def test_a_detector_of_numbered_classes(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "clips.csv")
    paths = [str(folder / path) for path in table["path"]]
    pipeline = make_pipeline(MFCCTransformer(duration=0.25, output="stats"), StandardScaler(), LogisticRegression())
    joblib.dump(pipeline.fit(paths, (table["label"] == "fake").astype(int)), tmp_path / "numbered.joblib")
    command = [tmp_path / "numbered.joblib", folder / "clips.csv", "--resamples", 0]
    assert run(*command) == 1
    capsys.readouterr()
    assert run(*command, "--detector-real-label", "0", "-o", tmp_path / "r.json") == 0
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["figures"]["roc_auc"]["value"] > 0.5


def test_a_name_that_a_score_file_cannot_hold_costs_no_report(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "clips.csv")
    table["path"] = [str(folder / path) for path in table["path"]]
    (tmp_path / "a b.wav").write_bytes((folder / "data" / "real" / "00.wav").read_bytes())
    table.loc[0, "path"] = str(tmp_path / "a b.wav")
    table.to_csv(tmp_path / "clips.csv", index=False)
    outputs = ["-o", tmp_path / "r.md", "--score-file", tmp_path / "s.txt", "--resamples", 0]
    assert run(folder / "detector.joblib", tmp_path / "clips.csv", *outputs) == 1
    assert "must have no blanks, as 'a b' has" in capsys.readouterr().err
    assert (tmp_path / "r.md").exists()
    assert not (tmp_path / "s.txt").exists()
