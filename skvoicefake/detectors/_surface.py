"""SurfaceTransformer: what can be told of a clip without listening to the voice, as features."""

from collections.abc import Callable, Sequence
from typing import Any

from skvoicefake.detectors._rows import RowTransformer
from skvoicefake.feature_extraction._clips import Clips
from skvoicefake.model_selection._surface import read_file, surface_features

# Of the sound alone: what only files have (container, codec, bits) says nothing of a waveform.
FEATURES = (
    *("duration_s", "level_db", "peak_db", "dc", "clipping", "digital_silence"),
    *("leading_silence_s", "trailing_silence_s", "bandwidth_hz", "high_db", "top_db"),
    *("noise_db", "noise_low_db", "noise_mid_db", "noise_high_db", "noise_top_db"),
)


class SurfaceTransformer(RowTransformer):
    """Measure what a clip gives away without its voice: length, level, pauses, noise floor, bandwidth.

    These are the features of the [audit](audit.md) that are of the sound and
    not of the file. A detector that is no better than a small model of them
    has learned nothing about voices.

    Parameters
    ----------
    sample_rate : float, default=16000
        Rate in Hz of bare arrays. Other clips are measured at their own rate.
    cache : path, FeatureStore, joblib.Memory or None, default=None
        Where the features of every clip are kept, as in `MFCCTransformer`.
    n_jobs : int or None, default=None
        Threads to work with, as in scikit-learn.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    n_features_in_ : int
        Columns of X. Only if X was a 2-D array or table of samples.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    skvoicefake.model_selection.audit : Says what of it tells real from fake.
    skvoicefake.detectors.baselines : Has a detector of these features.

    Notes
    -----
    - `duration_s`: seconds.
    - `level_db`: RMS of what is no pause, in dBFS. A pause is a frame of 10 ms
      that is 30 dB beneath the loudest twentieth of the frames, or (in noise)
      nearer to the quietest twentieth than to them and 6 dB beneath.
    - `peak_db`: the greatest sample, dBFS.
    - `dc`: mean of the samples over the RMS of what is no pause; NaN where
      everything is silent.
    - `clipping`: share of the samples in flat tops.
    - `digital_silence`: share of the frames in which all samples are one value.
    - `leading_silence_s`, `trailing_silence_s`: seconds before and after the
      first and last frames that are no pauses.
    - `bandwidth_hz`: where the long-term spectrum ends.
    - `high_db`, `top_db`: power above 3400 Hz, and in the upper eighth of the
      spectrum, in dB relative to all of it.
    - `noise_db`: level of the quietest tenth of the frames, in dB relative to
      `level_db`; `noise_low_db`, `noise_mid_db`, `noise_high_db`,
      `noise_top_db`: their power below 300 Hz, from there to 3400 Hz, from
      there to the upper eighth, and in it, relative to that of what is no
      pause.

    Bands that a sample rate does not have are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import SurfaceTransformer
    >>> clip = np.zeros(16000)
    >>> clip[4000:] = 0.1 * np.random.default_rng(0).normal(size=12000)
    >>> surface = SurfaceTransformer()
    >>> features = dict(zip(surface.get_feature_names_out(), surface.fit_transform([clip])[0], strict=True))
    >>> float(features["leading_silence_s"]), round(features["level_db"])
    (0.25, -20)
    """

    _dtype = "<f8"

    def __init__(
        self, *, sample_rate: float = 16_000, cache: Any = None, n_jobs: int | None = None, verbose: int = 0
    ) -> None:
        self.sample_rate = sample_rate
        self.cache = cache
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _names(self) -> Sequence[str]:
        return FEATURES

    def _recipe(self, clips: Clips) -> dict[str, Any]:
        return {"transformer": type(self).__name__, "sample_rate": self.sample_rate, "names": FEATURES}

    def _read(self, clips: Clips, i: int) -> Any:
        return read_file(clips.items[i], clips.name(i), sample_rate=self.sample_rate)

    def _rows(self, clips: Clips) -> Callable[[int], list[float]]:
        def row(i: int) -> list[float]:
            found = surface_features(*self._read(clips, i))
            return [float(found[name]) for name in FEATURES]

        return row
