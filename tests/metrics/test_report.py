import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import classification_report, roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.metrics import (
    UpsideDownWarning,
    actual_detection_cost,
    calibration_loss,
    cllr,
    confidence_interval,
    equal_error_rate,
    evaluate,
    evaluate_scores,
    get_scorer,
    min_cllr,
    min_detection_cost,
    min_tandem_cost,
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
    assert (
        "One of the classes has 8 groups only: the intervals are rough"
        in (evaluate(detector, X, y, speaker=speaker, n_resamples=5).notes[1])
    )
    many = evaluate(detector, X, y, groups=np.arange(240) // 6, n_resamples=5)
    assert len(many.notes) == 1
    shifted = evaluate_scores(y, detector.decision_function(X) + 5, threshold=0, n_resamples=0)
    assert any("threshold does not fit" in note for note in shifted.notes)
    assert any("Cllr is above 1" in note for note in shifted.notes)


@pytest.mark.parametrize("groups", [np.zeros(240), np.arange(240) // 60], ids=["one", "four"])
def test_few_groups_give_no_intervals(clips, detector, groups):
    X, y, *_ = clips
    report = evaluate(detector, X, y, groups=groups, n_resamples=5)
    assert "There are no intervals" in report.notes[-1]
    assert report.table["low"].isna().all()
    assert report.settings["n_resamples"] == 0


def test_groups_of_one_class_each_never_decide_by_seed(clips, detector):
    X, y, *_ = clips
    for seed in range(4):
        assert evaluate(detector, X, y, speaker=y, n_resamples=5, random_state=seed).table["low"].isna().all()


def test_the_note_on_a_threshold_is_about_twice_the_error():
    scores = np.r_[np.linspace(0, 1, 160), np.linspace(0.8, 1.8, 80)]
    labels = np.repeat(["fake", "real"], [160, 80])
    eer = equal_error_rate(labels, scores)
    fits, misfits = (np.quantile(scores[:160], 1 - rate) for rate in (2 * eer + 0.03, 2 * eer + 0.07))
    noted = [
        any("threshold does not fit" in note for note in evaluate_scores(labels, scores, threshold=t).notes)
        for t in (fits, misfits)
    ]
    assert noted == [False, True]


def test_an_error_rate_just_above_a_half_is_upside_down():
    labels, scores = np.repeat(["fake", "real"], 100), np.r_[np.linspace(0, 1, 100), np.linspace(-0.1, 0.9, 100)]
    assert 0.4 < equal_error_rate(labels, -scores) < 0.5
    assert any("upside down" in note for note in evaluate_scores(labels, scores, n_resamples=0).notes)
    assert not any("upside down" in note for note in evaluate_scores(labels, -scores, n_resamples=0).notes)
    blind = evaluate_scores(labels, np.zeros(200), n_resamples=0)
    assert blind.table.loc["equal_error_rate", "value"] == 0.5
    assert not any("upside down" in note for note in blind.notes)


@pytest.mark.parametrize("pos_label", ["fake", "real"])
@pytest.mark.parametrize("version", [2019, 2021])
def test_the_tandem_cost_is_that_of_its_function(clips, version, pos_label):
    X, y, *_ = clips
    scores = X[:, 0] * (1 if pos_label == "real" else -1)
    options = {"asv_rates": (0.01, 0.03, 0.3), "version": version}
    report = evaluate_scores(
        y, scores, pos_label=pos_label, asv_rates=np.array(options["asv_rates"]), tandem_version=version, n_resamples=30
    )
    expected = min_tandem_cost(y, scores, pos_label=pos_label, **options)
    value, *interval = report.table.loc["min_tandem_cost"]
    assert value == pytest.approx(expected, abs=1e-12)
    drawn = confidence_interval(
        min_tandem_cost, y, scores, pos_label=pos_label, n_resamples=30, random_state=0, **options
    )
    assert interval == pytest.approx(list(drawn), abs=1e-12)
    assert json.loads(report.to_json())["settings"]["tandem"]["version"] == version


def test_intervals_know_the_prior_and_the_confidence_level(clips, detector):
    X, y, *_ = clips
    options = {"n_resamples": 200, "confidence_level": np.float64(0.5), "random_state": 0}
    table = evaluate(detector, X, y, prior=np.float32(0.25), **options).table
    llr = detector.decision_function(X) - np.log(1 / 3)
    assert tuple(table.loc["cllr", ["low", "high"]]) == pytest.approx(
        tuple(confidence_interval(cllr, y, llr, **options)), abs=1e-9
    )
    wide = evaluate(detector, X, y, **{**options, "confidence_level": 0.95}).table
    half, whole = (t.loc["accuracy", "high"] - t.loc["accuracy", "low"] for t in (table, wide))
    # For a normal distribution the ratio is 0.344.
    assert 0.2 < half / whole < 0.5


def test_certain_probabilities_count_alike_whatever_the_labels_are_called(clips):
    X, y, *_ = clips
    forest = RandomForestClassifier(20, random_state=0)
    values = []
    for words in (("fake", "real"), ("spoof", "bonafide")):
        labels = np.where(y == "fake", *words)
        fitted = clone(forest).fit(X[::2], labels[::2])
        assert set(fitted.predict_proba(X)[:, 1]) & {0, 1}
        values.append(evaluate(fitted, X[1::2], labels[1::2], n_resamples=0).table.loc["cllr", "value"])
        assert values[-1] == pytest.approx(-get_scorer("neg_cllr")(fitted, X[1::2], labels[1::2]), abs=1e-9)
    assert values[0] == pytest.approx(values[1], abs=1e-9)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "nan", "NA"])
def test_clips_of_unknown_speakers_are_groups_of_their_own(clips, detector, missing):
    X, y, _, speaker = clips
    holes = pd.Series(speaker).astype(object).where(np.arange(240) >= 3, missing)
    report = evaluate(detector, X, y, speaker=holes, n_resamples=5)
    assert report.settings["resampled"] == "11 groups"
    assert "-" in report.breakdowns["speaker"].index


def test_features_are_computed_once_inside_calibrators_thresholds_and_searches(clips):
    X, y, *_ = clips
    seen = []
    pipe = make_pipeline(FunctionTransformer(lambda X: seen.append(len(X)) or X, validate=False), LogisticRegression())
    estimators = [
        GridSearchCV(pipe, {"logisticregression__C": [1]}, cv=2),
        LLRCalibrator(pipe, cv=2),
        FixedThresholdClassifier(pipe, threshold=0.7, response_method="predict_proba"),
        GridSearchCV(LLRCalibrator(pipe, cv=2), {"prior": [0.3]}, cv=2),
        FrozenEstimator(LLRCalibrator(pipe, cv=2).fit(X, y)),
        LLRCalibrator(FrozenEstimator(clone(pipe).fit(X, y))),
        FixedThresholdClassifier(FrozenEstimator(LLRCalibrator(pipe, cv=2).fit(X, y)), threshold=0.2),
        FrozenEstimator(TunedThresholdClassifierCV(pipe, cv=2).fit(X, y)),
    ]
    for estimator in estimators:
        estimator.fit(X, y)
        seen.clear()
        report = evaluate(estimator, X, y, n_resamples=0)
        assert seen == [240]
        np.testing.assert_array_equal(report.judged.called_positive, estimator.predict(X) == "real")
        respond = getattr(estimator, "decision_function", estimator.predict_proba)
        scores = respond(X)
        assert report.table.loc["equal_error_rate", "value"] == equal_error_rate(
            y, scores if scores.ndim == 1 else scores[:, 1]
        )


@pytest.mark.parametrize("kind", ["bagging", "selection"])
def test_others_answer_for_themselves(clips, kind):
    X, y, *_ = clips
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    estimator = {
        "bagging": BaggingClassifier(pipe.fit(X, y), n_estimators=3, random_state=0),
        "selection": RFE(pipe, importance_getter="named_steps.logisticregression.coef_", n_features_to_select=1),
    }[kind].fit(X, y)
    report = evaluate(estimator, X, y, n_resamples=0)
    np.testing.assert_array_equal(report.judged.called_positive, estimator.predict(X) == "real")


def test_probabilities_near_certainty_keep_their_order(clips):
    _, y, *_ = clips
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 1)) + (y == "real")[:, np.newaxis] + 0.3 * rng.normal(size=(240, 60))
    model = GaussianNB().fit(X, y)
    probabilities = model.predict_proba(X)
    assert np.mean(probabilities < 1e-16) > 0.1
    report = evaluate(model, X, y, n_resamples=0)
    expected = roc_auc_score(y == "real", probabilities[:, 1])
    assert report.table.loc["roc_auc", "value"] == pytest.approx(expected, abs=1e-12)
    for name in ("equal_error_rate", "min_detection_cost", "actual_detection_cost", "cllr", "min_cllr"):
        assert report.table.loc[name, "value"] == pytest.approx(-get_scorer(f"neg_{name}")(model, X, y), abs=1e-12)


def test_few_speakers_have_intervals_of_their_own(clips, detector):
    X, y, *_ = clips
    table = evaluate(detector, X, y, speaker=np.arange(240) // 80, n_resamples=20).breakdowns["speaker"]
    assert table["low"].notna().all()


def test_a_report_of_odd_numbers_can_be_written(clips):
    _, y, *_ = clips
    report = evaluate_scores(
        y, np.arange(240.0), threshold=np.inf, prior=np.float32(0.4), n_resamples=np.int64(5), random_state=np.int64(1)
    )
    assert json.loads(report.to_json())["settings"]["threshold"] is None
    assert report.to_html().count("<img ") == 4
    assert report.confusion_matrix["called real"].sum() == 0
    float32 = evaluate_scores(y, np.arange(240.0), threshold=np.float32(10), n_resamples=0)
    assert json.loads(float32.to_json())["settings"]["threshold"] == 10


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
        ({"y_score": [0, 1], "prior": 1}, "'prior' parameter of evaluate"),
        ({"y_score": [0, 1], "prior": "half"}, "'prior' parameter of evaluate"),
        ({"y_score": [0, 1], "threshold": np.nan}, "'threshold' parameter of evaluate_scores"),
        ({"y_score": [0, 1], "threshold": "high"}, "'threshold' parameter of evaluate_scores"),
        ({"y_score": [0, 1], "n_resamples": 10.5}, "'n_resamples' parameter of evaluate"),
        (
            {"y_score": [0, 1], "y_prob": [0, 1.5]},
            "y_prob: expected 2 probabilities .*, got 2 numbers, 1 of them outside",
        ),
        ({"y_score": [0, 1], "y_prob": [0, np.nan]}, "y_prob: expected 2 probabilities"),
        ({"y_score": [0, 1], "y_prob": [1]}, "y_prob: expected 2 probabilities"),
        ({"y_score": [0, 1], "asv_rates": (0.1, 0.2)}, "asv_rates: expected three rates"),
        ({"y_score": [0, 1], "groups": ["a", None]}, "groups holds names that are NaN or None"),
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
