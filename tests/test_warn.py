import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from skvoicefake import MFCCTransformer
from skvoicefake._warn import warn
from skvoicefake.audio import load_audio


def test_the_line_is_the_users_however_deep_the_cause(tmp_path):
    X = [np.sin(np.arange(800) / k) for k in range(1, 9)]
    X[3] = tmp_path / "missing.wav"
    transformer = MFCCTransformer(duration=0.05, output="stats", on_error="zeros")
    pipe = make_pipeline(transformer, LogisticRegression())
    # scikit-learn, joblib and this package are between here and the clip.
    with pytest.warns(UserWarning, match="1 clips could not be read") as caught:
        cross_val_predict(pipe, X, [0, 1] * 4, cv=2)
    assert {warning.filename for warning in caught} == {__file__}


def test_a_thread_that_has_no_line_of_the_users():
    with pytest.warns(UserWarning, match="int64 samples are scaled by their type"), ThreadPoolExecutor() as threads:
        list(threads.map(load_audio, [(np.arange(800), 16_000)]))


def test_kinds_and_text():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn("a", RuntimeWarning)
        warn("b")
    assert [(str(warning.message), warning.category) for warning in caught] == [
        ("a", RuntimeWarning),
        ("b", UserWarning),
    ]
    assert {warning.filename for warning in caught} == {__file__}
