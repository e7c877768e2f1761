"""A transformer that counts what it computes, and what lies in a store."""

from typing import ClassVar

import numpy as np

from skvoicefake import MFCCTransformer
from skvoicefake.feature_extraction._store import ENTRY

QUICK = {"duration": 0.05, "hop_length": 80, "n_mfcc": 5, "n_mels": 20}


class Counting(MFCCTransformer):
    """Counts the clips whose coefficients are computed."""

    n_computed: ClassVar[list[int]] = []

    def _coefficients(self, y):
        self.n_computed.append(len(y))
        return super()._coefficients(y)


def noises(n, n_samples=900):
    rng = np.random.default_rng(0)
    return [0.1 * rng.normal(size=n_samples) for _ in range(n)]


def entries(folder):
    """Return the entries in a store's folder, with those that were left unfinished."""
    return sorted(path for path in folder.rglob("*") if ENTRY.fullmatch(path.name))
