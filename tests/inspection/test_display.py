import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from skvoicefake.inspection import _display, occlusion, timeline
from skvoicefake.inspection._display import _unit

mpl.use("Agg")
OPTIONS = {"window": 0.5, "hop": 0.25}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_waveform_and_scores(pipeline, recording):
    found = timeline(pipeline, recording, **OPTIONS)
    display = found.plot()
    above, below = display.axes_
    assert display.ax_ is below
    assert above.get_title() == f"real (mean of scores {found.score:.2f})"
    assert below.get_xlabel() == "time (s)"
    assert below.get_xlim() == (0, 6)
    np.testing.assert_allclose(display.line_.get_xdata(), found.table[["start", "end"]].mean(axis=1))
    np.testing.assert_array_equal(display.line_.get_ydata(), found.table["score"])
    low, high = display.outline_.get_datalim(above.transData).intervaly
    assert (low, high) == pytest.approx((recording.min(), recording.max()))
    texts = [text.get_text() for axes in display.axes_ for text in axes.get_legend().get_texts()]
    assert texts == ["least real", "towards real", "towards fake"]
    display.figure_.canvas.draw()


def test_what_is_not_judged_is_a_gap(pipeline, recording):
    found = timeline(pipeline, np.concatenate([recording[:16_000], np.zeros(16_000)]), **OPTIONS)
    display = found.plot()
    assert np.isnan(display.line_.get_ydata()).sum() == 3
    assert display.ax_.get_legend().get_texts()[-1].get_text() == "not judged"
    nothing = timeline(pipeline, np.zeros(16_000), **OPTIONS).plot()
    assert nothing.axes_[0].get_title().startswith("expected sound, got a silent clip")
    nothing.figure_.canvas.draw()


@pytest.mark.parametrize("name", ["call.wav", "o'brien's.wav"])
def test_the_name_of_a_file(name, pipeline, recording, tmp_path):
    import soundfile

    soundfile.write(tmp_path / name, recording[:16_000], 16_000)
    title = timeline(pipeline, tmp_path / name, **OPTIONS).plot().axes_[0].get_title()
    assert title.startswith(f"{name}: real (mean")
    plt.close("all")
    display = occlusion(pipeline, tmp_path / name, window=0.5, hop=0.5, bands=2).plot()
    assert display.axes_[0].get_title().startswith(f"{name}: score ")


def test_on_axes_of_ones_own(pipeline, recording):
    found = timeline(pipeline, recording, **OPTIONS)
    figure, axes = plt.subplots(2)
    assert found.plot(axes).figure_ is figure
    with pytest.raises(ValueError, match="TimelineDisplay needs ax to be two axes"):
        found.plot(axes[0])


def test_units():
    assert [_unit(seconds)[0] for seconds in (5, 599, 601, 3 * 3600, 36_000)] == ["s", "s", "min", "h", "h"]


def test_what_parts_add(pipeline, recording):
    found = occlusion(pipeline, recording[20_000:28_000], window=0.1, hop=0.05, bands=4)
    display = found.plot()
    assert [axes.get_xlabel() for axes in display.axes_] == ["", "time (s)", "frequency (kHz)"]
    assert display.axes_[0].get_title() == f"score {found.score:.2f}, and what parts add to it"
    for axes, parts in zip(display.axes_[1:], (found.times, found.bands), strict=True):
        heights = sorted(bar.get_height() for bars in axes.containers for bar in bars)
        assert heights == pytest.approx(sorted(part.effect for part in parts))
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert set(texts) <= {"speaks for real", "speaks for fake"}
    display.figure_.canvas.draw()
    with pytest.raises(ValueError, match="OcclusionDisplay needs ax to be 3 axes"):
        found.plot([1, 2])
    figure, axes = plt.subplots(3)
    assert found.plot(axes).figure_ is figure


def test_of_many_windows_the_mean_and_the_lowest(pipeline, recording, monkeypatch):
    monkeypatch.setattr(_display, "N_POINTS", 8)
    found = timeline(pipeline, np.concatenate([recording, np.zeros(16_000)]), **OPTIONS)
    display = found.plot()
    lowest, line = display.ax_.get_lines()[:2]
    assert line is display.line_
    scores = np.where(found.is_judged, found.scores, np.nan)  # of 27 windows
    for i, (low, mean) in enumerate(zip(lowest.get_ydata(), line.get_ydata(), strict=True)):
        known = scores[4 * i : 4 * i + 4][found.is_judged[4 * i : 4 * i + 4]]
        if len(known):
            assert (low, mean) == pytest.approx((known.min(), known.mean()))
        else:
            assert np.isnan([low, mean]).all()
    assert len(line.get_xdata()) == 7
    assert line.get_xdata()[0] == pytest.approx(found.table[["start", "end"]][:4].to_numpy().mean())
