import sys

import matplotlib
import numpy as np
import pytest
import soundfile
from matplotlib import pyplot

from skvoicefake import _plotting
from skvoicefake.feature_extraction import MFCCDisplay
from skvoicefake.metrics import DETDisplay, ReliabilityDisplay, ScoreDistributionDisplay, evaluate_scores

matplotlib.use("Agg")


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^SomeDisplay needs matplotlib: pip install 'skvoicefake\[plot\]'$"):
        _plotting.new_axes("SomeDisplay")


def test_axes_that_are_given_are_taken():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert _plotting.new_axes("SomeDisplay", axes) == (axes.figure, axes)


def test_seven_lines_differ_in_colour_and_in_shape():
    styles = [_plotting.line_style(position) for position in range(7)]
    for key in ("color", "linestyle", "marker"):
        assert len({style[key] for style in styles}) == 7
    assert _plotting.line_style(7) == styles[0]


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0%"), (0.5, "50%"), (0.04254, "4.25%"), (0.000667, "0.0667%"), (1, "100%")]
)
def test_percent(rate, text):
    assert _plotting.percent(rate) == text


def test_long_names_lose_their_middle():
    assert _plotting.shortened("griffinlim") == "griffinlim"
    assert _plotting.shortened("abcdefghij", 10) == "abcdefghij"
    assert _plotting.shortened("abcdefghijk", 10) == "abcdef…ijk"
    assert len(_plotting.shortened("x" * 100)) == 36
    assert _plotting.shortened(7) == "7"


def test_names_are_no_mathematics(tmp_path):
    """A pair of $ around what TeX does not know ended in matplotlib's error."""
    name = "$\\frac$"
    rng = np.random.default_rng(0)
    y = np.tile([name, "real"], 40)
    scores = rng.normal(size=80) + (y == "real")
    probabilities = 1 / (1 + np.exp(-scores))
    attack = np.where(y == "real", "-", name)
    report = evaluate_scores(
        y, scores, threshold=0, y_prob=probabilities, attack=attack, pos_label="real", n_resamples=0, title=name
    )
    path = tmp_path / f"{name}{name}.wav"
    soundfile.write(path, 0.1 * rng.normal(size=16_000), 16_000)
    displays = [
        MFCCDisplay.from_clip(path),
        DETDisplay.from_predictions(y, scores, pos_label="real", name=name),
        ReliabilityDisplay.from_predictions(y, probabilities, pos_label="real", name=name),
        ScoreDistributionDisplay.from_predictions(y, scores, pos_label="real"),
    ]
    for figure in [*report.figures().values(), *(display.figure_ for display in displays)]:
        figure.canvas.draw()
    assert report.to_html().count("data:image/png") == len(report.figures())
    assert _plotting.shortened(name) == "\\$\\frac\\$"
    pyplot.close("all")
