import numpy as np
import pytest
import soundfile
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from skvoicefake import LFCCTransformer, MFCCTransformer
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import DomainGuard, GuardedClassifier
from skvoicefake.detectors._scoring import Scorer
from tests.checks.shipped import sounds
from tests.cli.conftest import sound

t = np.arange(4800) / 16_000
VOICE = 0.1 * np.random.default_rng(3).normal(size=4800)


def rows_of(estimator, paths, real="real"):
    return Scorer(estimator, real).rows(paths)


def test_rows_are_what_the_pipeline_says(quick_pipeline, corpus):
    paths = [str(path) for path in sorted(corpus.rglob("[01].wav"))]
    rows = rows_of(quick_pipeline, paths)
    assert [row.path for row in rows] == paths
    for row in rows:
        probabilities = dict(zip(quick_pipeline.classes_, quick_pipeline.predict_proba([row.path])[0], strict=True))
        assert row.label == quick_pipeline.predict([row.path])[0]
        assert row.probability == pytest.approx(probabilities[row.label], rel=1e-6)
        assert row.score == pytest.approx(np.log(probabilities["real"] / probabilities["fake"]), rel=1e-5)  # of float32
        assert row.warnings == []
        assert row.error is None


@pytest.mark.parametrize("crop", ["start", "center", "loudest"])
def test_long_clips_are_cut_as_the_pipeline_cuts_them(quick_pipeline, clips, crop):
    long = clips("long.wav", np.random.default_rng(1).normal(size=(40_000, 2)) * np.linspace(0, 0.2, 40_000)[:, None])
    odd = clips("odd.flac", np.random.default_rng(2).normal(size=30_000) * 0.1, 44_100)
    steps = dict(quick_pipeline.steps)
    transformer = MFCCTransformer(duration=0.3, n_mfcc=5, output="stats", crop=crop)
    pipeline = make_pipeline(transformer, steps["standardscaler"], steps["logisticregression"])
    for row in rows_of(pipeline, [long, odd]):
        np.testing.assert_allclose(row.score, pipeline.decision_function([row.path])[0], rtol=1e-6)


def test_a_bad_clip_costs_no_other(quick_pipeline, clips, tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "cut.wav").write_bytes((tmp_path / clips("whole.wav")).read_bytes()[:2000])
    (tmp_path / "empty.wav").touch()
    paths = [
        clips("good.wav"),
        str(tmp_path / "text.wav"),
        str(tmp_path / "cut.wav"),
        str(tmp_path / "empty.wav"),
        clips("silent.wav", np.zeros(4800)),
        str(tmp_path / "nowhere.wav"),
        clips("other.wav", VOICE),
    ]
    rows = rows_of(quick_pipeline, paths)
    for row, words in zip(
        rows, [None, "not audio", "truncated wav", "0 bytes", "silent", "no such file", None], strict=True
    ):
        if words is None:
            assert row.error is None
            assert row.score == pytest.approx(quick_pipeline.decision_function([row.path])[0], rel=1e-6)
        else:
            assert words in row.error
            assert row.path not in row.error
            assert row.label is row.score is row.probability is None


def narrow(rate):
    """Sound below 3.4 kHz."""
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=rate))
    spectrum[3400:] = 0
    return 0.1 * np.fft.irfft(spectrum)


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (VOICE, 16_000, []),
        (VOICE[:1600], 16_000, ["short: 0.10 of 0.3 s, the rest is padding"]),
        (VOICE * 1e-3, 16_000, ["quiet: peak at -"]),
        (np.clip(20 * VOICE, -1, 1), 16_000, ["clipped: samples at full scale"]),
        (0.1 * np.random.default_rng(0).normal(size=8000), 8000, ["low rate: 8000 Hz, resampled to 16000 Hz"]),
        (narrow(16_000), 16_000, ["narrow band: no sound above 4 kHz"]),
        (narrow(48_000), 48_000, ["narrow band: no sound above 4 kHz"]),
        (0.5 * np.sin(2 * np.pi * 5000 * t), 16_000, []),
        (VOICE[:1600] * 1e-3, 16_000, ["short: ", "quiet: "]),
    ],
    ids=["good", "short", "quiet", "clipped", "telephone", "narrow", "narrow-48", "high-tone", "two"],
)
def test_what_is_odd_about_a_clip(quick_pipeline, clips, samples, rate, words):
    (row,) = rows_of(quick_pipeline, [clips("clip.flac", samples, rate)])
    assert row.error is None
    assert len(row.warnings) == len(words)
    for warning, start in zip(row.warnings, words, strict=True):
        assert warning.startswith(start)


@pytest.mark.parametrize(
    ("name", "subtype", "level", "n_channels", "words"),
    [
        ("a.mp3", "MPEG_LAYER_III", 0.9, 1, "MP3 at "),
        ("a.mp3", "MPEG_LAYER_III", 0.0, 2, "MP3 at "),
        ("a.opus", "OPUS", 0.9, 1, "Opus at "),
        ("a.ogg", "VORBIS", 0.9, 1, "Vorbis at "),
        ("a.flac", "PCM_16", None, 1, None),
        ("a.wav", "IMA_ADPCM", None, 1, None),
    ],
)
def test_a_low_bit_rate_is_told(quick_pipeline, tmp_path, name, subtype, level, n_channels, words):
    path, options = tmp_path / name, {} if level is None else {"compression_level": level}
    kind = {"format": "OGG"} if name.endswith("opus") else {}
    sound = np.tile(VOICE, (n_channels, 4)).T
    soundfile.write(path, sound, 16_000, subtype=subtype, **kind, **options)
    (row,) = rows_of(quick_pipeline, [str(path)])
    told = [warning for warning in row.warnings if warning.startswith("low bit rate")]
    rate = 8 * path.stat().st_size / (len(sound) / 16_000) / 1000
    assert told == ([] if words is None else [f"low bit rate: {words}{rate:.0f} kbit/s, which leaves sound out"])


def test_a_high_bit_rate_is_none(quick_pipeline, tmp_path):
    path = tmp_path / "a.mp3"
    soundfile.write(path, np.tile(VOICE, 30), 48_000, subtype="MPEG_LAYER_III", compression_level=0.0)
    assert 8 * path.stat().st_size / (30 * len(VOICE) / 48_000) > 80_000
    (row,) = rows_of(quick_pipeline, [str(path)])
    assert not any("bit rate" in warning for warning in row.warnings)


def test_scores_rise_towards_the_real_voice_whatever_it_is_called(quick_pipeline, corpus):
    paths = [str(path) for path in sorted(corpus.rglob("0.wav"))]
    y = np.array([1 if "/fake/" in path else 0 for path in paths])
    steps = [MFCCTransformer(duration=0.3, n_mfcc=5, output="stats")]
    forest = make_pipeline(*steps, RandomForestClassifier(20, random_state=0)).fit(paths, y)
    rows = rows_of(forest, paths, real=0)
    scores = np.array([row.score for row in rows])
    assert scores[y == 0].min() > scores[y == 1].max()
    assert np.isfinite(scores).all()  # though some probabilities are 0 or 1
    assert [row.label for row in rows] == [str(label) for label in y]
    np.testing.assert_allclose(
        [row.probability for row in rows], forest.predict_proba(paths)[np.arange(len(y)), y], rtol=1e-9
    )
    # No probabilities: the column is empty.
    machine = make_pipeline(*steps, LinearSVC()).fit(paths, y)
    rows = rows_of(machine, paths, real=0)
    np.testing.assert_allclose([row.score for row in rows], -machine.decision_function(paths))
    assert {row.probability for row in rows} == {None}


@pytest.mark.parametrize("around", [clone, AugmentedClassifier, LLRCalibrator], ids=lambda kind: kind.__name__)
def test_what_is_odd_is_told_of_clips_for_any_transformer_of_ours_however_deep(around, corpus, clips):
    paths = [str(path) for path in sorted(corpus.rglob("[0-9].wav"))]
    features = LFCCTransformer(duration=0.3, n_lfcc=5, output="stats")
    pipeline = around(make_pipeline(features, StandardScaler(), LogisticRegression()))
    (row,) = rows_of(
        pipeline.fit(paths, ["/fake/" in path for path in paths]), [clips("clip.wav", VOICE[:1600])], real=False
    )
    assert row.error is None
    assert row.warnings[0].startswith("short: ")


NOISE = ["no verdict: not enough speech", "short: 0.30 of 1.5 s, the rest is padding"]


def test_what_a_guard_says_is_a_warning_without_a_verdict(clips):
    X, y = sounds(8)
    pipeline = make_pipeline(LFCCTransformer(duration=1.5, n_lfcc=5, output="stats"), StandardScaler())
    for classifier, real in ((LogisticRegression(), "real"), (LogisticRegression(), "fake"), (LinearSVC(), "real")):
        guarded = GuardedClassifier(make_pipeline(*pipeline, classifier), DomainGuard(min_speech=0.2)).fit(X, y)
        paths = [clips("speech.wav", X[0]), clips("noise.wav")]
        speech, noise = rows_of(guarded, paths, real=real)
        assert speech.label == guarded.predict(paths[:1])[0]
        assert speech.warnings == []
        assert speech.score == pytest.approx(
            (1 if real == "real" else -1) * guarded.decision_function(paths[:1])[0], rel=1e-6
        )
        assert (noise.label, noise.error, noise.warnings) == (None, None, NOISE)
        assert repr(noise.score) == "0.0"
        assert noise.probability == (0.5 if hasattr(classifier, "predict_proba") else None)
        rows = Scorer(guarded, real, labels_all=True).rows(paths)
        assert [row.label for row in rows] == guarded.predict(paths).tolist()
        assert rows[1].warnings == noise.warnings


@pytest.fixture(scope="module")
def guarded():
    """A fitted detector with a guard, and what it was fitted to."""
    X, y = sounds(8)
    features = LFCCTransformer(duration=1.5, n_lfcc=5, output="stats")
    pipeline = make_pipeline(features, StandardScaler(), LogisticRegression())
    return GuardedClassifier(pipeline, DomainGuard(min_speech=0.2)).fit(X, y), X, y


@pytest.mark.parametrize(
    "around",
    [
        FrozenEstimator,
        lambda guarded: LLRCalibrator(FrozenEstimator(guarded)),
        lambda guarded: FixedThresholdClassifier(FrozenEstimator(guarded), threshold=0.2),
        lambda guarded: GridSearchCV(guarded, {"estimator__logisticregression__C": [1.0]}, cv=2),
        lambda guarded: AugmentedClassifier(guarded, methods=["gain"], random_state=0),
        lambda guarded: LLRCalibrator(AugmentedClassifier(guarded, methods=["gain"], random_state=0), cv=2),
    ],
    ids=["frozen", "calibrated", "threshold", "searched", "augmented", "two"],
)
def test_a_guard_inside_others_is_heard(around, guarded, clips):
    guarded, X, y = guarded
    # A share of classes that is not even moves the line of a calibrator, but no score of what has no verdict.
    detector = around(guarded).fit(X[:-2], y[:-2])
    paths = [clips("noise.wav"), clips("speech.wav", X[0])]
    noise, speech = rows_of(detector, paths)
    assert (noise.label, noise.probability, repr(noise.score)) == (None, 0.5, "0.0")
    assert (noise.error, noise.warnings) == (None, NOISE)
    assert (speech.label, speech.warnings) == (detector.predict(paths[1:])[0], [])
    assert speech.probability == pytest.approx(detector.predict_proba(paths[1:]).max(), rel=1e-6)
    (noise,) = Scorer(detector, "real", labels_all=True).rows(paths[:1])
    assert (noise.label, noise.probability, noise.score) == (detector.predict(paths[:1])[0], 0.5, 0)


@pytest.mark.parametrize(("duration", "warnings"), [(None, []), (3.0, []), (1.5, NOISE[:1])])
def test_a_guard_may_hear_more_of_a_clip_than_features_are_of(duration, warnings, guarded, clips):
    guarded, X, y = guarded
    guard = DomainGuard(min_speech=0.2, max_rejected=0, duration=duration)
    detector = GuardedClassifier(guarded.estimator, guard).fit(X, y)
    late = clips("late.wav", np.concatenate([0.01 * np.random.default_rng(0).normal(size=24_000), X[0]]))
    (row,) = rows_of(detector, [late])
    assert row.warnings == warnings
    assert row.score == pytest.approx(detector.decision_function([late])[0], rel=1e-6)


class Suffix(BaseEstimator):
    """A guard that looks at names."""

    def fit(self, X, y):
        return self

    def remarks(self, X):
        return ["" if isinstance(clip, np.ndarray) or clip.endswith(".wav") else "no wav" for clip in X]


def test_a_guard_of_ones_own_gets_paths(guarded, clips):
    guarded, X, y = guarded
    detector = GuardedClassifier(guarded.estimator, Suffix()).fit(X, y)
    wav, flac = rows_of(detector, [clips("a.wav", X[0]), clips("a.flac", X[0])])
    assert (wav.label, wav.warnings) == (detector.predict(X[:1])[0], [])
    assert (flac.label, flac.warnings) == (None, ["no verdict: no wav"])


def test_a_guard_and_what_it_guards_are_asked_once(guarded, clips):
    guarded, X, y = guarded
    heard = []

    class Noting(LFCCTransformer):
        def transform(self, X):
            heard.append(("features", len(X)))
            return super().transform(X)

    class Guard(DomainGuard):
        def remarks(self, X):
            heard.append(("remarks", len(X)))
            return super().remarks(X)

    features = Noting(duration=1.5, n_lfcc=5, output="stats")
    pipeline = make_pipeline(features, StandardScaler(), LogisticRegression())
    detector = GuardedClassifier(pipeline, Guard(min_speech=0.2)).fit(X, y)
    heard.clear()
    rows_of(detector, [clips("noise.wav"), clips("speech.wav", X[0])])
    assert heard == [("remarks", 2), ("features", 2)]


def test_what_was_not_heard_of_a_long_recording_is_said(shipped, clips):
    long, short = rows_of(shipped, [clips("long.wav", np.tile(VOICE, 40)[: 12 * 16_000]), clips("short.wav")])
    assert "long: the first 10 of 12.0 s were heard, not the rest" in long.warnings
    assert not any(warning.startswith("long") for warning in short.warnings)


def test_the_guard_of_the_package_is_heard_when_it_is_calibrated(shipped, clips):
    X, y = sounds(6, start=300)
    detector = LLRCalibrator(FrozenEstimator(shipped)).fit(X, y)
    assert detector.decision_function([sound("real", 7), X[0]]).astype(bool).tolist() == [False, True]
    noise, speech = rows_of(detector, [clips("noise.wav"), clips("speech.wav", X[0])])
    assert (noise.label, noise.probability, noise.score) == (None, 0.5, 0)
    assert noise.warnings[0] == "no verdict: not enough speech"
    assert speech.label == detector.predict(X[:1])[0]


def test_pipelines_of_other_features_get_paths(quick_pipeline, clips, tmp_path):
    steps = list(dict(quick_pipeline.steps).values())
    pipeline = make_pipeline(FunctionTransformer(), *steps)
    good, bad = clips("good.wav"), str(tmp_path / "nowhere.wav")
    rows = rows_of(pipeline, [bad, good, bad])
    assert ["no such file" in (row.error or "") for row in rows] == [True, False, True]
    assert rows[1].score == pytest.approx(quick_pipeline.decision_function([good])[0], rel=1e-9)
    assert rows_of(pipeline, []) == []


class WithoutScores(ClassifierMixin, BaseEstimator):
    """A classifier that has nothing but labels."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class WithoutNumbers(WithoutScores):
    """A classifier whose scores have overflowed."""

    def decision_function(self, X):
        return np.where(np.arange(len(X)) == 0, np.nan, 1.0)


def test_a_detector_without_scores_is_refused_and_a_score_that_is_none_is_an_error(clips):
    paths, features = [clips("a.wav"), clips("b.wav")], MFCCTransformer(duration=0.3, output="stats")
    with pytest.raises(ValueError, match="Pipeline has neither predict_proba nor decision_function, so"):
        rows_of(make_pipeline(features, WithoutScores()).fit(paths, ["fake", "real"]), paths)
    rows = rows_of(make_pipeline(features, WithoutNumbers()).fit(paths, ["fake", "real"]), paths)
    assert [row.error for row in rows] == ["the detector gave the score nan.", None]
    assert [row.score for row in rows] == [None, 1.0]
