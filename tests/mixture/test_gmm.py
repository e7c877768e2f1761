import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils._testing import assert_allclose
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import MFCCTransformer
from skvoicefake.mixture import GMMClassifier

N_CLIPS, N_FRAMES, N_COEFFICIENTS = 40, 20, 3


def panel_of(n_classes=2, seed=0):
    """Noise whose spread differs from class to class: means tell nothing."""
    rng = np.random.default_rng(seed)
    y = np.arange(N_CLIPS) % n_classes
    return rng.normal(size=(N_CLIPS, N_FRAMES, N_COEFFICIENTS)) * (1 + y)[:, np.newaxis, np.newaxis], y


def small(**parameters):
    return GMMClassifier(**({"n_components": 2, "random_state": 0} | parameters))


# Their rows are features, which differ; the frames of a clip, as a row is read by default, do not.
@parametrize_with_checks([GMMClassifier(n_components=2, n_frames=1)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_it_learns_and_its_answers_agree():
    X, y = panel_of()
    names = np.array(["bonafide", "spoof"])[y]
    gmm = small().fit(X[:30], names[:30])
    assert is_classifier(gmm)
    assert gmm.classes_.tolist() == ["bonafide", "spoof"]
    assert gmm.panel_shape_ == (N_FRAMES, N_COEFFICIENTS)
    assert gmm.score(X[30:], names[30:]) == 1
    scores, probabilities = gmm.decision_function(X), gmm.predict_proba(X)
    assert_allclose(np.log(probabilities[:, 1] / probabilities[:, 0]), scores)
    assert np.array_equal(gmm.predict(X), np.where(scores > 0, "spoof", "bonafide"))


def test_more_than_two_classes():
    X, y = panel_of(3)
    gmm = small().fit(X, y)
    assert gmm.decision_function(X).shape == (N_CLIPS, 3)
    assert_allclose(gmm.predict_proba(X).sum(axis=1), 1)
    assert gmm.score(X, y) > 0.9


@pytest.mark.parametrize("covariance_type", ["diag", "full"])
def test_one_component_is_a_gaussian_by_hand(covariance_type):
    X, y = panel_of()
    gmm = small(n_components=1, covariance_type=covariance_type, reg_covar=0).fit(X, y)
    densities = []
    for label in (0, 1):
        frames = X[y == label].reshape(-1, N_COEFFICIENTS)
        if covariance_type == "diag":
            log_density = norm(frames.mean(axis=0), frames.std(axis=0)).logpdf(X).sum(axis=2)
        else:
            log_density = multivariate_normal(frames.mean(axis=0), np.cov(frames.T, bias=True)).logpdf(X)
        densities.append(log_density.mean(axis=1))
    assert_allclose(gmm.decision_function(X), densities[1] - densities[0])


def test_scales_of_the_coefficients_do_not_matter():
    X, y = panel_of()
    stretched = X * [1e-4, 1, 1e5] + [10, 0, -3]
    assert_allclose(small().fit(stretched, y).decision_function(stretched), small().fit(X, y).decision_function(X))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_constant_coefficient_tells_nothing(dtype):
    X, y = panel_of()
    X = X.astype(dtype)
    gmm = small().fit(X, y)
    for value in (0.1, -17.3):
        constant = np.full((N_CLIPS, N_FRAMES, 1), value, dtype)
        both = np.concatenate([X, constant], axis=2)
        with_constant = small().fit(both, y)
        assert with_constant.scale_[-1] == 1
        assert_allclose(with_constant.decision_function(both), gmm.decision_function(X))
        # Nor does the last bit of it.
        moved = np.concatenate([X, np.nextafter(constant, dtype(9))], axis=2)
        assert_allclose(with_constant.decision_function(moved), gmm.decision_function(X), rtol=1e-4)


def test_padding_tells_nothing():
    """Neither how much there is, nor whether only one class has some."""
    X, y = panel_of()
    padding = np.zeros((N_CLIPS, 7, N_COEFFICIENTS))
    padded = np.concatenate([X, np.repeat(X[:, -1:], 7, axis=1)], axis=1)
    gmm = small().fit(X, y)
    assert_allclose(small().fit(padded, y).decision_function(padded), gmm.decision_function(X))
    # All that silence adds is one frame of it.
    silent = np.concatenate([X, padding], axis=1)
    once = np.concatenate([X, padding[:, :1]], axis=1)
    assert_allclose(small().fit(silent, y).decision_function(silent), small().fit(once, y).decision_function(once))


def test_a_score_does_not_depend_on_the_other_clips():
    X, y = panel_of()
    gmm = small().fit(X.astype(np.float32), y)
    X = X.astype(np.float32)
    together = gmm.decision_function(X)
    for i in (0, 7, N_CLIPS - 1):
        assert gmm.decision_function(X[[i]])[0] == together[i]


def test_a_seed_gives_the_same_bits():
    X, y = panel_of()
    parameters = {"n_components": 8, "max_frames": 100}
    scores = small(**parameters).fit(X, y).decision_function(X)
    assert np.array_equal(small(**parameters).fit(X, y).decision_function(X), scores)
    assert not np.array_equal(small(**parameters, random_state=1).fit(X, y).decision_function(X), scores)


def test_frames_to_learn_from_are_limited():
    X, y = panel_of()
    assert np.array_equal(
        small(max_frames=400).fit(X, y).decision_function(X), small(max_frames=None).fit(X, y).decision_function(X)
    )
    few = small(max_frames=50).fit(X, y)
    assert not np.array_equal(few.decision_function(X), small(max_frames=None).fit(X, y).decision_function(X))
    assert few.score(X, y) > 0.9


def test_flat_rows_are_folded():
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=1600) * (1 + i % 2) for i in range(12)]
    y = np.arange(12) % 2
    mfcc = MFCCTransformer(duration=0.1, n_mfcc=4, n_mels=16)
    expected = small().fit(mfcc.fit_transform(clips), y).decision_function(mfcc.transform(clips))
    flat = clone(mfcc).set_params(output="flat")
    rows = flat.fit_transform(clips)
    table = clone(flat).set_output(transform="pandas").fit_transform(clips)
    for X in (rows, table):
        gmm = small().fit(X, y)
        assert gmm.panel_shape_ == (11, 4)
        assert gmm.n_features_in_ == 44
        assert_allclose(gmm.decision_function(X), expected)
    assert_allclose(small(n_frames=11).fit(np.array(rows), y).decision_function(np.array(rows)), expected)
    assert gmm.feature_names_in_[0] == "frame00_mfcc0"
    with pytest.raises(ValueError, match="not one whole panel"):
        small().fit(table.iloc[:, 1:], y)
    plain = pd.DataFrame(np.array(rows))
    plain.columns = [f"feature {i}" for i in range(plain.shape[1])]
    assert small().fit(plain, y).panel_shape_ == (44, 1)


@pytest.mark.parametrize("n_dimensions", [2, 3])
def test_lists_are_panels_too(n_dimensions):
    X, y = panel_of()
    X = X if n_dimensions == 3 else X[:, :, 0]
    expected = small().fit(X, y).decision_function(X)
    assert np.array_equal(small().fit(list(X), y.tolist()).decision_function(X.tolist()), expected)


def test_copies(tmp_path):
    X, y = panel_of()
    gmm = small().fit(X, y)
    again = pickle.loads(pickle.dumps(gmm))
    assert np.array_equal(again.decision_function(X), gmm.decision_function(X))
    with pytest.raises(NotFittedError):
        clone(gmm).predict(X)


def test_grid_search():
    X, y = panel_of()
    search = GridSearchCV(small(), {"n_components": [1, 2], "covariance_type": ["diag", "tied"]}, cv=2)
    assert search.fit(X, y).best_score_ > 0.9


X, Y = panel_of()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X, np.zeros(N_CLIPS), "only one class, 0.0, for all 40 clips"),
        (X, None, "requires y to be passed"),
        (X, Y[1:], "40 clips and y 39 labels"),
        (X, [None, *Y[1:]], r"NaN, None or infinity at positions \[0\]"),
        (np.where(np.arange(N_CLIPS)[:, None, None] == 3, np.nan, X), Y, r"in 1 clips, the first at positions \[3\]"),
        (X[:, :1], Y, None),
        (X[..., np.newaxis], Y, "X has 4 dimensions"),
        ([*X[1:], X[0, 1:]], Y, "clips of different shapes"),
        (["a.wav"] * N_CLIPS, Y, "holds paths or strings, such as 'a.wav'"),
        (X[:, :0], Y, "holds empty clips"),
        (X[:4, :1], Y[:4], None),
        (X[:2, :1], Y[:2], "Class 0 has 1 frames .* fewer than n_components=2"),
        (X, ["a", *Y[1:].tolist()], r"y mixes labels of types \['int', 'str'\]"),
        (X, np.array(["a", *Y[1:].tolist()], dtype=object), r"y mixes labels of types \['int', 'str'\]"),
        (X * 1e200, Y, r"numbers beyond 1e\+100 in 40 clips, the first at positions \[0, 1, 2, 3, 4\]"),
    ],
)
def test_what_cannot_be_learned_from(X, y, message):
    if message is None:
        small().fit(X, y)
        return
    with pytest.raises(ValueError, match=message):
        small().fit(X, y)


def test_fewer_frames_than_gaussians():
    with pytest.raises(ValueError, match="max_frames=3 is less than n_components=4"):
        small(max_frames=3, n_components=4).fit(X, Y)
    assert small(max_frames=4, n_components=4).fit(X, Y).mixtures_[0].n_components == 4


def test_other_clips_than_those_of_fit():
    gmm = small().fit(X, Y)
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(20, 3\) \(frames, coefficients\), got \(19, 3\)"):
        gmm.predict(X[:, 1:])
    with pytest.raises(ValueError, match="59 columns, which cannot be n_frames=20"):
        small(n_frames=20).fit(X.reshape(N_CLIPS, -1)[:, 1:], Y)
