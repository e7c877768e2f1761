import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.inspection import _windows
from skvoicefake.inspection._windows import Envelope, Windows


def cut(waveform, n_window, n_hop, cuts=()):
    windows = Windows(n_window, n_hop)
    found = [pair for chunk in np.split(waveform, sorted(cuts)) for pair in windows.push(chunk)]
    return [*found, *windows.finish()]


@given(
    n_samples=st.integers(0, 60),
    n_window=st.integers(1, 20),
    n_hop=st.integers(1, 20),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_windows_are_cuts_that_reach_the_end(n_samples, n_window, n_hop, cuts):
    n_hop = min(n_hop, n_window)
    waveform = np.arange(n_samples, dtype=np.float32)
    found = cut(waveform, n_window, n_hop, cuts)
    starts = list(range(0, n_samples - n_window + 1, n_hop))
    if n_samples and (not starts or starts[-1] + n_window < n_samples):
        starts.append(max(0, n_samples - n_window))
    assert [start for start, _ in found] == starts
    for start, window in found:
        np.testing.assert_array_equal(window, waveform[start : start + n_window])


def test_memory_is_that_of_a_window_and_a_chunk():
    windows = Windows(100, 10)
    for _ in range(50):
        assert len(list(windows.push(np.ones(37, np.float32)))) <= 4
        assert len(windows._kept) <= 100
    assert windows.n_samples == 50 * 37


@pytest.mark.parametrize("n_samples", [0, 1, 15, 16, 1000, 20_000])
def test_the_outline_holds_every_extreme(monkeypatch, n_samples):
    monkeypatch.setattr(_windows, "N_COLUMNS", 64)
    waveform = np.random.default_rng(0).normal(size=n_samples).astype(np.float32)
    envelope = Envelope()
    for chunk in np.array_split(waveform, 7):
        envelope.push(chunk)
    columns = envelope.columns()
    assert len(columns) <= 64
    assert len(columns) == -(-n_samples // envelope.step)
    for i, (low, high) in enumerate(columns):
        stretch = waveform[i * envelope.step : (i + 1) * envelope.step]
        assert (low, high) == (stretch.min(), stretch.max())
