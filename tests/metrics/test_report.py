import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import classification_report, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skvoicefake.metrics import (
    UpsideDownWarning,
    actual_detection_cost,
    calibration_loss,
    cllr,
    confidence_interval,
    equal_error_rate,
    evaluate,
    evaluate_scores,
    min_cllr,
    min_detection_cost,
)


@pytest.fixture
def clips():
    """Return X, y, attack and speaker of 240 clips."""
    rng = np.random.default_rng(0)
    y = np.tile(["fake", "real", "fake"], 80)
    attack = np.where(y == "real", "-", np.tile(["A1", "-", "A2"], 80))
    speaker = np.repeat([f"s{i}" for i in range(8)], 30)
    X = rng.normal(size=(240, 2))
    X[:, 0] += np.select([y == "real", attack == "A2"], [2.0, 1.0], 0.0)
    return X, y, attack, speaker


@pytest.fixture
def detector(clips):
    X, y, *_ = clips
    return LogisticRegression().fit(X, y)


def test_the_table_of_the_notebook_project():
    y_true = np.repeat(["fake", "real"], [1780 + 14, 9 + 1731])
    y_pred = np.repeat(["fake", "real", "fake", "real"], [1780, 14, 9, 1731])
    report = evaluate_scores(y_true, y_pred=y_pred)
    assert report.confusion_matrix.to_numpy().tolist() == [[1780, 14], [9, 1731]]
    assert report.table["value"].round(4).to_dict() == {
        "accuracy": 0.9935,
        "balanced_accuracy": 0.9935,
        "precision[fake]": 0.9950,
        "recall[fake]": 0.9922,
        "f1[fake]": 0.9936,
        "precision[real]": 0.9920,
        "recall[real]": 0.9948,
        "f1[real]": 0.9934,
        "precision[macro]": 0.9935,
        "recall[macro]": 0.9935,
        "f1[macro]": 0.9935,
        "precision[weighted]": 0.9935,
        "recall[weighted]": 0.9935,
        "f1[weighted]": 0.9935,
    }
    expected = classification_report(y_true, y_pred, output_dict=True)
    for label in ("fake", "real"):
        assert report.table.loc[f"f1[{label}]", "value"] == pytest.approx(expected[label]["f1-score"], abs=1e-12)
    # The exact (Clopper-Pearson) interval of 3511 right in 3534 is 0.9902 to 0.9959.
    low, high = report.table.loc["accuracy", ["low", "high"]]
    assert low == pytest.approx(0.9902, abs=1e-3)
    assert high == pytest.approx(0.9959, abs=1e-3)


def test_the_same_table_from_an_estimator():
    class Notebook(DummyClassifier):
        def predict(self, X):
            return self.classes_[np.asarray(X)[:, 0]]

    y = np.repeat([0, 1], [1794, 1740])
    calls = np.repeat([0, 1, 0, 1], [1780, 14, 9, 1731])[:, np.newaxis]
    report = evaluate(Notebook().fit(calls, y), calls, y, real_label=0, n_resamples=0)
    assert report.table.loc["accuracy", "value"] == pytest.approx(3511 / 3534, abs=1e-12)
    assert report.confusion_matrix.to_numpy().tolist() == [[1780, 14], [9, 1731]]


def test_every_figure_is_that_of_its_function(clips, detector):
    X, y, *_ = clips
    scores = detector.decision_function(X)
    report = evaluate(detector, X, y, n_resamples=50)
    figures = {
        "roc_auc": roc_auc_score(y == "real", scores),
        "equal_error_rate": equal_error_rate(y, scores),
        "min_detection_cost": min_detection_cost(y, scores),
        "actual_detection_cost": actual_detection_cost(y, scores),
        "cllr": cllr(y, scores),
        "min_cllr": min_cllr(y, scores),
        "calibration_loss": calibration_loss(y, scores),
    }
    for name, value in figures.items():
        assert report.table.loc[name, "value"] == pytest.approx(value, abs=1e-12)
    expected = classification_report(y, detector.predict(X), output_dict=True)
    assert report.table.loc["recall[fake]", "value"] == pytest.approx(expected["fake"]["recall"], abs=1e-12)
    assert report.settings["classes"] == {"fake": 160, "real": 80}
    assert report.settings["real_label"] == "real"


def test_intervals_are_those_of_confidence_interval(clips, detector):
    X, y, _, speaker = clips
    scores = detector.decision_function(X)
    for groups in (None, speaker):
        table = evaluate(detector, X, y, groups=groups, n_resamples=100, random_state=3).table
        expected = confidence_interval(equal_error_rate, y, scores, groups=groups, n_resamples=100, random_state=3)
        assert tuple(table.loc["equal_error_rate", ["low", "high"]]) == pytest.approx(expected)
        assert (table["low"] <= table["high"]).all()


def test_speakers_are_the_groups_unless_others_are_named(clips, detector):
    X, y, _, speaker = clips
    by_speaker = evaluate(detector, X, y, speaker=speaker, n_resamples=50)
    assert by_speaker.settings["resampled"] == "8 groups"
    pd.testing.assert_frame_equal(by_speaker.table, evaluate(detector, X, y, groups=speaker, n_resamples=50).table)
    halves = evaluate(detector, X, y, speaker=speaker, groups=np.arange(240) % 2, n_resamples=50)
    assert halves.settings["resampled"] == "2 groups"


def test_breakdowns(clips, detector):
    X, y, attack, speaker = clips
    codec = np.array(["alaw", "none"])[np.arange(240) % 2]
    report = evaluate(detector, X, y, attack=attack, codec=codec, speaker=speaker, n_resamples=20)
    assert list(report.breakdowns) == ["attack", "codec", "speaker"]
    scores, called = detector.decision_function(X), detector.predict(X)
    attacks = report.breakdowns["attack"]
    assert attacks.index.tolist() == ["A2", "A1"]  # the worst first
    for name, row in attacks.iterrows():
        chosen = (attack == name) | (y == "real")
        assert row["equal_error_rate"] == pytest.approx(equal_error_rate(y[chosen], scores[chosen]), abs=1e-12)
        assert row["accuracy"] == np.mean(called[attack == name] == "fake")
        assert (row["n fake"], row["n real"]) == (80, 80)
        assert row["low"] <= row["equal_error_rate"] <= row["high"]
    row = report.breakdowns["codec"].loc["alaw"]
    chosen = codec == "alaw"
    assert row["equal_error_rate"] == pytest.approx(equal_error_rate(y[chosen], scores[chosen]), abs=1e-12)
    assert row["accuracy"] == np.mean(called[chosen] == y[chosen])
    assert len(report.breakdowns["speaker"]) == 8
    assert report.breakdowns["speaker"]["low"].notna().all()


def test_a_codec_of_one_class_has_no_error_rate(clips, detector):
    X, y, *_ = clips
    row = evaluate(detector, X, y, codec=y, n_resamples=5).breakdowns["codec"].loc["real"]
    assert np.isnan(row["equal_error_rate"])
    assert np.isnan(row["low"])
    assert row["n fake"] == 0
    assert row["accuracy"] == np.mean(detector.predict(X[y == "real"]) == "real")


def test_an_attack_of_few_clips_has_no_interval(clips, detector):
    X, y, attack, _ = clips
    renamed = attack.copy().astype(object)
    renamed[np.flatnonzero(attack == "A1")[:4]] = "few"
    renamed[np.flatnonzero(attack == "A1")[4:9]] = "five"
    table = evaluate(detector, X, y, attack=renamed, n_resamples=20).breakdowns["attack"]
    assert table["low"].notna().to_dict() == {"A1": True, "A2": True, "five": True, "few": False}
    groups = np.where(renamed == "five", "one voice", np.arange(240).astype(str))
    table = evaluate(detector, X, y, attack=renamed, groups=groups, n_resamples=20).breakdowns["attack"]
    assert table["low"].notna().to_dict() == {"A1": True, "A2": True, "five": False, "few": False}


def test_missing_attacks_are_named(clips, detector):
    X, y, attack, _ = clips
    holes = pd.Series(attack).where(attack != "A1", None)
    assert evaluate(detector, X, y, attack=holes, n_resamples=0).breakdowns["attack"].index.tolist() == ["A2", "-"]


def test_labels_that_are_no_words(clips):
    X, words, attack, _ = clips
    y = np.where(words == "real", 0, 1)
    detector = LogisticRegression().fit(X, y)
    silent = evaluate(detector, X, y, attack=attack, n_resamples=0)
    assert "min_detection_cost" not in silent.table.index
    assert "attack" not in silent.breakdowns
    assert "Pass real_label" in silent.notes[0]
    named = evaluate(detector, X, y, attack=attack, real_label=0, n_resamples=0)
    by_words = evaluate(LogisticRegression().fit(X, words), X, words, attack=attack, n_resamples=0)
    for figure in ("min_detection_cost", "actual_detection_cost", "equal_error_rate", "cllr"):
        assert named.table.loc[figure, "value"] == pytest.approx(by_words.table.loc[figure, "value"], abs=1e-6)
    assert named.breakdowns["attack"]["accuracy"].to_dict() == by_words.breakdowns["attack"]["accuracy"].to_dict()


def test_what_the_estimator_can_tell_decides(clips):
    X, y, *_ = clips

    class Verdicts(Perceptron):
        @property
        def decision_function(self):
            raise AttributeError

        def predict(self, X):
            return self.classes_[(np.asarray(X)[:, 0] > 1).astype(int)]

    only_verdicts = evaluate(Verdicts().fit(X, y), X, y, n_resamples=10)
    assert "accuracy" in only_verdicts.table.index
    assert "equal_error_rate" not in only_verdicts.table.index
    probabilities = CalibratedClassifierCV(LogisticRegression()).fit(X, y)
    report = evaluate(probabilities, X, y, n_resamples=0)
    expected = equal_error_rate(y, probabilities.predict_proba(X)[:, 1])
    assert report.table.loc["equal_error_rate", "value"] == pytest.approx(expected, abs=1e-12)


def test_probabilities_of_0_and_1_are_no_infinite_scores(clips):
    X, y, *_ = clips
    report = evaluate(DummyClassifier(strategy="most_frequent").fit(X, y), X, y, n_resamples=0)
    assert np.isfinite(report.table["value"]).all()
    assert report.table.loc["equal_error_rate", "value"] == 0.5
    assert any("No clip was called 'real'" in note for note in report.notes)


def test_a_pipeline_computes_features_once(clips):
    X, y, *_ = clips
    seen = []
    count = FunctionTransformer(lambda X: seen.append(len(X)) or X, validate=False)
    pipe = make_pipeline(count, StandardScaler(), LogisticRegression()).fit(X, y)
    seen.clear()
    report = evaluate(pipe, X, y, n_resamples=0)
    assert seen == [240]
    assert report.title == "FunctionTransformer → StandardScaler → LogisticRegression"
    assert report.table.loc["accuracy", "value"] == pipe.score(X, y)


def test_prior_is_taken_out_of_the_scores(clips, detector):
    X, y, *_ = clips
    report = evaluate(detector, X, y, prior=1 / 3, n_resamples=0)
    scores = detector.decision_function(X) - np.log(0.5)
    assert report.table.loc["cllr", "value"] == pytest.approx(cllr(y, scores), abs=1e-12)
    assert report.table.loc["actual_detection_cost", "value"] == pytest.approx(actual_detection_cost(y, scores))


def test_threshold_makes_verdicts_from_it_up():
    report = evaluate_scores(["fake", "fake", "real", "real"], [0, 2, 2, 3], threshold=2, n_resamples=0)
    assert report.confusion_matrix.to_numpy().tolist() == [[1, 1], [0, 2]]
    assert report.settings["threshold"] == 2


def test_scores_that_rise_towards_another_label():
    y, scores = np.array(["bonafide", "spoof"] * 20), np.linspace(0, 1, 40) + np.tile([0.4, 0], 20)
    report = evaluate_scores(y, scores, pos_label="bonafide", threshold=0.7, n_resamples=0)
    assert report.judged.classes == ["spoof", "bonafide"]
    assert report.table.loc["equal_error_rate", "value"] == equal_error_rate(y, scores, pos_label="bonafide")
    expected = min_detection_cost(y, scores, pos_label="bonafide")
    assert report.table.loc["min_detection_cost", "value"] == pytest.approx(expected, abs=1e-12)
    assert report.confusion_matrix.columns.tolist() == ["called spoof", "called bonafide"]


def test_upside_down_scores_get_a_note_and_no_warning(clips):
    _, y, *_ = clips
    scores = np.random.default_rng(0).normal(size=240) - (y == "real")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UpsideDownWarning)
        report = evaluate_scores(y, scores, n_resamples=10)
        report.to_html()
    assert "upside down: they should rise towards 'real'" in report.notes[0]


def test_notes_say_what_to_mind(clips, detector):
    X, y, _, speaker = clips
    notes = evaluate(detector, X, y, n_resamples=5).notes
    assert notes[0] == "Only 80 clips are 'real': a single one moves an error rate by 1.2%."
    assert "pass groups" in notes[1]
    assert len(evaluate(detector, X, y, speaker=speaker, n_resamples=5).notes) == 1
    one = evaluate(detector, X, y, groups=np.zeros(240), n_resamples=5)
    assert one.notes[-1] == "All clips are of one group, so there are no intervals."
    assert one.table["low"].isna().all()
    shifted = evaluate_scores(y, detector.decision_function(X) + 5, threshold=0, n_resamples=0)
    assert any("threshold does not fit" in note for note in shifted.notes)
    assert any("Cllr is above 1" in note for note in shifted.notes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs y_score, y_pred or both"),
        ({"y_score": [0, 1], "y_pred": ["real", "fake"], "threshold": 1}, "not from both"),
        ({"threshold": 1}, "needs y_score, y_pred or both"),
        ({"y_pred": ["real", "cat"]}, "y_pred holds 'cat', which is none of the labels"),
        ({"y_score": [0, np.nan]}, "NaN or infinite"),
        ({"y_pred": ["real"]}, "inconsistent numbers of samples"),
        ({"y_score": [0, 1], "attack": ["A1"]}, r"attack should name one group a clip: expected shape \(2,\)"),
        ({"y_score": [0, 1], "real_label": "cat"}, "real_label='cat' is none of the labels"),
        ({"y_score": [0, 1], "prior": 1}, "prior=1"),
        ({"y_score": [0, 1], "n_resamples": -1}, "n_resamples"),
        ({"y_score": [0, 1], "confidence_level": 95}, "confidence_level"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate_scores(["fake", "real"], **arguments)


def test_estimators_that_are_refused(clips, detector):
    X, y, *_ = clips
    with pytest.raises(ValueError, match="fitted classifier of two classes, got LogisticRegression with no classes_"):
        evaluate(LogisticRegression(), X, y)
    with pytest.raises(ValueError, match="y holds 'spoof', which the estimator does not know"):
        evaluate(detector, X, np.where(y == "fake", "spoof", y))
    with pytest.raises(ValueError, match="two classes"):
        evaluate(detector, X[:1], y[:1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate(detector, X, y[:-1])


def test_json_holds_all_figures(clips, detector, tmp_path):
    X, y, attack, _ = clips
    report = evaluate(detector, X, y, attack=attack, codec=y, n_resamples=5)
    text = report.to_json(tmp_path / "report.json")
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == text
    content = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert content["figures"]["accuracy"]["value"] == report.table.loc["accuracy", "value"]
    assert content["breakdowns"]["attack"]["A1"]["n fake"] == 80
    assert content["breakdowns"]["codec"]["real"]["equal_error_rate"] is None
    assert content["confusion_matrix"] == report.confusion_matrix.to_numpy().tolist()
    assert content["settings"]["versions"]["numpy"] == np.__version__
