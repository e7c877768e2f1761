import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skvoicefake import CNNLSTMClassifier, MFCCTransformer
from skvoicefake._classifier_input import encode_labels
from skvoicefake.neural_network._validation import as_panel, clip_weights, group_codes, hold_out

PANEL = np.arange(24, dtype=np.float64).reshape(2, 4, 3)


@pytest.mark.parametrize("X", [PANEL, PANEL.tolist(), tuple(PANEL), PANEL.astype(int), np.asfortranarray(PANEL)])
def test_a_panel_becomes_contiguous_float32(X):
    panel = as_panel(CNNLSTMClassifier(), X, reset=True)
    assert panel.dtype == np.float32
    assert panel.flags.c_contiguous
    assert np.array_equal(panel, PANEL)


def test_a_panel_of_the_right_kind_is_not_copied():
    X = PANEL.astype(np.float32)
    assert np.shares_memory(as_panel(CNNLSTMClassifier(), X, reset=True), X)


def test_plain_2d_has_one_coefficient_a_frame():
    assert as_panel(CNNLSTMClassifier(), np.ones((2, 12)), reset=True).shape == (2, 12, 1)


def test_n_frames_folds_2d():
    panel = as_panel(CNNLSTMClassifier(n_frames=4), PANEL.reshape(2, 12), reset=True)
    assert np.array_equal(panel, PANEL)


@pytest.mark.parametrize("as_pandas", [False, True])
@pytest.mark.parametrize("prefix", ["", "mfcc__"])
def test_flat_output_folds_itself(as_pandas, prefix):
    clips = [np.random.default_rng(i).normal(size=3000) for i in range(3)]
    transformer = MFCCTransformer(duration=0.15, n_mfcc=5, n_mels=20, deltas=1)
    panel = transformer.fit_transform(clips)
    flat = transformer.set_params(output="flat").fit_transform(clips)
    if as_pandas:
        flat = pd.DataFrame(flat, columns=prefix + transformer.get_feature_names_out())
    assert np.array_equal(as_panel(CNNLSTMClassifier(), flat, reset=True), panel)


FLAT_COLUMNS = [f"frame{t}_mfcc{i}" for t in range(4) for i in range(3)]


@pytest.mark.parametrize(
    "columns",
    [
        FLAT_COLUMNS[1:],
        FLAT_COLUMNS[3:],
        FLAT_COLUMNS[:-1],
        [FLAT_COLUMNS[i] for i in (0, 4, 8, 9)],
        FLAT_COLUMNS[:3] + FLAT_COLUMNS[6:],
        FLAT_COLUMNS[::-1],
        [*FLAT_COLUMNS, "age"],
        ["frame3_mfcc2"],
        [f"{side}__{column}" for side in "ab" for column in FLAT_COLUMNS],
    ],
)
def test_columns_of_a_panel_that_is_not_whole_are_refused(columns):
    table = pd.DataFrame(np.ones((2, len(columns))), columns=columns)
    with pytest.raises(ValueError, match="not one whole panel"):
        as_panel(CNNLSTMClassifier(), table, reset=True)


def test_coefficients_that_left_every_frame_leave_a_panel():
    table = pd.DataFrame(PANEL.reshape(2, 12), columns=FLAT_COLUMNS).drop(columns=FLAT_COLUMNS[1::3])
    assert np.array_equal(as_panel(CNNLSTMClassifier(), table, reset=True), PANEL[:, :, [0, 2]])


def test_columns_of_other_names_are_one_coefficient_a_frame():
    table = pd.DataFrame(np.ones((2, 12)), columns=[f"x{i}" for i in range(12)])
    assert as_panel(CNNLSTMClassifier(), table, reset=True).shape == (2, 12, 1)


def test_n_frames_must_divide_the_columns():
    with pytest.raises(ValueError, match="X has 12 columns, which cannot be n_frames=5 frames"):
        as_panel(CNNLSTMClassifier(n_frames=5), np.ones((2, 12)), reset=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("flat", [False, True])
def test_bad_numbers_are_named_by_position(bad, flat):
    X = np.ones((9, 4, 3))
    X[2, 1, 1] = X[7, 0, 0] = bad
    with pytest.raises(ValueError, match=r"NaN or infinity in 2 clips, the first at positions \[2, 7\]"):
        as_panel(CNNLSTMClassifier(), X.reshape(9, 12) if flat else X, reset=True)


def test_numbers_too_large_for_float32_are_named():
    X = np.ones((3, 4, 3))
    X[1, 0, 0] = 1e300
    with pytest.raises(ValueError, match=r"positions \[1\]"):
        as_panel(CNNLSTMClassifier(), X, reset=True)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.empty((0, 4, 3)), "0 sample"),
        (np.empty((0, 4)), "0 sample"),
        (np.empty((2, 0, 3)), r"shape \(2, 0, 3\) holds empty clips"),
        (np.empty((2, 4, 0)), r"shape \(2, 4, 0\) holds empty clips"),
        ([], "0 sample|1D array"),
        (np.ones(4), "1D array"),
        (np.ones((2, 2, 2, 2)), "X has 4 dimensions, where"),
        (PANEL + 1j, "Complex"),
        ([PANEL[0], PANEL[1, 1:]], "clips of different shapes"),
        ([PANEL[0], PANEL[1, :, 1:]], "clips of different shapes"),
        (np.array([PANEL[0], PANEL[1, 1:], None], dtype=object)[:2], "clips of different shapes"),
        (["a.wav", "b.wav"], r"X holds paths or strings, such as 'a\.wav'\. Put MFCCTransformer before"),
        ([Path("a.wav")], "Put MFCCTransformer before"),
        (np.array(["a.wav"]), "Put MFCCTransformer before"),
        (pd.Series(["a.wav"]), "Put MFCCTransformer before"),
    ],
)
def test_other_shapes_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        as_panel(CNNLSTMClassifier(), X, reset=True)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix])
def test_sparse_is_refused(make):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        as_panel(CNNLSTMClassifier(), make(np.eye(4)), reset=True)


@pytest.mark.parametrize(
    ("y", "classes", "targets"),
    [
        (["spoof", "bonafide", "spoof"], ["bonafide", "spoof"], [1, 0, 1]),
        (np.array(["b", "a", "b"], dtype=object), ["a", "b"], [1, 0, 1]),
        ([True, False, True], [False, True], [1, 0, 1]),
        ([7, -1, 7], [-1, 7], [1, 0, 1]),
        (pd.Series(["b", "a", "b"], index=[5, 6, 7]), ["a", "b"], [1, 0, 1]),
        (pd.Series(["b", "a", "b"], dtype="category"), ["a", "b"], [1, 0, 1]),
    ],
)
def test_labels_are_sorted(y, classes, targets):
    found, codes = encode_labels(y, n_clips=3)
    assert found.tolist() == classes
    assert codes.tolist() == targets


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        ([0, 1], "X holds 3 clips and y 2 labels"),
        ([1, 1, 1], "y has only one class, .*1.*, for all 3 clips"),
        ([0.0, 1.0, np.nan], r"y contains NaN, None or infinity at positions \[2\]"),
        (["a", None, "b"], r"y contains NaN, None or infinity at positions \[1\]"),
        (np.array(["a", "b", np.nan], dtype=object), r"y contains NaN, None or infinity at positions \[2\]"),
        (pd.Series(["a", "b", None]), r"y contains NaN, None or infinity at positions \[2\]"),
        (pd.Series(["a", pd.NA, "b"], dtype="string"), r"y contains NaN, None or infinity at positions \[1\]"),
        (np.array([0, "a", 1], dtype=object), r"y mixes labels of types \['int', 'str'\]"),
        ([0, "a", 1], r"y mixes labels of types \['int', 'str'\]"),
        (["a", np.nan, "b"], r"y contains NaN, None or infinity at positions \[1\]"),
        (["a", "a", "a"], r"y has only one class, 'a', for all 3 clips"),
        ([0.1, 0.2, 0.3], "Unknown label type"),
        ([0, np.inf, -np.inf], r"y contains NaN, None or infinity at positions \[1, 2\]"),
        (np.eye(3), "1d array"),
    ],
)
def test_bad_labels_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        encode_labels(y, n_clips=3)


def weights(sample_weight=None, class_weight=None, labels=("a", "a", "a", "b")):
    return clip_weights(sample_weight, class_weight, np.array(labels), np.ones((len(labels), 4, 3), dtype=np.float32))


def test_weights_have_mean_one():
    assert weights([1, 2, 3, 4]).tolist() == pytest.approx([0.4, 0.8, 1.2, 1.6])
    assert np.array_equal(weights([1, 2, 3, 4]), weights([100, 200, 300, 400]))


def test_clips_of_no_weight_do_not_change_the_mean():
    assert weights([0, 1, 1, 2]).tolist() == pytest.approx([0, 0.75, 0.75, 1.5])


def test_class_weight_multiplies_sample_weight():
    assert weights(class_weight="balanced").tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert weights([1, 1, 2, 4], {"a": 2, "b": 1}).tolist() == pytest.approx([2 / 3, 2 / 3, 4 / 3, 4 / 3])


def test_the_callers_weights_are_left_alone():
    mine = np.array([1.0, 2, 3, 4])
    weights(mine, "balanced")
    assert mine.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("sample_weight", "class_weight", "message"),
    [
        ([1, 1, 1], None, r"sample_weight.shape == \(3,\), expected \(4,\)"),
        ([1, -1, 1, 1], None, "sample_weight holds negative weights"),
        ([0, 0, 0, 0], None, "is zero for every clip|at least one non-zero"),
        ([1, np.nan, 1, 1], None, "sample_weight contains NaN"),
        (np.ones((4, 1)), None, "Sample weights must be 1D"),
        (None, {"c": 2}, "class_weight"),
        (None, {"a": -1}, "class_weight holds {.*-1}"),
        (None, {"a": np.nan}, r"class_weight holds {.*nan}"),
        (None, {"a": "x"}, r"class_weight holds {.*x.*}"),
        ([0, 0, 0, 1], {"b": 0}, "zero for every clip"),
        ([1, 1, 0, 0], None, "Only one class, 'a', has clips of a sample_weight"),
        (None, {"a": 0}, "Only one class, 'b', has clips"),
    ],
)
def test_bad_weights_are_named(sample_weight, class_weight, message):
    with pytest.raises(ValueError, match=message):
        weights(sample_weight, class_weight)


def test_the_split_is_stratified_and_seeded():
    targets = np.repeat([0, 1], [80, 20])
    train, validation = hold_out(targets, None, 0.1, seed=0)
    assert sorted([*train, *validation]) == list(range(100))
    assert np.bincount(targets[validation]).tolist() == [8, 2]
    assert np.array_equal(hold_out(targets, None, 0.1, seed=0)[1], validation)
    assert not np.array_equal(hold_out(targets, None, 0.1, seed=1)[1], validation)


def test_a_small_fraction_still_holds_one_clip_a_class():
    targets = np.repeat([0, 1, 2], 5)
    _, validation = hold_out(targets, None, 0.01, seed=0)
    assert sorted(targets[validation]) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides(seed):
    targets = np.tile([0, 1], 30)
    groups = np.repeat(np.arange(10), 6)
    train, validation = hold_out(targets, groups, 0.2, seed=seed)
    assert not set(groups[train]) & set(groups[validation])
    assert len(validation) == 12
    assert set(targets[validation]) == {0, 1}


def test_groups_of_one_class_each_are_split_too():
    targets = np.repeat([0, 1], 20)
    groups = np.repeat(np.arange(8), 5)
    train, validation = hold_out(targets, groups, 0.5, seed=0)
    assert set(targets[train]) == set(targets[validation]) == {0, 1}


@pytest.mark.parametrize(
    ("targets", "groups", "reason"),
    [
        ([0, 0, 0, 1], None, "a class has only one clip"),
        ([0, 0, 1, 1], [0, 0, 0, 0], "no split by groups"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "no split by groups"),
    ],
)
def test_where_nothing_can_be_held_back_a_warning_says_why(targets, groups, reason):
    with pytest.warns(UserWarning, match=f"No clips are held back for early stopping, since {reason}"):
        train, validation = hold_out(np.array(targets), groups, 0.1, seed=0)
    assert train.tolist() == [0, 1, 2, 3]
    assert validation is None


def test_too_few_clips_for_the_fraction_is_said_as_it_is():
    with pytest.warns(UserWarning, match="validation_fraction=0.9 leaves too few"):
        assert hold_out(np.array([0, 0, 1, 1]), None, 0.9, seed=0)[1] is None


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        group_codes([1], n_clips=2)


@pytest.mark.parametrize("unknown", [None, np.nan, pd.NA, "", "-"])
def test_groups_that_are_not_known_tie_nothing(unknown):
    groups = np.array(["a", unknown, unknown, "a"], dtype=object)
    for form in (groups, groups.tolist(), pd.Series(groups), pd.DataFrame({"speaker": groups})):
        assert group_codes(form, n_clips=4).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinite_groups_are_named(infinite):
    with pytest.raises(ValueError, match=r"groups contains infinity at positions \[1\]"):
        group_codes([1.0, infinite, np.nan], n_clips=3)


def test_groups_of_any_kind_get_numbers():
    assert group_codes(np.array(["b", 1, "b", 2.5], dtype=object), n_clips=4).tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    "groups",
    [
        pd.DataFrame({"speaker": ["a", "b", "b", "-"], "sentence": [1, 1, None, np.nan]}),
        [["a", "x"], ["b", "x"], ["b", "y"], ["c", None]],
        pd.DataFrame({"speaker": ["a", "b", "c", "d"], "group": ["x", "x", "x", "y"]}),
        pd.DataFrame({"attack": ["-", "-", "A1", "A1"], "speaker": ["a", "a", "a", "b"]}),
    ],
    ids=["table", "lists", "group", "attack"],
)
def test_several_keys_tie_clips_together(groups):
    assert group_codes(groups, n_clips=4).tolist() == [0, 0, 0, 1]


def test_more_groups_than_clips_of_any_class():
    targets = np.repeat([0, 1], 8)
    train, validation = hold_out(targets, np.arange(16), 0.1, seed=0)
    assert sorted([*train, *validation]) == list(range(16))
    assert set(targets[validation]) == {0, 1}


def test_a_class_without_clips_is_no_hindrance():
    """Its clips may all be of weight zero."""
    targets = np.repeat([0, 2], 10)
    for groups in (None, np.arange(20) // 2):
        assert set(targets[hold_out(targets, groups, 0.2, seed=0)[1]]) == {0, 2}


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.25, 0.4, 0.6, 0.9])
def test_groups_hold_back_the_share_that_was_asked(fraction):
    targets, groups = np.tile([0, 1], 200), np.repeat(np.arange(40), 10)
    train, validation = hold_out(targets, groups, fraction, seed=0)
    assert len(validation) == round(fraction * 400)
    assert not set(groups[train]) & set(groups[validation])


def test_more_is_held_back_where_a_group_has_but_one_class():
    targets, groups = np.repeat([0, 1], 20), np.repeat(np.arange(8), 5)
    train, validation = hold_out(targets, groups, 0.1, seed=0)
    assert set(targets[train]) == set(targets[validation]) == {0, 1}


def test_no_warning_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hold_out(np.tile([0, 1], 10), np.repeat(np.arange(4), 5), 0.25, seed=0)
