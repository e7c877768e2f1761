import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from skvoicefake.detectors._kernel import machine_of, svm_arrays, svm_decision


def rows(seed, n=120, n_features=30):
    rng = np.random.default_rng(seed)
    X = rng.standard_t(6, size=(n, n_features)).astype(np.float32)
    return X, np.where(X[:, 0] + rng.normal(size=n) > 0, "real", "fake")


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    C=st.sampled_from([0.1, 1, 10]),
    gamma=st.sampled_from(["scale", "auto", 0.02]),
    weight=st.sampled_from([None, "balanced"]),
)
def test_decisions_are_those_of_the_machine(seed, C, gamma, weight):
    X, y = rows(seed)
    machine = SVC(C=C, gamma=gamma, class_weight=weight).fit(X, y)
    new = np.concatenate([X, rows(seed + 1)[0]])
    for bits, tolerance in ((16, 1e-3), (14, 4e-3), (12, 1e-2)):
        decided = svm_decision(machine_of(svm_arrays(machine, bits=bits)), new)
        np.testing.assert_allclose(decided, machine.decision_function(new), atol=tolerance)


def test_blocks_and_single_clips_agree(monkeypatch):
    X, y = rows(1)
    machine = machine_of(svm_arrays(SVC().fit(X, y)))
    expected = svm_decision(machine, X)
    monkeypatch.setattr("skvoicefake.detectors._kernel.BLOCK", 500)
    np.testing.assert_allclose(svm_decision(machine, X), expected, rtol=1e-12)
    np.testing.assert_allclose([svm_decision(machine, row[np.newaxis])[0] for row in X], expected, rtol=1e-12)
    assert svm_decision(machine, X[:0]).shape == (0,)


def test_constant_features():
    X, y = rows(2)
    X[:, 3] = 5
    machine = SVC(gamma=0.03).fit(X, y)
    np.testing.assert_allclose(
        svm_decision(machine_of(svm_arrays(machine)), X), machine.decision_function(X), atol=1e-2
    )


def test_errors():
    X, y = rows(0)
    with pytest.raises(ValueError, match="kernel='rbf', got 2 and 'linear'"):
        svm_arrays(SVC(kernel="linear").fit(X, y))
    with pytest.raises(ValueError, match="two classes with kernel='rbf', got 3"):
        svm_arrays(SVC().fit(X[:3], ["a", "b", "c"]))
    with pytest.raises(ValueError, match="from 1 to 16, got 17"):
        svm_arrays(SVC().fit(X, y), bits=17)
