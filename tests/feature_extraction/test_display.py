import sys

import matplotlib
import numpy as np
import pytest
import soundfile
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skvoicefake.audio import AudioError
from skvoicefake.feature_extraction import MFCCDisplay, MFCCTransformer
from tests.checks.clips import noise

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def only_one_figure():
    assert not plt.get_fignums()
    yield
    figures = plt.get_fignums()
    plt.close("all")
    assert len(figures) <= 1


def test_holds_and_draws_the_whole_clip():
    y = noise(8000)
    display = MFCCDisplay.from_clip(y)
    display.figure_.canvas.draw()
    np.testing.assert_array_equal(display.waveform, y)
    np.testing.assert_array_equal(display.coefficients, MFCCTransformer(duration=0.5).transform([y])[0])
    np.testing.assert_array_equal(display.image_.get_array(), display.coefficients.T)
    # 51 frames of 10 ms, the first centred on zero.
    np.testing.assert_allclose(display.image_.get_extent(), [-0.005, 0.505, -0.5, 39.5])
    above, below = display.axes_
    assert below is display.ax_
    assert above.get_xlim() == below.get_xlim() == (0, 0.5)
    assert above.get_ylabel() == "amplitude\n(full scale is 1)"
    assert (below.get_xlabel(), below.get_ylabel()) == ("time (s)", "coefficient")
    assert above.get_shared_x_axes().joined(above, below)  # zooming into one zooms into both
    assert above.get_title() == "Waveform and MFCCs"
    assert display.colorbar_.ax.get_ylabel() == "MFCC (dB)"
    # Waveform and coefficients are of one width, so that times are one above the other.
    boxes = [axes.get_position() for axes in display.axes_]
    assert (boxes[0].x0, boxes[0].x1) == pytest.approx((boxes[1].x0, boxes[1].x1))


def test_the_loudness_does_not_set_the_colours():
    display = MFCCDisplay.from_clip(noise(8000))
    low, high = display.image_.get_clim()
    assert display.coefficients[:, 1:].min() < low < high < display.coefficients[:, 1:].max()
    assert np.abs(display.coefficients[:, 0]).mean() > 3 * max(abs(low), abs(high))


def test_shows_what_the_transformer_analyses():
    transformer = MFCCTransformer(duration=0.1, crop="center", n_mfcc=5, center=False, sample_rate=8000, output="stats")
    before = transformer.get_params()
    y = noise(8000)
    display = MFCCDisplay.from_clip(y, transformer)
    assert transformer.get_params() == before
    np.testing.assert_array_equal(display.waveform, y[3600:4400])
    expected = transformer.set_params(output="sequence").transform([y])[0]
    np.testing.assert_array_equal(display.coefficients, expected)
    # The first frame of 512 samples is centred on sample 256, half a hop of 80 after its left edge.
    assert display.image_.get_extent()[0] == pytest.approx((256 - 80) / 8000)


def test_short_clips_are_shown_padded():
    display = MFCCDisplay.from_clip(noise(800), MFCCTransformer(duration=0.2))
    assert len(display.waveform) == 3200
    assert not display.waveform[800:].any()


def test_deltas_are_parted_and_units_named():
    display = MFCCDisplay.from_clip(noise(8000), MFCCTransformer(duration=0.5, n_mfcc=7, deltas=2, normalize="clip"))
    display.figure_.canvas.draw()
    assert display.coefficients.shape == (51, 21)
    assert [line.get_ydata()[0] for line in display.ax_.lines] == [6.5, 13.5]
    assert display.ax_.get_ylabel() == "coefficient, then its deltas"
    assert display.colorbar_.ax.get_ylabel() == "MFCC (standard deviations)"


def test_uses_what_was_learned():
    clips = [noise(8000, seed) for seed in range(3)]
    transformer = MFCCTransformer(duration=None, normalize="train").fit(clips)
    display = MFCCDisplay.from_clip(clips[1][:4000], transformer)
    np.testing.assert_array_equal(display.coefficients, transformer.transform([clips[1][:4000]])[0])
    with pytest.raises(NotFittedError):
        MFCCDisplay.from_clip(clips[0], MFCCTransformer(normalize="train"))


@pytest.mark.parametrize("n_samples", [1, 100, 5999, 6000, 100_003])
def test_waveforms_of_any_length_keep_their_extremes(n_samples):
    y = noise(n_samples)
    display = MFCCDisplay.from_clip(y)
    display.figure_.canvas.draw()
    times, values = display.line_.get_data()
    assert (values.min(), values.max()) == (y.min(), y.max())
    assert len(values) < 6001
    assert (np.diff(times) >= 0).all()
    assert times[-1] <= n_samples / 16_000


@pytest.mark.parametrize("n_mfcc", [1, 2])
def test_few_coefficients(n_mfcc):
    display = MFCCDisplay.from_clip(noise(1600), MFCCTransformer(duration=0.1, n_mfcc=n_mfcc))
    display.figure_.canvas.draw()
    ticks = display.ax_.get_yticks()
    assert (ticks == ticks.round()).all()


def test_a_tone_that_never_changes_has_colours_too():
    display = MFCCDisplay.from_clip(np.ones(512), MFCCTransformer(duration=0.032, n_mfcc=1, center=False))
    display.figure_.canvas.draw()
    low, high = display.image_.get_clim()
    assert low < high


def test_files_are_named(tmp_path):
    path = tmp_path / "someone.wav"
    soundfile.write(path, noise(8000), 16_000)
    assert MFCCDisplay.from_clip(path).axes_[0].get_title() == "Waveform and MFCCs of someone.wav"
    axes = Figure().subplots(2)
    assert MFCCDisplay.from_clip(str(path), name="Ann", ax=axes).axes_[0].get_title() == "Waveform and MFCCs of Ann"
    with open(path, "rb") as file:
        display = MFCCDisplay.from_clip(file, ax=Figure().subplots(2))
    assert len(display.waveform) == 8000


def test_axes_can_be_given():
    figure = Figure()
    axes = figure.subplots(2)
    display = MFCCDisplay.from_clip(noise(800), ax=axes)
    assert display.axes_ == list(axes)
    assert display.figure_ is figure
    assert not plt.get_fignums()
    with pytest.raises(ValueError, match="two axes"):
        display.plot(axes[0])


def test_errors(tmp_path):
    with pytest.raises(TypeError, match=r"expected an MFCCTransformer, got Pipeline\. Pass the step"):
        MFCCDisplay.from_clip(noise(800), make_pipeline(MFCCTransformer(), SVC()))
    with pytest.raises(AudioError, match=r"lost\.wav"):
        MFCCDisplay.from_clip(tmp_path / "lost.wav")
    with pytest.raises(AudioError, match="silent"):
        MFCCDisplay.from_clip(np.zeros(800), MFCCTransformer(on_error="zeros"))
    assert not plt.get_fignums()


def test_needs_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^MFCCDisplay needs matplotlib: pip install 'skvoicefake\[plot\]'$"):
        MFCCDisplay.from_clip(noise(800))
