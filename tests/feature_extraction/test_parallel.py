import subprocess
import sys
import threading

import joblib
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from skvoicefake.feature_extraction._parallel import for_each, one_blas_thread


def blas_threads():
    return {info["num_threads"] for info in ThreadpoolController().info() if info["user_api"] == "blas"}


def set_blas_threads(n):
    # In a thread that ends, as threadpoolctl (since 3.8) lets none but the first thread set the number while it lives.
    thread = threading.Thread(target=threadpool_limits, kwargs={"limits": n, "user_api": "blas"})
    thread.start()
    thread.join()


@pytest.fixture(autouse=True)
def two_blas_threads():
    before = max(blas_threads())
    set_blas_threads(2)
    yield
    set_blas_threads(before)


def each(function, positions, n_jobs=None, verbose=0):
    return for_each(function, positions, n_jobs=n_jobs, name="clips", verbose=verbose)


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3, -1])
@pytest.mark.parametrize("n", [0, 1, 2, 31, 100, 1000])
def test_every_position_once_and_results_in_order(n, n_jobs):
    called = []
    found = each(lambda i: called.append(i) or (i if i % 3 else None), range(n), n_jobs)
    assert sorted(called) == list(range(n))
    assert found == [i for i in range(n) if i % 3]


def test_positions_need_not_be_all():
    assert each(lambda i: i, [5, 2, 9], 2) == [5, 2, 9]


def test_threads_work_at_once():
    meeting = threading.Barrier(2)
    # Each half waits for the other one.
    each(lambda i: meeting.wait(20) and None, range(2), 2)


def test_the_number_of_jobs_may_be_set_around_it():
    names = set()

    def note(i):
        names.add(threading.current_thread().name)
        if i in (0, 1):
            meeting.wait(20)

    meeting = threading.Barrier(2)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        each(note, range(2))
    assert len(names) == 2
    names.clear()
    meeting = threading.Barrier(1)
    each(note, range(2))
    assert names == {threading.current_thread().name}


def test_no_jobs_at_all():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        each(print, range(3), 0)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_come_through_and_blas_gets_its_threads_back(n_jobs):
    def fail(i):
        raise KeyError("of clip", i)

    with pytest.raises(KeyError, match="of clip"):
        each(fail, range(100), n_jobs)
    assert blas_threads() == {2}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_blas_has_one_thread_inside(n_jobs):
    found = []
    each(lambda i: found.append(blas_threads()), range(10), n_jobs)
    assert found == [{1}] * 10
    assert blas_threads() == {2}


def test_the_threads_of_blas_are_set_back_when_the_last_is_done():
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with one_blas_thread():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(20)
    with one_blas_thread():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
        leave.set()
        thread.join()
    assert blas_threads() == {2}
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {2}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_progress_bar_counts_clips(n_jobs, capsys):
    each(lambda i: None, range(100), n_jobs, verbose=1)
    assert "100/100" in capsys.readouterr().err
    each(lambda i: None, range(100), n_jobs)
    assert capsys.readouterr().err == ""


def test_blas_has_one_thread_until_the_last_is_done():
    first_is_in, second_is_in = threading.Event(), threading.Event()

    def leave_first():
        with one_blas_thread():
            first_is_in.set()
            second_is_in.wait(20)

    thread = threading.Thread(target=leave_first)
    thread.start()
    first_is_in.wait(20)
    with one_blas_thread():
        second_is_in.set()
        thread.join()
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_an_error_comes_when_all_threads_are_done():
    meeting, done = threading.Barrier(2), []

    def work(i):
        meeting.wait(20)
        if i == 0:
            raise ValueError("position 0")
        done.append(sum(range(1_000_000)))  # longer than it takes an error to come through

    with pytest.raises(ValueError, match="position 0"):
        each(work, range(2), 2)
    assert len(done) == 1


def test_of_several_errors_that_of_the_first_position_comes():
    first_has_begun, second_has_failed = threading.Event(), threading.Event()

    def work(i):
        if i == 0:
            first_has_begun.set()
            second_has_failed.wait(20)
        else:
            first_has_begun.wait(20)
            second_has_failed.set()
        raise ValueError(f"position {i}")

    with pytest.raises(ValueError, match="position 0"):
        each(work, range(2), 2)


def test_a_program_that_ends_on_an_error_ends_in_order():
    # A thread at work when the interpreter ends would abort it.
    code = """
import numpy as np
from skvoicefake import MFCCTransformer
noise = np.random.default_rng(0).normal(size=48_000)
MFCCTransformer(n_jobs=2).transform([noise] * 3 + ["lost.wav"] + [noise] * 6)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "no such file" in run.stderr.splitlines()[-1]
