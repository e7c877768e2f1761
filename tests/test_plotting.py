import sys

import matplotlib
import pytest

from skvoicefake import _plotting

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
