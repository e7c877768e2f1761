"""What tests of files that were made to do harm share."""

import os
from zipfile import ZipFile

import numpy as np
import pytest

from skvoicefake import load
from skvoicefake.persistence import UnsafeFileError, describe

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.where(X[:, 0] + X[:, 1] ** 2 > 0.5, "real", "fake")


class Canary:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def check_refused(path, message):
    for read in (load, describe):
        if read is describe and message is None:
            continue
        with pytest.raises(UnsafeFileError, match=message) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: not loaded: ")
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < len(str(path)) + 400


def check_load_refused(path, message):
    with pytest.raises(UnsafeFileError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not loaded: ")
    assert "\n" not in str(caught.value)


def members_of(path):
    with ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def pack(path, members, compression=0):
    with ZipFile(path, "w", compression) as packed:
        for name, content in members.items() if isinstance(members, dict) else members:
            packed.writestr(name, content)
    return path
