"""The transformers of clips as ONNX nodes: waveform -> frames -> bands in dB -> cepstra -> panel or row."""

from math import gcd, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.detectors._statistics import HEARD, CepstralStatisticsTransformer
from skvoicefake.feature_extraction import FilterBankTransformer, LFCCTransformer, MFCCTransformer
from skvoicefake.feature_extraction._cepstra import DELTA_WIDTH, RMS, _savgol, dct_matrix
from skvoicefake.feature_extraction._filters import triangles
from skvoicefake.feature_extraction._spectral import SpectralTransformer
from skvoicefake.feature_extraction._spectrum import POWER_FLOOR, padded_window
from skvoicefake.persistence._onnx_graph import Graph, Value

FRONT_ENDS = (FilterBankTransformer, LFCCTransformer, MFCCTransformer, CepstralStatisticsTransformer)


def front_end(y: Value, transformer: Any) -> Value:
    """Return what a fitted transformer makes of one waveform (n_samples,): a panel (n_frames, n_coefficients) or a row.

    In double precision up to the decibels, as the transformers have it where
    it matters: what a lossy codec left empty lies 140 dB beneath the rest.
    """
    _note(y.graph, transformer)
    if isinstance(transformer, CepstralStatisticsTransformer):
        return _cepstral_statistics(y, transformer)
    features = coefficients_of(_fitted_length(y, transformer), transformer)
    if transformer.normalize == "clip":
        _, centered, deviation = _moments(features)
        features = (centered / y.graph.where(deviation.equals(0), deviation + 1, deviation)).cast(np.float32)
    is_train = transformer.normalize == "train"
    if transformer.output != "stats":
        return (
            ((features.cast(np.float64) - transformer.mean_) / transformer.scale_).cast(np.float32)
            if is_train
            else features
        )
    mean, _, deviation = _moments(features)
    if is_train:
        mean, deviation = (mean - transformer.mean_) / transformer.scale_, deviation / transformer.scale_
    return y.graph.join(mean.reshape(-1), deviation.reshape(-1)).cast(np.float32)


def _note(of: Graph, transformer: Any) -> None:
    """Note down what whoever runs the graph has to know of clips."""
    transformer._validate_params()
    rate, is_panel = float(transformer.sample_rate), not isinstance(transformer, CepstralStatisticsTransformer)
    duration, shortest, seconds = transformer.duration, 1, transformer.duration
    if is_panel:
        transformer._check_learned()
        transformer._check_parameters()
        duration = duration if transformer.crop == "start" else None
        seconds = transformer._n_samples() / rate
    else:
        shortest = max(_shortest(inner) for inner in transformer._front_ends())
    facts = {
        "sample_rate": rate,
        "duration": None if duration is None else float(duration),  # that is read
        "front_end_duration": None if duration is None else float(duration),  # that features are of
        "seconds": 3.0 if seconds is None else float(seconds),
        "min_samples": shortest,
        "takes_silence": not is_panel,
    }
    if of.facts and of.facts != facts:
        raise ValueError("The transformers of clips inside differ in sample_rate or duration: export them one by one.")
    of.facts = facts


def _shortest(transformer: SpectralTransformer) -> int:
    """Return how many samples all frames need, and slopes of them."""
    n_frames = DELTA_WIDTH if transformer.deltas else 1
    padding = 2 * (transformer.n_fft // 2) if transformer.center else 0
    return max(1, int((n_frames - 1) * transformer.hop_length + transformer.n_fft - padding))


def _fitted_length(y: Value, transformer: Any) -> Value:
    """Crop, bring to a level and pad, as `fit_length` does."""
    of, n_samples = y.graph, int(transformer._n_samples())
    surplus = y.length() - n_samples
    if transformer.crop == "start":
        y = y.part(0, n_samples)
    else:
        start = surplus.maximum(0) / 2 if transformer.crop == "center" else _loudest(y, n_samples)
        y = y.part(start, start + n_samples)
    y = _levelled(y, transformer.level)
    if transformer.padding == "repeat":
        y = y.take(of.constant(np.arange(n_samples)).mod(y.length()))
    else:
        y = _padded(y, of.integers(0), (0 - surplus).maximum(0))
    return y.reshape(n_samples)


def _loudest(y: Value, n_samples: int) -> Value:
    """Return where the part of most energy begins, of shape (1,)."""
    of = y.graph
    peak = y.apply("Abs").greatest(0).maximum(np.finfo(np.float32).tiny)
    scaled = (y / peak).cast(np.float64)
    scaled = _padded(scaled, of.integers(0), (n_samples - y.length()).maximum(0))
    energy = _padded(of.op("CumSum", scaled * scaled, of.constant(0, np.int64)), of.integers(1), of.integers(0))
    return of.op("ArgMax", energy.part(n_samples) - energy.part(0, -n_samples), dtype=np.int64, axis=0, keepdims=1)


def _levelled(y: Value, level: str | None) -> Value:
    """Bring to a peak of 1 or an RMS of `RMS`; silence stays what it is."""
    if level is None:
        return y
    of = y.graph
    peak = y.apply("Abs").greatest(0).cast(np.float64)
    scaled = y.cast(np.float64) / of.where(peak.equals(0), peak + 1, peak)
    if level == "rms":
        power = (scaled * scaled).mean(0)
        scaled = scaled * (RMS / of.where(power.equals(0), power + 1, power).apply("Sqrt"))
    return scaled.cast(np.float32)


def coefficients_of(y: Value, transformer: SpectralTransformer) -> Value:
    """Return the coefficients of a waveform of any length, of shape (n_frames, n_coefficients), float32."""
    coefficients = _decibels(y, transformer)
    if not isinstance(transformer, FilterBankTransformer):
        n_coefficients, (n_bands, _) = getattr(transformer, transformer._counter), transformer._filters()
        matrix = dct_matrix(n_bands, n_coefficients, transformer.dct_type, transformer.norm)
        if transformer.lifter > 0:
            n = np.arange(1, n_coefficients + 1)
            matrix = matrix * (1 + transformer.lifter / 2 * np.sin(np.pi * n / transformer.lifter))
        coefficients = (coefficients.cast(np.float64) @ matrix).cast(np.float32)
    slopes = [_slopes(coefficients, order) for order in range(1, transformer.deltas + 1)]
    return y.graph.join(coefficients, *slopes, axis=1) if slopes else coefficients


def _decibels(y: Value, transformer: SpectralTransformer) -> Value:
    """Return the power in every band of every frame in dB, of shape (n_frames, n_bands), float32."""
    of, n_fft = y.graph, transformer.n_fft
    n_bands, scale = transformer._filters()
    if isinstance(transformer, MFCCTransformer):
        norm, floor = "peak" if transformer.mel_norm is None else "area", POWER_FLOOR
    else:
        norm, floor = transformer.filter_norm, transformer.floor
    rate, fmin, fmax = transformer.sample_rate, transformer.fmin, transformer.fmax
    filters = triangles(rate, n_fft, n_bands, fmin, fmax, scale, norm).astype(np.float64)
    y = y.cast(np.float64)
    if transformer.pre_emphasis:
        y = y - of.join(y.part(0, 1), y.part(0, -1)) * float(transformer.pre_emphasis)
    if transformer.center:
        y = _extended(y, n_fft // 2, transformer.pad_mode)
    win_length = n_fft if transformer.win_length is None else transformer.win_length
    frames = _framed(y, n_fft, transformer.hop_length) * padded_window(transformer.window, win_length, n_fft)
    # Bins that no filter hears are not computed.
    heard = np.flatnonzero(filters.any(axis=0))
    bins = np.arange(heard[0], heard[-1] + 1) if len(heard) else np.arange(1)
    power = _power(frames, n_fft, bins) @ filters[:, bins].T
    lowest = of.constant(float(floor), np.float64)
    if transformer.top_db is not None:
        lowest = lowest.maximum(power.greatest(0, 1) * 10 ** (-transformer.top_db / 10))
    return (power.maximum(lowest).apply("Log") * (10 / log(10))).cast(np.float32)


def _framed(y: Value, n_fft: int, hop_length: int) -> Value:
    """Return the frames, of shape (n_frames, n_fft), put together from the longest pieces that all of them share."""
    of, size = y.graph, gcd(n_fft, hop_length)
    n_frames = (y.length() - n_fft) / hop_length + 1
    starts = (of.count(n_frames) * (hop_length // size)).reshape(-1, 1)
    pieces = y.part(0, (n_frames - 1) * hop_length + n_fft).reshape(-1, size)
    return pieces.take(starts + np.arange(n_fft // size)).reshape(-1, n_fft)


def _power(frames: Value, n_fft: int, bins: NDArray[np.intp]) -> Value:
    """Return the power of real frames in some bins of their Fourier transform.

    The samples as far before as behind the middle have the same cosines and
    opposite sines: added and subtracted first, they need half the products.
    """
    of, half = frames.graph, (n_fft - 1) // 2
    low, high = frames.part(1, half + 1, axis=1), frames.part(-1, -half - 1, axis=1, step=-1)
    alone = [0] if n_fft % 2 else [0, n_fft // 2]
    cosines = of.join(frames.take(alone, axis=1), low + high, axis=1)
    angles = 2 * np.pi / n_fft * (np.outer(alone + list(range(1, half + 1)), bins) % n_fft)
    real = cosines @ np.cos(angles)
    if not half:
        return real * real
    imaginary = (low - high) @ np.sin(angles[len(alone) :])
    return real * real + imaginary * imaginary


def _slopes(coefficients: Value, order: int) -> Value:
    """Return the slopes over time, as `delta` does."""
    of, half = coefficients.graph, DELTA_WIDTH // 2
    ends = _savgol(order)[0].astype(np.float64)
    frames = coefficients.cast(np.float64)
    # The weights of a slope sum to zero: of differences, what does not change has a slope of exactly zero.
    here, inner = frames.part(half, -half), None
    for i in range(half):
        before, behind = frames.part(i, i - 2 * half), frames.part(2 * half - i, -i or None)
        pair = behind - before if order == 1 else (behind - here) + (before - here)
        pair = pair * ends[half, 2 * half - i]
        inner = pair if inner is None else inner + pair
    assert inner is not None
    first, last = frames.part(0, DELTA_WIDTH), frames.part(-DELTA_WIDTH)
    first = of.constant(ends[:half]) @ (first - first.part(0, 1))
    last = of.constant(ends[-half:]) @ (last - last.part(-1))
    return of.join(first, inner, last).cast(np.float32)


def _extended(y: Value, n: int, mode: str) -> Value:
    """Return a waveform with `n` samples more at both ends, as `numpy.pad` does."""
    of = y.graph
    if mode == "constant":
        return _padded(y, of.integers(n), of.integers(n))
    length = y.length()
    places = of.count(length + 2 * n) - n
    if mode == "edge":
        return y.take(places.maximum(0).minimum(length - 1))
    # There and back again: with or without the last sample twice.
    there = length - 1 if mode == "reflect" else length
    period = (there * 2).maximum(1)
    places = places.mod(period)
    back = period - places if mode == "reflect" else period - 1 - places
    return y.take(places.minimum(back))


def _padded(y: Value, before: Value, behind: Value) -> Value:
    return y.graph.op("Pad", y, y.graph.join(before, behind))


def _moments(features: Value) -> tuple[Value, Value, Value]:
    """Return the mean over time, what is left without it, and its standard deviation, in double precision."""
    features = features.cast(np.float64)
    mean = features.mean(0, keepdims=True)
    centered = features - mean
    return mean, centered, (centered * centered).mean(0, keepdims=True).apply("Sqrt")


def _cepstral_statistics(y: Value, transformer: CepstralStatisticsTransformer) -> Value:
    of, rate = y.graph, transformer.sample_rate
    if transformer.duration is not None:
        y = y.part(0, max(1, round(transformer.duration * rate)))
    rows = []
    for inner in transformer._front_ends():
        coefficients = coefficients_of(y, inner)
        is_heard = None
        if transformer.silence_db is not None:
            middles = of.count(coefficients.length()) * inner.hop_length + (0 if inner.center else inner.n_fft // 2)
            power = _power_around(y, middles, round(HEARD * rate))
            is_heard = power >= power.greatest(0) * 10 ** (-transformer.silence_db / 10)
        rows.append(_statistics(coefficients, is_heard))
    return of.join(*rows)


def _power_around(y: Value, middles: Value, n_samples: int) -> Value:
    """Return the sum of the squares of so many samples around each of some places."""
    of, y = y.graph, y.cast(np.float64)
    so_far = _padded(of.op("CumSum", y * y, of.constant(0, np.int64)), of.integers(1), of.integers(0))
    starts, length = middles - n_samples // 2, y.length()
    first, last = (place.maximum(0).minimum(length) for place in (starts, starts + n_samples))
    return so_far.take(last) - so_far.take(first)


def _statistics(coefficients: Value, is_heard: Value | None) -> Value:
    """Return mean, deviation, and deviation of the step between frames, of the frames that are heard."""
    of = coefficients.graph
    steps = (coefficients.part(1) - coefficients.part(0, -1)).cast(np.float64)
    frames = coefficients.cast(np.float64)
    weights = frames.take(0, axis=1) * 0 + 1 if is_heard is None else is_heard.cast(np.float64)
    between = weights.part(1) * weights.part(0, -1)

    def deviation(x: Value, w: Value) -> tuple[Value, Value]:
        w = (w / w.sum(0).maximum(1)).reshape(1, -1)
        mean = w @ x
        off = x - mean
        return mean.reshape(-1), (w @ (off * off)).apply("Sqrt").reshape(-1)

    mean, spread = deviation(frames, weights)
    _, restless = deviation(steps, between)
    return of.join(mean, spread, restless).cast(np.float32)
