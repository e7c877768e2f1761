"""Hands joblib's limit on threads on to TensorFlow.

On import, in a worker of a search: joblib tells its workers by OMP_NUM_THREADS
how many threads each may use. TensorFlow does not listen, so that every worker
works with as many threads as there are cores, and two take as long as one.
Who sets TensorFlow's own variables gets what they say.
"""

import multiprocessing
import os

if multiprocessing.parent_process() is not None and (limit := os.environ.get("OMP_NUM_THREADS")):
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", limit)
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", limit)
