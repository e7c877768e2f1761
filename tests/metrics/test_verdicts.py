import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, classification_report, confusion_matrix

from skvoicefake.metrics._verdicts import confusion, resampled_confusion, verdict_figures


@pytest.mark.parametrize(
    "matrix", [[[1780, 14], [9, 1731]], [[3, 1], [2, 5]], [[4, 0], [3, 0]], [[0, 2], [5, 0]]], ids=str
)
def test_figures_are_those_of_scikit_learn(matrix):
    y_true = np.repeat([0, 0, 1, 1], np.ravel(matrix))
    y_pred = np.repeat([0, 1, 0, 1], np.ravel(matrix))
    np.testing.assert_array_equal(confusion(y_true == 1, y_pred == 1), confusion_matrix(y_true, y_pred))
    figures = verdict_figures(np.array(matrix), ["no", "yes"])
    report = classification_report(y_true, y_pred, target_names=["no", "yes"], output_dict=True, zero_division=0)
    assert figures["accuracy"] == pytest.approx(accuracy_score(y_true, y_pred), abs=1e-12)
    assert figures["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y_true, y_pred), abs=1e-12)
    names = {"no": "no", "yes": "yes", "macro avg": "macro", "weighted avg": "weighted"}
    for row, name in names.items():
        for column, figure in {"precision": "precision", "recall": "recall", "f1-score": "f1"}.items():
            assert figures[f"{figure}[{name}]"] == pytest.approx(report[row][column], abs=1e-12)
    assert len(figures) == 2 + 4 * 3


def test_many_matrices_at_once():
    matrices = np.random.default_rng(0).integers(1, 50, size=(7, 2, 2))
    together = verdict_figures(matrices, ["a", "b"])
    for i, matrix in enumerate(matrices):
        for name, value in verdict_figures(matrix, ["a", "b"]).items():
            assert together[name][i] == value


@pytest.fixture
def verdicts():
    rng = np.random.default_rng(0)
    is_positive = rng.uniform(size=200) < 0.4
    return is_positive, is_positive ^ (rng.uniform(size=200) < 0.2)


def test_clips_are_resampled_within_their_class(verdicts):
    is_positive, called = verdicts
    matrices = resampled_confusion(is_positive, called, None, 500, np.random.RandomState(0))
    assert matrices.shape == (500, 2, 2)
    np.testing.assert_array_equal(matrices.sum(axis=2), np.tile(np.bincount(is_positive), (500, 1)))
    whole = confusion(is_positive, called)
    # The mean over resamples is the matrix itself, to within some standard errors.
    spread = np.sqrt(whole * (1 - whole / whole.sum(axis=1, keepdims=True)) / 500)
    assert (np.abs(matrices.mean(axis=0) - whole) < 5 * spread).all()


def test_groups_are_resampled_whole():
    is_positive = np.array([False, True] * 4)
    called = np.array([False, True, True, False] * 2)  # every other group is all wrong
    groups = np.repeat(["a", "b", "c", "d"], 2)
    matrices = resampled_confusion(is_positive, called, groups, 300, np.random.RandomState(0))
    assert (matrices.sum(axis=(1, 2)) == 8).all()
    # Right verdicts come in pairs, as groups do.
    right = matrices[:, 0, 0]
    np.testing.assert_array_equal(right, matrices[:, 1, 1])
    assert set(right) == {0, 1, 2, 3, 4}


def test_resamples_of_one_class_are_left_out():
    is_positive, groups = np.array([False, True]), np.array(["a", "b"])
    matrices = resampled_confusion(is_positive, is_positive, groups, 200, np.random.RandomState(0))
    assert 0 < len(matrices) < 200
    assert (matrices == np.eye(2)).all()
