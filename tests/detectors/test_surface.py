import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake.audio import AudioError
from skvoicefake.detectors import SurfaceTransformer
from skvoicefake.detectors._surface import FEATURES
from skvoicefake.model_selection._surface import read_file, surface_features
from tests.checks.files import RATE, tone
from tests.checks.kept import entries, noises


@parametrize_with_checks([SurfaceTransformer()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def clips(tmp_path):
    path = tmp_path / "tone.flac"
    soundfile.write(path, tone(), RATE)
    return [str(path), path.read_bytes(), 0.1 * noises(1)[0], (tone(8000), 8000)]


def test_features_are_those_of_the_audit(clips):
    features = SurfaceTransformer().fit_transform(clips)
    assert features.shape == (4, len(FEATURES))
    for row, clip in zip(features, clips, strict=True):
        expected = surface_features(*read_file(clip, "a clip"))
        np.testing.assert_array_equal(row, [expected[name] for name in FEATURES])
    assert SurfaceTransformer().get_feature_names_out().tolist() == list(FEATURES)


def test_the_file_says_nothing(tmp_path):
    """A waveform and the same one in any lossless file have the same features."""
    sound = (tone() * 32767).round().astype(np.int16)
    for suffix in ("wav", "flac"):
        soundfile.write(tmp_path / f"clip.{suffix}", sound, RATE)
    same = [sound, sound / np.float32(32768), tmp_path / "clip.wav", tmp_path / "clip.flac"]
    features = SurfaceTransformer().transform(same)
    np.testing.assert_array_equal(features, np.repeat(features[:1], 4, axis=0))


def test_what_a_low_rate_does_not_have_is_nan():
    features = dict(zip(FEATURES, SurfaceTransformer(sample_rate=6000).transform(noises(1))[0], strict=True))
    assert [name for name, value in features.items() if np.isnan(value)] == ["high_db", "noise_high_db"]


def test_clips_may_be_in_tables(clips):
    expected = SurfaceTransformer().transform(clips[:1])
    table = pd.DataFrame({"path": clips[:1]})
    surface = SurfaceTransformer().set_output(transform="pandas").fit(table)
    assert surface.transform(table).columns.tolist() == list(FEATURES)
    np.testing.assert_array_equal(surface.transform(table), expected)


def test_threads_copies_and_order(clips):
    surface = SurfaceTransformer()
    expected = surface.fit_transform(clips)
    for other in (SurfaceTransformer(n_jobs=2), clone(surface), pickle.loads(pickle.dumps(surface))):
        np.testing.assert_array_equal(other.transform(clips), expected)
    np.testing.assert_array_equal(surface.transform(clips[::-1]), expected[::-1])


def test_a_cache_gives_the_same_bits(clips, tmp_path):
    expected = SurfaceTransformer().transform(clips)
    for _ in range(2):
        np.testing.assert_array_equal(SurfaceTransformer(cache=tmp_path / "store").transform(clips), expected)
    assert len(entries(tmp_path / "store")) == len(clips)
    np.testing.assert_array_equal(
        SurfaceTransformer(cache=tmp_path / "store", sample_rate=8000).transform(clips),
        SurfaceTransformer(sample_rate=8000).transform(clips),
    )


def test_a_cache_that_cannot_be_written_to(clips, tmp_path):
    (tmp_path / "store").write_text("no folder")
    with pytest.warns(UserWarning, match="cannot be written to .*: the features are right"):
        features = SurfaceTransformer(cache=tmp_path / "store").transform(clips)
    np.testing.assert_array_equal(features, SurfaceTransformer().transform(clips))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["missing.wav"], "missing.wav"),
        ([np.zeros(100), np.array([0.0, np.nan])], r"X\[1\]"),
        ("clip.wav", "Wrap it"),
        ([], "found 0 sample"),
    ],
)
def test_bad_clips_are_named(X, message):
    with pytest.raises((AudioError, ValueError), match=message):
        SurfaceTransformer().transform(X)
