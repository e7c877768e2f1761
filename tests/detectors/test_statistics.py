import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import LFCCTransformer, MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.detectors import CepstralStatisticsTransformer
from skvoicefake.feature_extraction import lfcc
from tests.checks.files import RATE, tone
from tests.checks.kept import entries, noises

SMALL = [LFCCTransformer(n_lfcc=4, n_filters=8)]


@parametrize_with_checks([CepstralStatisticsTransformer(front_ends=SMALL)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_statistics_are_those_of_the_cepstra():
    y = noises(1, 5000)[0]
    cepstra = lfcc(y.astype(np.float32)).astype(np.float64)
    expected = [cepstra.mean(0), cepstra.std(0), np.diff(cepstra, axis=0).std(0)]
    found = CepstralStatisticsTransformer(front_ends=[LFCCTransformer()]).transform([y])[0]
    np.testing.assert_allclose(found, np.concatenate(expected), atol=1e-4)


def test_usual_front_ends_hear_all_the_upper_and_the_lower_half():
    y = noises(1, 5000)
    fine = {"n_fft": 1024, "win_length": 640}
    named = [LFCCTransformer(), LFCCTransformer(**fine, fmin=4000), LFCCTransformer(**fine, fmax=4000)]
    expected = CepstralStatisticsTransformer(front_ends=named).transform(y)
    np.testing.assert_array_equal(CepstralStatisticsTransformer().transform(y), expected)
    assert expected.shape == (1, 360)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
def test_a_clip_has_the_same_row_whatever_the_others_and_its_length(lengths):
    clips = [noises(1, n)[0] for n in lengths]
    transformer = CepstralStatisticsTransformer(front_ends=SMALL)
    together = transformer.transform(clips)
    assert np.isfinite(together).all()
    for clip, row in zip(clips, together, strict=True):
        np.testing.assert_array_equal(transformer.transform([clip])[0], row)


def test_silence_has_the_cepstra_of_the_floor():
    silent = CepstralStatisticsTransformer(front_ends=SMALL).transform([np.zeros(4000)])[0]
    np.testing.assert_allclose(silent[1:4], 0, atol=1e-4)
    assert silent[0] == pytest.approx(-100 * np.sqrt(8))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50))
def test_silence_around_a_clip_leaves_little_trace(before, after):
    y = noises(1, 8000)[0].astype(np.float32)
    padded = np.concatenate([np.zeros(160 * before), y, np.zeros(160 * after)])
    plain, found = CepstralStatisticsTransformer(front_ends=SMALL).transform([y, padded])
    # But for the frames that lie across its ends, and those of a clip alone hear the edge as well.
    np.testing.assert_allclose(found, plain, atol=4)
    kept = CepstralStatisticsTransformer(front_ends=SMALL, silence_db=None).transform([padded])[0]
    assert before + after < 10 or np.abs(kept - plain).max() > 10


def test_quiet_frames_are_left_out():
    y = np.concatenate([noises(1, 4000)[0], 1e-4 * noises(1, 4000)[0]]).astype(np.float32)
    cepstra = lfcc(y, n_lfcc=4, n_filters=8)
    sums = np.array([np.square(y[max(0, 160 * t - 80) : 160 * t + 80]).sum() for t in range(len(cepstra))])
    heard = sums >= 1e-3 * sums.max()
    assert 0.4 < heard.mean() < 0.6
    found = CepstralStatisticsTransformer(front_ends=SMALL, silence_db=30).transform([y])[0]
    np.testing.assert_allclose(found[:4], cepstra[heard].mean(0), atol=1e-3)
    both = heard[1:] & heard[:-1]
    np.testing.assert_allclose(found[8:], np.diff(cepstra, axis=0)[both].std(0), atol=1e-3)


def test_only_the_start_of_a_long_clip_counts():
    y = noises(1, 8000)[0]
    transformer = CepstralStatisticsTransformer(front_ends=SMALL, duration=0.25)
    np.testing.assert_array_equal(transformer.transform([y]), transformer.transform([y[:4000]]))
    assert not np.array_equal(transformer.set_params(duration=None).transform([y]), transformer.transform([y[:4000]]))


def test_names_and_tables(tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(), RATE)
    table = pd.DataFrame({"path": [str(tmp_path / "tone.wav")]})
    two = [*SMALL, MFCCTransformer(n_mfcc=2)]
    transformer = CepstralStatisticsTransformer(front_ends=two).set_output(transform="pandas").fit(table)
    found = transformer.transform(table)
    assert found.shape == (1, 18)
    assert found.columns[[0, 4, 12]].tolist() == ["0_lfcc0_mean", "0_lfcc0_std", "1_mfcc0_mean"]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(transformer)).transform(table), found)


def test_cache_keeps_a_row_a_clip(tmp_path):
    clips = noises(3)
    plain = CepstralStatisticsTransformer(front_ends=SMALL).transform(clips)
    for _ in range(2):
        kept = CepstralStatisticsTransformer(front_ends=SMALL, cache=tmp_path, n_jobs=2).transform(clips)
        np.testing.assert_array_equal(kept, plain)
    assert len(entries(tmp_path)) == 3
    # What a frame does not depend on makes no new entry, and what it does makes one.
    cached = [LFCCTransformer(n_lfcc=4, n_filters=8, duration=1.0, padding="repeat")]
    CepstralStatisticsTransformer(front_ends=cached, cache=tmp_path).transform(clips)
    assert len(entries(tmp_path)) == 3
    CepstralStatisticsTransformer(front_ends=[LFCCTransformer(n_lfcc=4, n_filters=9)], cache=tmp_path).transform(clips)
    assert len(entries(tmp_path)) == 6


@pytest.mark.parametrize(
    ("front_ends", "error", "message"),
    [
        ([], ValueError, "front_ends is empty"),
        (["mfcc"], TypeError, r"front_ends\[0\]: expected an LFCCTransformer.* got str"),
        ([LFCCTransformer(sample_rate=8000)], ValueError, "sample_rate=8000, and this transformer 16000"),
        ([LFCCTransformer(n_lfcc=0)], ValueError, "n_lfcc"),
    ],
)
def test_front_ends_that_make_no_sense(front_ends, error, message):
    with pytest.raises(error, match=message):
        CepstralStatisticsTransformer(front_ends=front_ends).fit(noises(1))


def test_bad_clips_are_named(tmp_path):
    uncentred = CepstralStatisticsTransformer(front_ends=[LFCCTransformer(center=False)])
    with pytest.raises(AudioError, match=r"X\[1\]: .* at least 512 samples"):
        uncentred.fit_transform(noises(2, 600)[:1] + noises(1, 300))
    with pytest.raises(AudioError, match=r"nothing here\.wav"):
        CepstralStatisticsTransformer().fit_transform([str(tmp_path / "nothing here.wav")])
