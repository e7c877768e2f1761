import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.audio import AudioError, load_audio
from skvoicefake.inspection import LiveTimeline, timeline
from skvoicefake.inspection._live import UNKNOWN
from tests.inspection.conftest import RATE, sound


def heard(estimator, chunks, rate=RATE, **options):
    live = LiveTimeline(estimator, rate, window=0.5, hop=0.25, **options)
    return [row for chunk in chunks for row in live.push(chunk)] + live.finish()


@given(
    rate=st.sampled_from([16_000, 8_000, 44_100, 11_025]),
    n_channels=st.integers(1, 2),
    cuts=st.lists(st.floats(0, 1), max_size=12),
    batch_size=st.integers(1, 5),
    seconds=st.sampled_from([0.01, 0.4, 0.5, 1.0, 1.6]),
)
@settings(max_examples=40)
def test_rows_are_those_of_the_file_whatever_the_chunks(pipeline, rate, n_channels, cuts, batch_size, seconds):
    n_samples = round(seconds * rate)
    channels = 0.1 * np.random.default_rng(0).normal(size=(n_samples, n_channels)).astype(np.float32)
    chunks = np.split(channels, sorted(round(cut * n_samples) for cut in cuts))
    file = timeline(pipeline, (channels, rate), window=0.5, hop=0.25, batch_size=batch_size)
    assert heard(pipeline, chunks, rate, batch_size=batch_size) == file.rows


def test_a_row_comes_as_soon_as_its_window_is_full(pipeline, recording):
    live = LiveTimeline(pipeline, RATE, window=0.5, hop=0.25)
    assert live.push(recording[:7999]) == []
    (first,) = live.push(recording[7999:8000])
    assert (first.start, first.end) == (0.0, 0.5)
    assert first.score == pipeline.decision_function([recording[:8000]])[0]
    assert [row.start for row in live.push(recording[8000:16_500])] == [0.25, 0.5]
    assert live.push([]) == []
    assert live.seconds == 16_500 / RATE
    # The last one ends with the sound.
    (last,) = live.finish()
    assert (last.start, last.end) == (8500 / RATE, 16_500 / RATE)
    np.testing.assert_allclose(last.score, pipeline.decision_function([recording[8500:16_500]])[0], rtol=1e-6)


def test_batches_come_when_they_are_full(pipeline, recording):
    live = LiveTimeline(pipeline, RATE, window=0.5, hop=0.25, batch_size=3)
    assert live.push(recording[:12_000]) == []
    assert len(live.push(recording[12_000:16_000])) == 3
    assert live.finish() == []


def test_other_rates_and_integers(pipeline):
    chunks = [(32_767 * sound("fake", i, 0.4)).astype(np.int16) for i in range(3)]
    rows = heard(pipeline, chunks, 8000)
    whole = load_audio((np.concatenate(chunks), 8000))
    starts = [round(row.start * RATE) for row in rows]
    expected = pipeline.decision_function([whole[start : start + 8000] for start in starts])
    np.testing.assert_allclose([row.score for row in rows], expected, rtol=1e-6)


def test_fewer_samples_than_channels(pipeline):
    channels = np.stack([sound("fake", 0), sound("real", 1)], axis=1)
    assert heard(pipeline, np.split(channels, 8000)) == heard(pipeline, [channels])


def test_nothing_at_all(pipeline):
    assert heard(pipeline, []) == heard(pipeline, [[], np.zeros((0, 2))][:1]) == []


def test_level_and_silence(pipeline):
    quiet = np.full(8000, 10 ** (-50 / 20), np.float32) * np.tile([1, -1], 4000)
    rows = heard(pipeline, [np.zeros(8000), quiet, quiet / 10])
    assert [row.is_silent for row in rows] == [True, False, False, False, True]
    assert rows[0].level == -np.inf
    assert rows[2].level == pytest.approx(-50)
    assert rows[0].remark.startswith("expected sound, got a silent clip")


def test_samples_that_are_not_finite(pipeline, recording):
    spoiled = recording.copy()
    spoiled[20_000] = np.nan
    with pytest.raises(AudioError, match=r"got 1 that are NaN or infinity, the first at 1.250 s.*on_error='keep'"):
        heard(pipeline, [spoiled])
    rows = heard(pipeline, [spoiled], on_error="keep")
    assert rows == heard(pipeline, np.split(spoiled, range(0, len(spoiled), 999)), on_error="keep")
    for row, clean in zip(rows, heard(pipeline, [recording]), strict=True):
        if row.start <= 1.25 < row.end:
            assert row.remark == UNKNOWN
            assert np.isnan(row.score)
        else:
            assert row == clean


def test_after_the_end(pipeline):
    live = LiveTimeline(pipeline, RATE, window=0.5, hop=0.25)
    live.finish()
    for call in (live.finish, lambda: live.push([0.0])):
        with pytest.raises(ValueError, match="is finished"):
            call()


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (np.zeros((2, 2, 2)), r"got an array of shape \(2, 2, 2\)"),
        (np.zeros((100, 3)), "expected 1 channels as before, got 3"),
        (np.zeros((100, 65)), "at most 64 channels"),
        (np.zeros((3, 0)), "got 0"),
        (["a"], "float or integer type"),
        (np.zeros(3, complex), "float or integer type"),
    ],
)
def test_chunks_that_are_none(pipeline, chunk, message):
    live = LiveTimeline(pipeline, RATE, window=0.5, hop=0.25)
    live.push([0.0])
    with pytest.raises(AudioError, match=message):
        live.push(chunk)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 10}, "rate must be a number of Hz from 1000 to 768000, got 10"),
        ({"rate": "a"}, "rate must be"),
        ({"window": 0}, "window must be a number of seconds from 0.01 to 86400, got 0"),
        ({"window": True}, "window must be"),
        ({"hop": -1}, "hop must be"),
        ({"hop": float("nan")}, "hop must be"),
        ({"window": 0.3, "hop": 0.4}, "hop=0.4 s must be at most window=0.3 s"),
        ({"window": 0.6}, "hears of a clip, its first 0.5 s. Set window=0.5 or less"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 up, got 0"),
        ({"batch_size": 2.0}, "batch_size must be"),
        ({"on_error": "skip"}, "on_error must be 'raise' or 'keep', got 'skip'"),
        ({"sample_rate": 1}, "sample_rate must lie between"),
    ],
)
def test_parameters_that_make_no_sense(pipeline, options, message):
    with pytest.raises(ValueError, match=message):
        LiveTimeline(pipeline, **{"rate": RATE, "window": 0.5, "hop": 0.25} | options)
