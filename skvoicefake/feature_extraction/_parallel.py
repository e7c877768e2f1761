"""A function for every clip: in threads that share the work and leave one another the processor."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

# Clips a thread takes at once: many, as handing them out costs about a tenth of a clip; few, so that threads end
# together.
MAX_CHUNK = 32
CHUNKS_A_THREAD = 4
_lock = threading.Lock()
# What ends the limit of BLAS, and then an entry for everyone who works under it.
_users: list[Callable[[], None] | None] = []


def for_each(
    function: Callable[[int], Any], positions: Sequence[int], *, n_jobs: int | None, name: str, verbose: int
) -> list[Any]:
    """Call a function for every position, by threads; return what is not None, in the order of the positions.

    Parameters
    ----------
    function : callable
        Of one position.
    positions : sequence of int
        Of clips in X.
    n_jobs : int or None
        As in joblib.
    name : str
        What a progress bar says.
    verbose : int
        Show a progress bar.

    Raises
    ------
    Exception
        What the function raises; of several errors that of the first position.
        All threads have stopped by then.
    """
    from joblib import Parallel, delayed, effective_n_jobs

    n_threads = effective_n_jobs(n_jobs)
    size = max(1, min(MAX_CHUNK, len(positions) // (CHUNKS_A_THREAD * n_threads)))
    chunks: Iterator[Sequence[int]] = (positions[start : start + size] for start in range(0, len(positions), size))
    if verbose:
        chunks = _with_bar(chunks, len(positions), name)

    failed: list[tuple[int, BaseException]] = []

    def work(chunk: Sequence[int]) -> list[Any]:
        done = []
        for i in chunk:
            if failed:
                break
            # Kept until all threads are done: one that is still at work when the program ends takes it down.
            try:
                done.append(function(i))
            except BaseException as error:
                failed.append((i, error))
        return done

    with one_blas_thread():
        if n_threads == 1:
            done = [work(chunk) for chunk in chunks]
        else:
            # Rows are written to one array, so nothing but threads will do.
            done = Parallel(n_jobs=n_jobs, require="sharedmem")(delayed(work)(chunk) for chunk in chunks)
    if failed:
        raise min(failed, key=lambda pair: pair[0])[1]
    return [outcome for chunk in done for outcome in chunk if outcome is not None]


def _with_bar(chunks: Iterator[Sequence[int]], total: int, name: str) -> Iterator[Sequence[int]]:
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=name, unit="clip") as bar:
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have matrices multiplied by one thread: those of BLAS would wait for one another, and give other last bits.

    The number belongs to the process. A thread of its own sets it when the
    first comes and sets it back when the last has gone, as threadpoolctl
    (since 3.8) lets no other thread do so.
    """
    with _lock:
        if not _users:
            _users.append(_start_keeper())
        _users.append(None)
    try:
        yield
    finally:
        with _lock:
            _users.pop()
            if len(_users) == 1:
                stop = _users.pop()
                assert stop is not None
                stop()


def _start_keeper() -> Callable[[], None]:
    """Limit BLAS from a thread that waits; return what ends it."""
    is_set, is_over = threading.Event(), threading.Event()

    def keep() -> None:
        with _controller().limit(limits=1, user_api="blas"):
            is_set.set()
            is_over.wait()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    is_set.wait()

    def stop() -> None:
        is_over.set()
        keeper.join()

    return stop


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    # Looking for the libraries takes milliseconds; NumPy's is loaded by now.
    return ThreadpoolController()
