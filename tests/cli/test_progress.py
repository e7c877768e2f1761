import numpy as np
import pytest

from skvoicefake.cli._progress import Remaining, in_words, size_of


def files(folder, sizes):
    paths = []
    for i, size in enumerate(sizes):
        paths.append(str(folder / f"{i}.wav"))
        if size is not None:
            (folder / f"{i}.wav").write_bytes(b"." * int(size))
    return paths


def misses(paths, seconds_of, size=8):
    """Return how many times too long or too short the estimate was, while batches were left, and the mean's."""
    batches = [paths[start : start + size] for start in range(0, len(paths), size)]
    seconds = [sum(map(seconds_of, batch)) for batch in batches]
    left, ours, means = Remaining(paths), [], []
    for k, batch in enumerate(batches[:-1]):
        # The first one loads libraries.
        left.add(batch, seconds[k] + 100 * (k == 0))
        if (told := left.seconds()) is not None:
            truth = sum(seconds[k + 1 :])
            ours.append(max(told / truth, truth / told))
            mean = sum(seconds[1 : k + 1]) / k * (len(batches) - k - 1)
            means.append(max(mean / truth, truth / mean))
    return np.array(ours), np.array(means)


def cost(path):
    """A millisecond a clip, and one more for 10 kB; nothing for what is not there."""
    n_clips, n_bytes = size_of([path])
    return 1e-3 * n_clips + 1e-7 * n_bytes


def test_short_clips_that_come_first_do_not_mislead(tmp_path):
    rng = np.random.default_rng(0)
    sizes = np.concatenate([rng.uniform(100, 4000, 80), rng.uniform(60_000, 90_000, 80)])
    ours, means = misses(files(tmp_path, sizes), cost)
    assert len(ours) == 20 - 4  # all batches but the first three and the last
    assert ours.max() < 1.05
    assert means.max() > 3


def test_missing_clips_that_come_first_do_not_mislead(tmp_path):
    sizes = [None] * 60 + [20_000] * 100
    ours, means = misses(files(tmp_path, sizes), lambda path: cost(path) + 1e-6)
    assert len(ours) == 12  # nothing is said before something is there
    assert ours.max() < 1.05
    assert means.max() > 3


def test_clips_of_one_length(tmp_path):
    ours, _ = misses(files(tmp_path, [5000] * 100), cost)
    assert ours.max() < 1.01


@pytest.mark.parametrize(
    "seconds_of", [lambda path: 1e-3, lambda path: 1e-6 * size_of([path])[1]], ids=["number", "bytes"]
)
def test_what_counts_is_learned(tmp_path, seconds_of):
    sizes = np.random.default_rng(1).uniform(100, 50_000, 160)
    ours, _ = misses(files(tmp_path, np.sort(sizes)), seconds_of)
    assert ours.max() < 1.05


def test_says_nothing_before_it_knows(tmp_path):
    paths = files(tmp_path, [1000] * 10)
    left = Remaining(paths)
    assert str(left) == ""
    for path in paths[:4]:
        left.add([path], 60.0)
    assert str(left) == "about 6 min left"
    missing = Remaining(["nowhere.wav", "a\0b", "x" * 9999])
    for _ in range(5):
        missing.add(["nowhere.wav"], 0.0)
    assert missing.seconds() is None


def test_addresses_are_not_asked_for_their_size():
    assert size_of(["nosuchstore://a.wav", "nosuchstore://b.wav"]) == (2, 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "10 s"), (44, "40 s"), (200, "3 min"), (5000, "83 min"), (9000, "2.5 h"), (100_000, "28 h")],
)
def test_no_finer_than_it_can_be_known(seconds, words):
    assert in_words(seconds) == words
