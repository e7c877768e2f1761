import re

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skvoicefake.audio import AudioError
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from tests.checks.augmented import FromClips, make_clf, make_pipe
from tests.checks.clips import noise

RATE = 16_000


def test_a_bad_clip_is_named(paths, y, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    with pytest.raises(AudioError, match=r"X\[5\] \('.*bad.wav'\)"):
        make_clf(n_jobs=2).fit([*paths[:5], str(bad), *paths[6:]], y)
    with pytest.raises(AudioError, match=r"X\[1\]: expected finite samples"):
        make_clf().fit([noise(4800), np.full(4800, np.nan)], ["a", "b"])
    with pytest.raises(AudioError, match=r"X\[1\]: expected finite samples"):
        make_clf().fit(np.stack([noise(4800), np.full(4800, np.nan)]), ["a", "b"])


def test_a_transformer_that_has_a_way_with_bad_clips_meets_them(paths, y):
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match="2 clips could not be read"):
        clf.fit([*paths[:11], "nowhere.wav"], y)
    assert [i for i, _ in clf.estimator_["mfcc"].bad_clips_] == [11, 23]


@pytest.mark.parametrize("kind", [np.float32, list])
def test_so_does_it_with_rows_of_a_table(kind, y):
    X = np.stack([noise(4800, seed=i) for i in range(12)])
    X[3, 5] = np.nan
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match=r"\n  X\[3\]: .*\n  a copy of X\[3\]: "):
        clf.fit(X if kind is np.float32 else list(X), y)
    assert [i for i, _ in clf.estimator_["mfcc"].bad_clips_] == [3, 15]


def silent_start(y, sample_rate, rng):
    return np.where(np.arange(len(y)) < 4800, np.float32(0), y)


def test_what_would_leave_nothing_of_what_is_read_is_not_done(clips, y):
    X = [np.tile(clip, 2) for clip in clips]
    clf = AugmentedClassifier(make_pipe(), methods=[silent_start], random_state=0)
    np.testing.assert_array_equal(
        clf.fit(X, y).decision_function(X), make_pipe().fit(X + X, [*y, *y]).decision_function(X)
    )
    # A transformer that reads more than that has what is left.
    clf = AugmentedClassifier(make_pipe(duration=0.5), methods=[silent_start], random_state=0)
    same = make_pipe(duration=0.5).fit(X + X, [*y, *y])
    assert not np.array_equal(clf.fit(X, y).decision_function(X), same.decision_function(X))


def test_a_clip_that_is_silent_at_first_has_copies(y):
    dither = np.random.default_rng(0).integers(-1, 2, 4800).astype(np.float32) / 2**15
    X = [noise(9600, seed=i) for i in range(11)] + [np.concatenate([dither, noise(4800)])]
    for method in ("telephone", "clipping", "codec"):
        AugmentedClassifier(make_pipe(), methods=[method], n_copies=6, random_state=0).fit(X, y)


def test_a_clip_whose_copy_the_classifier_refuses_is_named(clips, y, tmp_path):
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(4800), RATE)
    files = []
    for i, clip in enumerate(clips):
        files.append(str(tmp_path / f"{i}.wav"))
        soundfile.write(files[-1], clip, RATE)
    for X, name in (
        ([*files[:5], str(silent), *files[6:]], f"X[5] ('{silent}')"),
        ([*clips[:5], np.zeros(4800), *clips[6:]], "X[5]"),
    ):
        clf = make_clf(keep_original=False, n_copies=2)
        with pytest.raises(AudioError, match=f"^a copy of {re.escape(name)}: expected sound"):
            clf.fit(X, y)
        with pytest.raises(AudioError, match=f"^{re.escape(name)}: expected sound"):
            clf.set_params(keep_original=True).fit(X, y)
        # Also where the classifier splits X, and the clip is at another place.
        clf = AugmentedClassifier(LLRCalibrator(make_pipe(), cv=3), methods=["gain"], keep_original=False)
        if isinstance(X[0], str):
            with pytest.raises(AudioError, match=f"^a copy of {re.escape(name)}: expected sound"):
                clf.fit(X, y)


def test_warnings_name_clips_in_the_place_of_copies(paths, y):
    clf = AugmentedClassifier(make_pipe(on_error="zeros"), methods=["gain"], random_state=0)
    with pytest.warns(UserWarning, match=r"\n  X\[2\] \('nowhere.wav'\): .*\n  a copy of X\[2\] \('nowhere.wav'\): "):
        clf.fit([*paths[:2], "nowhere.wav", *paths[3:]], y)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LogisticRegression, TypeError, r"estimator to be an object, got a class: pass LogisticRegression\(\.\.\.\)"),
        (Ridge(), ValueError, "estimator to be a classifier, got Ridge"),
        (make_pipeline(FromClips(), Ridge()), ValueError, "estimator to be a classifier, got Pipeline"),
    ],
    ids=["class", "regressor", "pipeline"],
)
def test_what_is_no_classifier_is_refused(estimator, error, message, clips, y):
    with pytest.raises(error, match=message):
        AugmentedClassifier(estimator).fit(clips, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"methods": ["hiss"]}, "methods must be of .*got 'hiss'"),
        ({"methods": []}, "methods must be a list"),
        ({"methods": "noise"}, "The 'methods' parameter"),
        ({"n_copies": 0}, "The 'n_copies' parameter"),
        ({"methods_per_copy": (2, 1)}, "methods_per_copy must be an integer of 0 or more, or a range"),
        ({"sample_rate": 8000}, "sample_rate=8000 of AugmentedClassifier contradicts mfcc__sample_rate=16000"),
        ({"duration": 0}, "The 'duration' parameter"),
        ({"duration": 0.2}, "duration=0.2 of AugmentedClassifier is less than mfcc__duration=0.3"),
    ],
)
def test_parameters_that_make_no_sense(parameters, message, paths, y):
    with pytest.raises(ValueError, match=message):
        make_clf(**parameters).fit(paths, y)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("clip.wav", "expected X to be a sequence of clips, got one clip"),
        (b"RIFF", "expected X to be a sequence of clips, got one clip"),
        ([], "found 0 sample"),
        (np.zeros((2, 3, 4)), "Found array with dim 3"),
        ([[0.1, 0.2, 0.3], [0.4, 0.5]], "lists in X to be rows of a table, all of one length, got 2 to 3 values"),
        (pd.DataFrame({"a": ["x.wav"], "b": ["y.wav"]}), "expected one column of clips, got 2"),
        (["a.wav", "b.wav", "c.wav"], "inconsistent numbers of samples"),
    ],
    ids=["path", "bytes", "nothing", "panel", "ragged", "columns", "length"],
)
def test_what_is_no_sequence_of_clips(X, message):
    with pytest.raises(ValueError, match=message):
        make_clf().fit(X, ["a", "b"])
