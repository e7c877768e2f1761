import pickle
import threading
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skvoicefake.detectors import _tables, score_table
from skvoicefake.detectors._scoring import Scorer

ADDED = ["label", "probability", "score", "warnings", "error"]


@pytest.fixture
def table(corpus, tmp_path):
    """Three clips, and three rows that are none, with an index that is not unique."""
    paths = [
        corpus / "real/ben/0.wav",
        "nowhere.wav",
        str(corpus / "fake/ben/0.wav"),
        None,
        7,
        str(corpus / "real/eve/1.wav"),
    ]
    return pd.DataFrame({"id": range(6), "path": pd.Series(paths, dtype=object)}).set_axis([1, 1, 2, 3, 4, 5])


def test_rows_are_those_of_predict(quick_pipeline, table):
    before = table.copy()
    scored = score_table(table, quick_pipeline)
    pd.testing.assert_frame_equal(table, before)
    assert list(scored) == ["id", "path", *ADDED]
    assert scored.index.tolist() == table.index.tolist()
    good = [0, 2, 5]
    rows = Scorer(quick_pipeline, "real").rows([str(path) for path in table["path"].iloc[good]])
    assert scored["label"].iloc[good].tolist() == [row.label for row in rows]
    assert scored["warnings"].tolist() == [""] * 6
    np.testing.assert_allclose(scored["score"].iloc[good], [row.score for row in rows], rtol=1e-6)
    np.testing.assert_allclose(scored["probability"].iloc[good], [row.probability for row in rows], rtol=1e-6)
    bad = scored.iloc[[1, 3, 4]]
    assert bad[["label", "probability", "score"]].isna().all(axis=None)
    assert bad["error"].str.startswith(("no such file", "expected a path, got None", "expected a path, got 7")).all()
    assert scored["error"].iloc[good].isna().all()


def test_parts_are_as_the_whole_and_of_one_type(quick_pipeline, table):
    whole = score_table(table, quick_pipeline)
    parts = [table.iloc[:1], table.iloc[1:1], table.iloc[1:2], table.iloc[2:]]
    scored = list(score_table(iter(parts), quick_pipeline))
    for part in scored:
        assert part.dtypes.equals(whole.dtypes)
    pd.testing.assert_frame_equal(pd.concat(scored), whole)


def test_other_names_of_columns_and_classes(quick_pipeline, corpus, table):
    paths = [str(path) for path in sorted(corpus.rglob("[01].wav"))]
    numbers = pickle.loads(pickle.dumps(quick_pipeline))
    numbers[-1].classes_ = np.array([1, 0])  # fake, real
    clips = pd.DataFrame({"clip": paths, "score": "to be replaced"})
    scored = score_table(clips, numbers, path_column="clip", real_label=0)
    assert list(scored) == ["clip", "score", "label", "probability", "warnings", "error"]
    expected = score_table(pd.DataFrame({"path": paths}), quick_pipeline)
    np.testing.assert_array_equal(scored["score"], expected["score"])
    assert scored["label"].tolist() == ["01"[label == "fake"] for label in expected["label"]]
    with pytest.raises(ValueError, match=r"expected a detector of two classes, 'real' one of them, got \[1, 0\]"):
        score_table(clips, numbers, path_column="clip", real_label="real")
    with pytest.raises(ValueError, match="Cannot tell which of the labels"):
        score_table(clips, numbers, path_column="clip")


def test_a_function_is_called_once_in_a_process(quick_detector, table, monkeypatch):
    monkeypatch.setattr(_tables, "_loaded", {})
    calls = []
    monkeypatch.setattr(joblib, "load", lambda path, load=joblib.load: calls.append(path) or load(path))
    load = partial(counted_load, str(quick_detector))
    results = [None] * 8

    def work(i):
        results[i] = score_table(table.iloc[:3], pickle.loads(pickle.dumps(load)))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [str(quick_detector)]
    for result in results:
        pd.testing.assert_frame_equal(result, results[0])


def counted_load(path):
    return joblib.load(path)


def test_without_a_detector_that_of_the_package_scores(shipped, table, monkeypatch):
    monkeypatch.setattr(_tables, "_loaded", {})
    scored = score_table(table)
    assert scored["warnings"].iloc[0].startswith("no verdict: not enough speech")
    assert scored["label"].isna().all()
    assert scored["score"].iloc[0] == 0


def test_nothing_is_loaded_for_an_empty_table(table):
    def never():
        raise AssertionError

    scored = score_table(table.iloc[:0], never)
    assert list(scored) == ["id", "path", *ADDED]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["a.wav"],), TypeError, r"expected a pandas DataFrame with a column 'path', got list\. In Ray"),
        (({"path": ["a.wav"]},), TypeError, "got dict"),
        ((pd.DataFrame({"file": ["a.wav"]}),), ValueError, r"expected a column 'path', got \['file'\]"),
        ((pd.DataFrame({"path": ["a.wav"]}), "a.skvf"), TypeError, r"got str\. Load it: .*load, 'a\.skvf'"),
        ((pd.DataFrame({"path": ["a.wav"]}), lambda: None), TypeError, "a function that can be imported"),
        ((pd.DataFrame({"path": ["a.wav"]}), dict), TypeError, "or a function that returns one, got dict"),
        (
            (pd.DataFrame({"path": ["a.wav"]}), LogisticRegression()),
            ValueError,
            "LogisticRegression that is not fitted",
        ),
    ],
)
def test_what_is_no_table_or_no_detector(arguments, error, message):
    with pytest.raises(error, match=message):
        score_table(*arguments)
