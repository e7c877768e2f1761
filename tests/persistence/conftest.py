import hashlib
import json
import re
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import load, save
from skvoicefake.persistence._archive import ESTIMATOR, MANIFEST
from tests.checks.hostile import X, Y

ANSWERS = ("predict_proba", "decision_function", "predict", "transform", "verdict", "remarks")


@pytest.fixture
def trip(tmp_path):
    """Return a function that saves and loads an estimator."""

    def there_and_back(estimator, **options):
        save(estimator, tmp_path / "estimator.skvf")
        return load(tmp_path / "estimator.skvf", **options)

    return there_and_back


@pytest.fixture
def check_same(trip):
    """Return a function that checks that an estimator comes back with the same answers, to the bit."""

    def check(estimator, X, **options):
        loaded = trip(estimator, **options)
        assert shown(loaded) == shown(estimator)
        answers = [name for name in ANSWERS if hasattr(estimator, name)]
        assert answers == [name for name in ANSWERS if hasattr(loaded, name)]
        for name in answers:
            same_bits(getattr(loaded, name)(X), getattr(estimator, name)(X))
        return loaded

    return check


def shown(estimator):
    """Return how an estimator shows itself, without places in memory."""
    return re.sub(" at 0x[0-9A-Fa-f]+", "", repr(estimator))


def same_bits(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if found.dtype == object:
        assert found.tolist() == expected.tolist()
    else:
        assert found.tobytes() == expected.tobytes()


@pytest.fixture
def resaved(tmp_path):
    """Return a function that changes what a file holds, with checksums that are right, and returns the new file."""

    def resave(path, manifest=None, estimator=None, arrays=None, name="resaved.skvf"):
        with ZipFile(path) as packed:
            members = {name: packed.read(name) for name in packed.namelist()}
        about = json.loads(members.pop(MANIFEST))
        content = json.loads(members[ESTIMATOR])
        if estimator is not None:
            content = estimator(content) or content
        members[ESTIMATOR] = content if isinstance(content, bytes) else json.dumps(content).encode()
        if arrays is not None:
            arrays(members)
        about["sha256"] = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
        if manifest is not None:
            manifest(about)
        with ZipFile(tmp_path / name, "w") as packed:
            for member, data in {MANIFEST: json.dumps(about).encode(), **members}.items():
                packed.writestr(member, data)
        return tmp_path / name

    return resave


@pytest.fixture
def mark(tmp_path):
    """Where a canary leaves its mark; nothing may have done so."""
    path = tmp_path / "something ran"
    yield path
    assert not path.exists()


@pytest.fixture
def good(tmp_path):
    """A file that is as it should be."""
    path = tmp_path / "good.skvf"
    save(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), path)
    return path
