import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.inspection import occlusion
from skvoicefake.inspection._occlusion import FILLS, unguarded, without
from tests.checks.speech import speech
from tests.inspection.conftest import RATE, sound


class Flat(TransformerMixin, BaseEstimator):
    """Rows of panels, for classifiers that take no more."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X).reshape(len(X), -1)

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture(scope="module")
def panels():
    """A pipeline whose first step gives a panel, of half a second."""
    labels = ["real", "fake"] * 10
    pipe = make_pipeline(MFCCTransformer(duration=0.5, n_mfcc=6), Flat(), LogisticRegression(max_iter=1000))
    return pipe.fit([sound(label, seed) for seed, label in enumerate(labels)], labels)


@pytest.fixture(scope="module")
def half(panels):
    """A quarter second of real sound, and one of fake sound."""
    return np.concatenate([sound("real", 50, 0.25), sound("fake", 51, 0.25)])


def test_the_fake_part_speaks_for_fake(pipeline):
    clip = np.concatenate([sound("real", 50, 0.25), sound("fake", 51, 0.25)])
    found = occlusion(pipeline, clip, window=0.125, hop=0.125)
    assert found.score == pipeline.decision_function([clip])[0]
    assert [part[:2] for part in found.times] == [(0.0, 0.125), (0.125, 0.25), (0.25, 0.375), (0.375, 0.5)]
    effects = [part.effect for part in found.times]
    assert max(effects[2:]) < min(effects[:2])
    assert found.labels == ("fake", "real")
    assert repr(found).startswith("<Occlusion of clip of type ndarray: score ")


def test_an_effect_is_what_the_score_falls_by(pipeline, half):
    found = occlusion(pipeline, half, window=0.6, bands=4, fill="silence")
    taken = without(half, RATE, "silence", np.random.RandomState(0))
    expected = found.score - pipeline.decision_function([taken(None, (2000.0, 4000.0))])[0]
    assert found.bands[1] == (2000.0, 4000.0, pytest.approx(expected, rel=1e-4))
    assert found.times[0][:2] == (0.0, 0.5)
    # Without all of it, nothing is left to score.
    assert np.isnan(found.times[0].effect)


@pytest.mark.parametrize("fill", FILLS)
def test_all_else_stays_as_it_is(fill):
    y = sound("fake", 0, 1.0)
    taken = without(y, RATE, fill, np.random.RandomState(0))
    changed = taken((0.4, 0.6), None)
    assert changed.dtype == np.float32
    is_far = np.abs(np.arange(len(y)) / RATE - 0.5) > 0.1 + 0.04
    np.testing.assert_array_equal(changed[is_far], y[is_far])
    middle = slice(round(0.45 * RATE), round(0.55 * RATE))
    ratio = np.std(changed[middle]) / np.std(y[middle])
    assert {"silence": ratio == 0, "floor": 0.2 < ratio < 0.6, "mean": 0.8 < ratio < 1.2}[fill]
    np.testing.assert_array_equal(taken((5.0, 6.0), None), y)


def test_a_band_and_no_other():
    y = sound("real", 0, 1.0)
    taken = without(y, RATE, "silence", np.random.RandomState(0))
    for band in [(0.0, 2000.0), (2000.0, 4000.0), (6000.0, 8000.0)]:
        power = np.abs(np.fft.rfft(taken(None, band) * np.hanning(len(y)))) ** 2
        frequencies = np.fft.rfftfreq(len(y), 1 / RATE)
        margin = 150
        inside = (frequencies > band[0] + margin * (band[0] > 0)) & (frequencies < band[1] - margin * (band[1] < 8000))
        outside = (frequencies < band[0] - margin) | (frequencies > band[1] + margin)
        assert power[inside].mean() < 1e-4 * power[outside].mean()


def test_coefficients_of_a_panel(panels, half):
    background = [sound("real", i) for i in range(5)]
    found = occlusion(panels, half, background=background, window=0.25, bands=0)
    assert found.bands == []
    assert found.coefficient_names == [f"mfcc{i}" for i in range(6)]
    panel = panels[0].transform([half])
    means = panels[0].transform(background).mean(axis=(0, 1))
    for i, part in enumerate(found.coefficients):
        changed = panel.copy()
        changed[:, :, i] = means[i]
        expected = panels[1:].decision_function(panel) - panels[1:].decision_function(changed)
        assert part[:2] == (i, i + 1)
        assert part.effect == pytest.approx(expected[0], abs=1e-4)
    assert occlusion(panels, half).coefficients != found.coefficients
    assert set(found.table["kind"]) == {"time", "coefficient"}
    assert list(found.table.columns) == ["kind", "start", "end", "effect"]


def test_statistics_are_no_panel(pipeline, half):
    assert occlusion(pipeline, half).coefficients == []


def test_guards_are_not_asked(guarded_detector):
    clip = speech(3, seconds=1.5, voice=1)
    for detector in guarded_detector:
        found = occlusion(detector, clip, bands=4)
        free = unguarded(detector)
        assert found.score == pytest.approx(float(free.decision_function([clip])[0]))
        assert np.isfinite([part.effect for part in (*found.times, *found.bands)]).all()
        # Of what the guard says nothing of, the scores are the same.
        assert detector.remarks([clip]).tolist() == [""]
        assert found.score == pytest.approx(float(detector.decision_function([clip])[0]))
    shipped = guarded_detector[0]
    assert shipped.remarks([np.zeros(RATE)])[0] == "not enough speech"
    assert occlusion(shipped, sound("real", 0)).score != 0


def test_inside_a_search(pipeline, half):
    labels = ["real", "fake"] * 6
    search = GridSearchCV(pipeline, {"mfcctransformer__n_mfcc": [8]}, cv=2)
    search.fit([sound(label, seed) for seed, label in enumerate(labels)], labels)
    assert occlusion(search, half).score == pytest.approx(float(search.decision_function([half])[0]))


def test_the_same_noise_every_time(pipeline, half):
    found = [occlusion(pipeline, half, fill="mean", random_state=seed).times for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("n_samples", [1, 100, 511, 513])
def test_short_clips(pipeline, n_samples):
    found = occlusion(pipeline, sound("real", 0)[:n_samples], bands=2)
    assert len(found.times) == 1
    assert np.isfinite([part.effect for part in found.bands]).all()


def test_as_much_as_the_estimator_hears(pipeline):
    assert len(occlusion(pipeline, sound("real", 0, 2.0)).waveform) == 8000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill": "noise"}, r"fill must be one of .*mean.*, got 'noise'"),
        ({"bands": -1}, "bands must be a number of bands from 0 up, or their edges in Hz"),
        ({"bands": True}, "bands must be"),
        ({"bands": "all"}, "bands must be"),
        ({"bands": [100]}, "bands must be"),
        ({"bands": [0, 500, 400]}, "bands must be"),
        ({"bands": [0, 9000]}, "at most 8000, got"),
        ({"bands": 2.5}, "bands must be"),
        ({"window": 0}, "window must be"),
        ({"hop": None}, "hop must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"real_label": "human"}, "real_label='human' is none of the classes"),
    ],
)
def test_parameters_that_make_no_sense(pipeline, half, options, message):
    with pytest.raises(ValueError, match=message):
        occlusion(pipeline, half, **options)


def test_clips_that_cannot_be_explained(pipeline):
    with pytest.raises(ValueError, match=r"there is no score to explain. expected sound, got a silent clip"):
        occlusion(pipeline, np.zeros(8000))
    with pytest.raises(AudioError, match="no such file"):
        occlusion(pipeline, "missing.wav")


def test_samples_whose_squares_are_beyond_float32(pipeline):
    found = occlusion(pipeline, 1e30 * sound("real", 0))
    assert np.isfinite([part.effect for part in found.bands]).all()
