"""Searches, features and scores on a real cluster: worker processes on this machine, of which one is killed."""

import os
import signal
from functools import partial

import dask.dataframe as dd
import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster, as_completed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skvoicefake import MFCCTransformer
from skvoicefake.detectors import score_table
from tests.checks.clips import noise, wav_bytes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, which are started again when they die."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Paths of 48 clips, of which two cannot be read, and their labels."""
    folder = tmp_path_factory.mktemp("clips")
    labels = ["real", "fake"] * 24
    for i, label in enumerate(labels):
        y = noise(4001, seed=i)
        content = wav_bytes(y[1:] if label == "real" else (y[1:] + 0.8 * y[:-1]) / 1.28, 16_000)
        (folder / f"{i}.wav").write_bytes(b"no sound" if i in (5, 40) else content)
    return [str(folder / f"{i}.wav") for i in range(len(labels))], labels


@pytest.fixture(scope="module")
def good(clips):
    """Those that can be read."""
    paths, labels = clips
    keep = [i for i in range(len(paths)) if i not in (5, 40)]
    return [paths[i] for i in keep], [labels[i] for i in keep]


@pytest.fixture(scope="module")
def pipeline():
    return make_pipeline(MFCCTransformer(duration=0.25, n_mfcc=5, output="stats"), LogisticRegression())


def test_a_search_on_workers(cluster, good, pipeline):
    grid = {"mfcctransformer__n_mfcc": [5, 8]}
    search = GridSearchCV(pipeline, grid, cv=2)
    expected = search.fit(*good).cv_results_["mean_test_score"]
    with joblib.parallel_config("dask"):
        found = GridSearchCV(pipeline, grid, cv=2).fit(*good)
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected)


def test_features_on_workers(cluster, good, pipeline):
    transformer, (paths, _) = pipeline[0], good
    expected = transformer.fit_transform(paths)
    parts = [paths[start : start + 10] for start in range(0, len(paths), 10)]
    with joblib.parallel_config("dask"):
        panels = joblib.Parallel()(joblib.delayed(transformer.transform)(part) for part in parts)
    np.testing.assert_array_equal(np.concatenate(panels), expected)


def test_every_row_arrives_once_though_a_worker_dies(cluster, clips, good, pipeline, tmp_path):
    joblib.dump(pipeline.fit(*good), tmp_path / "detector.joblib")
    load = partial(joblib.load, str(tmp_path / "detector.joblib"))
    table = pd.DataFrame({"id": range(48), "path": clips[0]})
    expected = score_table(table, load)
    parts = dd.from_pandas(table, npartitions=16, sort=False).map_partitions(
        score_table, load, meta=score_table(table.head(0))
    )
    futures = cluster.compute(parts.to_delayed())
    done = as_completed(futures)
    first = next(done)
    # What this worker has finished is lost with it, and to be computed again.
    (address,) = cluster.who_has([first])[first.key][:1]
    pid = cluster.run(os.getpid, workers=[address])[address]
    os.kill(pid, signal.SIGKILL)
    scored = pd.concat(cluster.gather(futures)).sort_values("id")
    assert pid not in cluster.run(os.getpid).values()
    assert scored["id"].tolist() == list(range(48))
    assert scored["label"].isna().sum() == scored["error"].notna().sum() == 2
    assert scored["error"].iloc[[5, 40]].str.startswith("not audio").all()
    np.testing.assert_allclose(scored["score"], expected["score"], rtol=1e-5)
    assert scored["label"].fillna("").tolist() == expected["label"].fillna("").tolist()
