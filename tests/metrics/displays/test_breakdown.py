import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from skvoicefake.metrics import BreakdownDisplay, UpsideDownWarning, confidence_interval, equal_error_rate

COLUMNS = ["name", "n", "value", "low", "high"]


@pytest.fixture
def table():
    rows = [["world", 1200, 0.02, 0.01, 0.04], ["griffinlim", 18, 0.11, 0.08, 0.15], ["g711", 40, 0, 0, 0]]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def clips():
    """Return labels, scores and attacks of 120 fakes and 60 real clips."""
    rng = np.random.default_rng(0)
    y = np.repeat(["fake", "real"], [120, 60])
    attack = np.r_[np.tile(["world", "griffinlim", "glow"], 40), np.full(60, "-")]
    return y, rng.normal(size=180) + np.where(y == "real", 2.0, np.where(attack == "glow", 1.0, 0.0)), attack


def names(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def column(display):
    return [text.get_text() for text in display.ax_.texts]


def test_draws_a_row_each_the_worst_on_top(table):
    display = BreakdownDisplay(table, overall=0.05, title="EER by attack").plot()
    display.figure_.canvas.draw()
    assert names(display) == ["griffinlim (18 clips)", "world (1,200 clips)", "g711 (40 clips)", "all clips"]
    x, y = display.points_.get_data()
    np.testing.assert_allclose(x, [11, 2, 0])
    assert display.ax_.get_ylim()[0] > display.ax_.get_ylim()[1], "the first row is not on top"
    np.testing.assert_array_equal(y, [0, 1, 2])
    ends = [segment[:, 0] for segment in display.intervals_.get_segments()]
    np.testing.assert_allclose(ends, [[8, 15], [1, 4], [0, 0]])
    assert column(display) == ["11.0% (8.0 to 15.0)", "2.0% (1.0 to 4.0)", "0.0% (0.0 to 0.0)", "5.0%"]
    assert display.line_.get_xdata()[0] == 5
    assert display.ax_.get_title() == "EER by attack"
    assert display.ax_.get_xlabel() == "EER (%)"


def test_figures_that_are_no_rates(table):
    display = BreakdownDisplay(table, figure_name="Cllr", is_rate=False).plot()
    assert display.ax_.get_xlabel() == "Cllr"
    assert display.ax_.get_title() == "Cllr by group"
    assert column(display)[0] == "0.110 (0.080 to 0.150)"
    assert display.line_ is None
    assert len(names(display)) == 3


def test_what_is_rough_or_not_defined_is_said_last(table):
    table.loc[1, ["value", "low", "high"]] = np.nan
    table.loc[0, ["low", "high"]] = np.nan
    display = BreakdownDisplay(table).plot()
    display.figure_.canvas.draw()
    assert names(display)[-1] == "griffinlim (18 clips)"
    assert column(display) == ["0.00% (0.00 to 0.00)", "2.00%", "not defined"]


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -2.0])
def test_one_row_of_any_value(value):
    display = BreakdownDisplay(pd.DataFrame([["a", 1, value, value, value]], columns=COLUMNS), is_rate=False).plot()
    display.figure_.canvas.draw()
    low, high = display.ax_.get_xlim()
    assert low < high


def test_long_names_leave_room_for_the_figures(table):
    table["name"] = ["a neural codec language model with " * 3 + str(i) for i in range(3)]
    display = BreakdownDisplay(table).plot()
    display.figure_.canvas.draw()
    assert all(len(name) < 60 for name in names(display))
    assert len(set(names(display))) == 3
    assert display.ax_.get_window_extent().width > 200


def test_many_rows_make_a_high_figure(table):
    few = BreakdownDisplay(table).plot(Figure().subplots())
    assert few.figure_.get_figheight() == Figure().get_figheight()
    rows = pd.concat([table] * 7, ignore_index=True)
    assert BreakdownDisplay(rows).plot().figure_.get_figheight() > 6


def test_fakes_of_each_attack_against_all_real_clips(clips):
    y, scores, attack = clips
    display = BreakdownDisplay.from_predictions(y, scores, attack, n_resamples=50, random_state=0)
    rows = display.table.set_index("name")
    assert rows["n"].to_dict() == {"glow": 40, "griffinlim": 40, "world": 40}
    for name, row in rows.iterrows():
        chosen = (y == "real") | (attack == name)
        assert row["value"] == equal_error_rate(y[chosen], scores[chosen])
        interval = confidence_interval(equal_error_rate, y[chosen], scores[chosen], n_resamples=50, random_state=0)
        assert (row["low"], row["high"]) == interval
    assert display.overall == equal_error_rate(y, scores)
    assert names(display)[0] == "glow (40 clips)"


def test_groups_of_real_clips_are_not_looked_at(clips):
    y, scores, attack = clips
    expected = BreakdownDisplay.from_predictions(y, scores, attack, n_resamples=0, ax=Figure().subplots()).table
    missing = np.where(y == "real", None, attack)
    display = BreakdownDisplay.from_predictions(y, scores, missing, n_resamples=0)
    pd.testing.assert_frame_equal(display.table, expected)
    assert display.table["low"].isna().all()


def test_either_label_may_be_the_real_one(clips):
    y, scores, attack = clips
    expected = BreakdownDisplay.from_predictions(y, scores, attack, n_resamples=0, ax=Figure().subplots()).table
    axes = Figure().subplots()
    numbers = np.where(y == "fake", 1, 0)
    display = BreakdownDisplay.from_predictions(numbers, -scores, attack, real_label=0, n_resamples=0, ax=axes)
    np.testing.assert_allclose(display.table["value"], expected["value"], atol=1e-12)
    display = BreakdownDisplay.from_predictions(y, -scores, attack, pos_label="fake", n_resamples=0)
    np.testing.assert_allclose(display.table["value"], expected["value"], atol=1e-12)
    assert display.table["n"].tolist() == [40, 40, 40]


def test_both_classes_from_the_group(clips):
    y, scores, _ = clips
    speaker = np.r_[np.tile([1, 2, 3], 40), np.tile([1, 2], 30)]
    display = BreakdownDisplay.from_predictions(y, scores, speaker, against_all_real=False, n_resamples=0)
    rows = display.table.set_index("name")
    assert rows["n"].to_dict() == {"1": 70, "2": 70, "3": 40}
    for number in (1, 2):
        assert rows["value"][str(number)] == equal_error_rate(y[speaker == number], scores[speaker == number])
    assert np.isnan(rows["value"]["3"])
    assert column(display)[2] == "not defined"


@pytest.mark.parametrize(("n_clips", "has_interval"), [(1, False), (4, False), (5, True)])
def test_few_clips_have_no_interval(clips, n_clips, has_interval):
    y, scores, attack = clips
    attack[:n_clips] = "rare"
    display = BreakdownDisplay.from_predictions(y, scores, attack, n_resamples=20, random_state=0)
    row = display.table.set_index("name").loc["rare"]
    assert row["n"] == n_clips
    assert np.isfinite(row["value"])
    assert np.isfinite([row["low"], row["high"]]).tolist() == [has_interval] * 2


def test_an_attack_that_is_upside_down_is_drawn_without_a_word(clips):
    y, scores, attack = clips
    scores = np.where(attack == "glow", 9.0, scores)
    display = BreakdownDisplay.from_predictions(y, scores, attack, n_resamples=20, random_state=0)
    assert display.table.set_index("name")["value"]["glow"] == 1
    with pytest.warns(UpsideDownWarning) as caught:
        BreakdownDisplay.from_predictions(y, -scores, attack, n_resamples=20, ax=Figure().subplots())
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("y", "groups", "options", "message"),
    [
        (["fake", "real"], ["a"], {}, "inconsistent numbers of samples: 2 and 1"),
        (["fake", "real"], [None, "a"], {}, "groups holds 1 names that are NaN or None"),
        ([0, 1], ["a", "-"], {}, "Pass the label of the real voice"),
        (["fake", "real"], ["a", "-"], {"real_label": "bonafide"}, "real_label='bonafide' is none"),
        (["real", "real"], ["a", "-"], {}, "needs two classes"),
    ],
)
def test_errors(y, groups, options, message):
    with pytest.raises(ValueError, match=message):
        BreakdownDisplay.from_predictions(y, [0.1, 0.9], groups, n_resamples=0, **options)
    assert not plt.get_fignums()


def test_tables_that_are_none(table):
    with pytest.raises(ValueError, match=r"\['low'\] is missing"):
        BreakdownDisplay(table.drop(columns="low")).plot()
    with pytest.raises(ValueError, match="one row or more"):
        BreakdownDisplay(table.head(0)).plot()
    assert not plt.get_fignums()


def test_needs_matplotlib(table, clips, no_matplotlib):
    with pytest.raises(ImportError, match="BreakdownDisplay needs matplotlib: pip install"):
        BreakdownDisplay(table).plot()
    with pytest.raises(ImportError, match="BreakdownDisplay needs matplotlib: pip install"):
        BreakdownDisplay.from_predictions(*clips)
