import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def only_one_figure():
    """Close what a test drew, which may be one figure through pyplot and no more."""
    from matplotlib import pyplot as plt

    assert not plt.get_fignums()
    yield
    figures = plt.get_fignums()
    plt.close("all")
    assert len(figures) <= 1


@pytest.fixture
def labels_and_scores():
    """Return 200 fakes and 100 real clips, some of each on the wrong side."""
    rng = np.random.default_rng(0)
    y = np.repeat(["fake", "real"], [200, 100])
    return y, rng.normal(size=300) + 3 * (y == "real")


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
