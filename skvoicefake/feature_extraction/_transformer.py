"""The shell that turns clips into panels, whatever the features: fit, transform, lengths, bad clips, output."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skvoicefake._warn import warn
from skvoicefake.audio import MAX_DURATION, MAX_RATE, MIN_RATE, AudioError, load_audio
from skvoicefake.feature_extraction import _cepstra
from skvoicefake.feature_extraction._clips import Clips, as_clips
from skvoicefake.feature_extraction._flat_panel import flatten
from skvoicefake.feature_extraction._panel import Panel, new_panel
from skvoicefake.feature_extraction._parallel import for_each
from skvoicefake.feature_extraction._scale import RunningScale
from skvoicefake.feature_extraction._shelf import Shelf, as_store
from skvoicefake.feature_extraction._store import FeatureStore

# Parameters that what is learned in fit does not depend on.
FREE = {"output", "cache", "memmap", "n_jobs", "on_error", "verbose"}

# What becomes of the sequence of the clip at a position of X.
Put = Callable[[int, NDArray[np.float32]], None]


def _has_feature_names(transformer: "ClipTransformer") -> bool:
    return transformer.output != "sequence"


class ClipTransformer(TransformerMixin, BaseEstimator, ABC):
    """Base of transformers from clips to panels.

    A subclass declares its parameters, with the ones below among them, and
    says how many frames a waveform has, what the coefficients of a frame are
    called, and how they are computed.
    """

    sample_rate: float
    duration: float | None
    normalize: str | None
    padding: Any
    crop: Any
    level: Any
    output: str
    cache: Any
    memmap: str | os.PathLike[str] | None
    n_jobs: int | None
    on_error: str
    verbose: int

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "sample_rate": [Interval(Real, MIN_RATE, MAX_RATE, closed="both")],
        "duration": [Interval(Real, 0, MAX_DURATION, closed="right"), None],
        "normalize": [StrOptions({"clip", "train"}), None],
        "padding": [StrOptions({"zeros", "repeat"})],
        "crop": [StrOptions({"start", "center", "loudest"})],
        "level": [StrOptions({"peak", "rms"}), None],
        "output": [StrOptions({"sequence", "flat", "stats"})],
        "cache": [str, os.PathLike, FeatureStore, HasMethods(["cache"]), None],
        "memmap": [str, os.PathLike, None],
        "n_jobs": [Integral, None],
        "on_error": [StrOptions({"raise", "zeros", "nan"})],
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise where parameters contradict one another."""

    @abstractmethod
    def _warn_of_empty_bands(self) -> None:
        """Warn where the filter bank has bands that hear nothing."""

    @abstractmethod
    def _n_frames(self) -> int:
        """Return the frames of a clip of ``self._n_samples()`` samples."""

    @abstractmethod
    def _coefficient_names(self) -> list[str]:
        """Return what the coefficients of a frame are called."""

    @abstractmethod
    def _coefficients(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the coefficients of a waveform of the right length, of shape (n_frames, n_coefficients)."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters, and learn what `duration` and `normalize` need.

        Files are only read where there is something to learn from them.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : None
            Ignored.

        Returns
        -------
        self : estimator

        Raises
        ------
        AudioError
            If a clip cannot be read and `on_error` is "raise".
        """
        clips, bad = self._start_fit(X)
        if self.normalize == "train":
            bad = self._learn_scale(clips)
        elif self.duration is not None:
            in_memory = [i for i, clip in enumerate(clips.items) if isinstance(clip, np.ndarray | tuple)]
            bad = self._each(lambda i: self._load(clips, i), in_memory)
        self._report(bad)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> NDArray[np.float32]:
        """Fit to X and transform it, reading every clip once (twice if ``duration=None``).

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : None
            Ignored.
        **fit_params : dict
            None is supported.

        Returns
        -------
        features : ndarray of float32
            As `transform`.
        """
        if fit_params:
            raise TypeError(f"{type(self).__name__}.fit takes no parameter named {sorted(fit_params)[0]!r}.")
        clips, _ = self._start_fit(X)
        if self.normalize != "train":
            return self._features(clips)
        with self._new_panel(clips) as panel:

            def put(i: int, sequence: NDArray[np.float32]) -> None:
                panel[i] = self._reduced(sequence)

            bad = self._learn_scale(clips, put)
            for i in range(len(clips)):
                panel[i] = self._scaled(panel[i])
            return self._finished(panel, bad)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute the coefficients of every clip.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        features : ndarray of float32
            Of shape (n_clips, n_frames, n_coefficients) for
            ``output="sequence"``, (n_clips, n_frames * n_coefficients) for
            "flat", (n_clips, 2 * n_coefficients) for "stats".

        Raises
        ------
        AudioError
            If a clip cannot be read and `on_error` is "raise".
        ValueError
            If something was learned in `fit`, and parameters that it depends
            on were changed since.
        """
        self._check_learned()
        self._validate_params()
        self._check_parameters()
        return self._features(as_clips(self, X, reset=False))

    @available_if(_has_feature_names)  # type: ignore[untyped-decorator, unused-ignore]
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns of 2-D output.

        Parameters
        ----------
        input_features : None
            Ignored: the names do not depend on those of X.

        Returns
        -------
        names : ndarray of str
            Such as "frame000_mfcc00" ("flat") or "mfcc00_mean" ("stats").
        """
        self._check_learned()
        names = self._coefficient_names()
        if self.output == "stats":
            return np.array([f"{name}_{statistic}" for statistic in ("mean", "std") for name in names], dtype=object)
        width = len(str(self._n_frames() - 1))
        return np.array([f"frame{t:0{width}d}_{name}" for t in range(self._n_frames()) for name in names], dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.duration is None or self.normalize == "train"
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _start_fit(self, X: Any) -> tuple[Clips, list[tuple[int, str]]]:
        """Check the parameters and X, and learn the panel's length; return the clips and the bad ones among them."""
        self._validate_params()
        clips = as_clips(self, X, reset=True)
        bad: list[tuple[int, str]] = []
        if self.duration is None:
            lengths = [0] * len(clips)
            store = self._store_of_lengths(clips)

            def measure(i: int) -> None:
                def length() -> int:
                    return len(self._load(clips, i))

                lengths[i] = length() if store is None else int(store.get(clips.items[i], length))

            bad = self._each(measure, range(len(clips)))
            if store is not None:
                store.warn_of_failure()
            if len(bad) == len(clips):
                raise AudioError(
                    f"None of the {len(clips)} clips can be read, so none is the longest. First: {bad[0][1]}"
                )
            self.n_samples_ = max(lengths)
        else:
            self.n_samples_ = self._n_samples()
        self._check_parameters()
        self._warn_of_empty_bands()
        self.n_frames_ = self._n_frames()
        if self.normalize != "train":
            self._learned_with = self._lasting_params()
        return clips, bad

    def _lasting_params(self) -> dict[str, Any]:
        return {name: value for name, value in self.get_params().items() if name not in FREE}

    def _check_learned(self) -> None:
        """Raise if what is learned in fit is missing, or was learned with other parameters."""
        check_is_fitted(self)
        if not self.__sklearn_tags__().requires_fit:
            return
        then = getattr(self, "_learned_with", {})
        if changed := [name for name, value in self._lasting_params().items() if then.get(name, self) != value]:
            raise ValueError(f"{type(self).__name__}: {', '.join(changed)} changed since fit: fit again.")

    def _n_samples(self) -> int:
        return self.n_samples_ if self.duration is None else max(1, round(self.duration * self.sample_rate))

    def _sequence_shape(self) -> tuple[int, int]:
        return self._n_frames(), len(self._coefficient_names())

    def _load(self, clips: Clips, i: int) -> NDArray[np.float32]:
        duration = self.duration if self.crop == "start" else None
        y = load_audio(clips.items[i], self.sample_rate, duration=duration, name=clips.name(i))
        # The rows of a table are often windows of a recording, and some windows hold nothing.
        if not clips.is_table and not y.any():
            raise AudioError(
                f"{clips.name(i)}: expected sound, got a silent clip (all {len(y)} samples read are zero), which says"
                " nothing about a voice. Drop it, or set on_error."
            )
        return y

    def _sequence(self, clips: Clips, i: int, store: Shelf | None) -> NDArray[np.float32]:
        """Return one clip as (n_frames, n_coefficients), before what was learned in fit is applied."""
        if store is None:
            return self._computed(clips, i)
        return store.get(clips.items[i], lambda: self._computed(clips, i))

    def _store(self, clips: Clips) -> Shelf | None:
        """Return where the sequences of these clips are kept, if they are."""
        store = as_store(self.cache)
        if store is None:
            return None
        recipe = {
            **self._lasting_params(),
            "transformer": f"{type(self).__module__}.{type(self).__qualname__}",
            "n_samples": self._n_samples(),
            "normalize": self.normalize == "clip",
            "is_table": clips.is_table,
        }
        return Shelf(store, recipe, self._sequence_shape())

    def _store_of_lengths(self, clips: Clips) -> Shelf | None:
        """Return where the numbers of samples of these clips are kept, if they are."""
        store = as_store(self.cache)
        recipe = {"sample_rate": self.sample_rate, "is_table": clips.is_table, "kept": "numbers of samples"}
        return None if store is None else Shelf(store, recipe, (), "<i8")

    def _computed(self, clips: Clips, i: int) -> NDArray[np.float32]:
        coefficients = self._coefficients(self._analysed(self._load(clips, i)))
        return _cepstra.normalize(coefficients) if self.normalize == "clip" else coefficients

    def _analysed(self, y: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is analysed of a waveform."""
        return _cepstra.fit_length(y, self._n_samples(), padding=self.padding, crop=self.crop, level=self.level)

    def _reduced(self, sequence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply `output` to one clip."""
        return _cepstra.statistics(sequence) if self.output == "stats" else sequence

    def _scaled(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply what was learned in fit to a row of the panel."""
        if self.normalize != "train":
            return row
        if self.output != "stats":
            return ((row - self.mean_) / self.scale_).astype(np.float32)
        mean, deviation = row.reshape(2, -1)
        return np.concatenate([(mean - self.mean_) / self.scale_, deviation / self.scale_]).astype(np.float32)

    def _features(self, clips: Clips) -> NDArray[np.float32]:
        with self._new_panel(clips) as panel:

            def put(i: int, sequence: NDArray[np.float32]) -> None:
                panel[i] = self._scaled(self._reduced(sequence))

            return self._finished(panel, self._fill(clips, put))

    def _new_panel(self, clips: Clips) -> AbstractContextManager[Panel]:
        n_frames, n_coefficients = self._sequence_shape()
        row = (2 * n_coefficients,) if self.output == "stats" else (n_frames, n_coefficients)
        return new_panel((len(clips), *row), self.memmap)

    def _finished(self, panel: Panel, bad: list[tuple[int, str]]) -> NDArray[np.float32]:
        for i, _ in bad:
            panel[i] = np.nan if self.on_error == "nan" else 0
        self._report(bad)
        features = panel.finish()
        return flatten(features) if self.output == "flat" else features

    def _learn_scale(self, clips: Clips, put: Put | None = None) -> list[tuple[int, str]]:
        """Learn the mean and deviation of every coefficient over all frames of the clips that can be read.

        The sequences are not kept: what is to become of them, `put` does.
        """
        statistics = RunningScale()

        def note(i: int, sequence: NDArray[np.float32]) -> None:
            statistics.add(i, sequence)
            if put is not None:
                put(i, sequence)

        bad = self._fill(clips, note, skip=statistics.skip)
        if len(bad) == len(clips):
            raise AudioError(f"None of the {len(bad)} clips can be read, so there is no statistic. First: {bad[0][1]}")
        self.mean_, self.scale_ = statistics.result()
        self._learned_with = self._lasting_params()
        return bad

    def _fill(self, clips: Clips, put: Put, skip: Callable[[int], None] = lambda i: None) -> list[tuple[int, str]]:
        """Have the sequence of every clip put where it belongs, the others skipped; return the bad clips."""
        store = self._store(clips)

        def fill(i: int) -> None:
            try:
                sequence = self._sequence(clips, i, store)
            except AudioError:
                skip(i)
                raise
            put(i, sequence)

        bad = self._each(fill, range(len(clips)))
        if store is not None:
            store.warn_of_failure()
        return bad

    def _each(self, function: Callable[[int], Any], positions: Sequence[int]) -> list[tuple[int, str]]:
        """Call a function for every position of X; return position and error of the bad clips."""

        def attempt(i: int) -> tuple[int, str] | None:
            try:
                function(i)
            except AudioError as error:
                if self.on_error == "raise":
                    raise
                return i, str(error)
            return None

        return for_each(attempt, positions, n_jobs=self.n_jobs, name=type(self).__name__, verbose=self.verbose)

    def _report(self, bad: list[tuple[int, str]]) -> None:
        if self.on_error == "raise":
            return
        self.bad_clips_ = bad
        if bad:
            listed = "".join(f"\n  {message}" for _, message in bad[:10])
            more = f"\n  and {len(bad) - 10} more, in bad_clips_" if len(bad) > 10 else ""
            warn(f"{len(bad)} clips could not be read and became rows of {self.on_error}:{listed}{more}")
