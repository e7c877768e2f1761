"""A fitted `DomainGuard` as ONNX nodes: from a waveform to the place of its remark among `REMARKS`."""

import numpy as np

from skvoicefake.detectors._frozen_steps import REMARKS as REMARKS
from skvoicefake.detectors._guard import LIMIT, DomainGuard
from skvoicefake.detectors._speech import (
    ABOVE,
    HIGH,
    HOP,
    LAG,
    MIN_RATE,
    MOVING,
    N_BANDS,
    PERIODIC,
    PITCH,
    RANGE,
    SILENCE,
    WINDOW,
    _tables,
)
from skvoicefake.feature_extraction import FilterBankTransformer
from skvoicefake.persistence._onnx_front_end import _decibels, _padded
from skvoicefake.persistence._onnx_graph import Value

FAR = 1e30  # behind all numbers that are sorted


def remark_of(y: Value, guard: DomainGuard) -> Value:
    """Return the place of the first remark that holds, of shape (1,); 0 is none."""
    of = y.graph
    if guard.duration is not None:
        y = y.part(0, max(1, round(guard.duration * guard.sample_rate)))
    seconds, high, kinds = _measures(y, guard.sample_rate)
    limit = of.constant(LIMIT, np.float64)
    off = ((kinds - guard.center_) / guard.scale_).maximum(-LIMIT).minimum(limit) - guard.location_
    distance = (off.reshape(1, -1) @ guard.precision_ @ off.reshape(-1, 1)).reshape(1)
    remark = of.integers(0)
    # The first one that holds is the last one that is put.
    for place, holds in (
        (3, distance > guard.threshold_),
        (2, _below(high, guard.narrow_)),
        (1, _below(seconds, guard.min_speech)),
    ):
        remark = of.where(holds, of.integers(place), remark)
    return remark


def _below(value: Value, limit: float) -> Value:
    """Tell whether a value is below a limit."""
    return value.graph.constant([float(limit)], np.float64) > value


def _measures(y: Value, sample_rate: float) -> tuple[Value, Value, Value]:
    """Return seconds of speech, the power above 6.3 kHz, and the measures of kind, as `speech_measures` does."""
    of = y.graph
    level, periodicity, movement = _frames(y, sample_rate)
    loud = level > (_percentile(level, 95) - RANGE).maximum(SILENCE)
    active = _both(loud, level > _percentile(level, 10) + ABOVE)
    voiced = _both(active, periodicity > PERIODIC)
    seconds = _count(_both(voiced, movement > MOVING)) * HOP
    odds = periodicity.maximum(0.01).minimum(0.999)
    voicing = _percentile((odds / (1 - odds)).apply("Log"), 50, voiced)
    voicing = of.where(_count(voiced) > 0, voicing, voicing * 0)
    slowest = _percentile(movement.maximum(1e-4).apply("Log"), 10, loud)
    n_loud = _count(loud)
    weights = loud.cast(np.float64) / n_loud.maximum(1)
    off = level - (weights * level).sum(0)
    spread = (weights * off * off).sum(0, keepdims=True).apply("Sqrt")

    n_fft = 2 ** int(np.ceil(np.log2(0.03 * sample_rate)))
    bank = FilterBankTransformer(
        sample_rate=sample_rate,
        n_filters=N_BANDS,
        n_fft=n_fft,
        win_length=None,
        hop_length=round(HOP * sample_rate),
        pre_emphasis=0.0,
    )
    bands = _decibels(y, bank).cast(np.float64)
    power = (bands * (np.log(10) / 10)).apply("Exp")
    total = power.sum(1)
    is_high = np.arange(1, N_BANDS + 1) * sample_rate / 2 / (N_BANDS + 1) > HIGH
    share = (power * is_high.astype(np.float64)).sum(1) / total
    bright = total >= _percentile(total, 95) / 10 ** (RANGE / 10)
    high = (_percentile(share, 95, bright) + 1e-9).apply("Log") * (10 / np.log(10))
    shares = [_share(loud), _share(active)]
    measures = of.join(seconds, high, voicing, _rhythm(bands), *shares, slowest, spread)
    measures = of.where(n_loud > 0, measures, measures * 0)
    return measures.part(0, 1), measures.part(1, 2), measures.part(2)


def _frames(y: Value, sample_rate: float) -> tuple[Value, Value, Value]:
    """Return level, periodicity and movement of every frame, as `measured_frames` does, each of shape (n_frames,)."""
    of = y.graph
    y = y / y.apply("Abs").greatest(0).maximum(1.0)
    factor = int(sample_rate // MIN_RATE)
    rate = sample_rate / factor
    if factor > 1:
        from scipy.signal import firwin

        half = 10 * factor  # as in scipy.signal.resample_poly
        weights = firwin(2 * half + 1, 1 / factor, window=("kaiser", 5.0)).astype(np.float32)
        low = of.op(
            "Conv", y.reshape(1, 1, -1), of.constant(weights.reshape(1, 1, -1)), strides=[factor], pads=[half, half]
        )
        y = low.reshape(-1)
    y = y.cast(np.float64)
    length, step = round(WINDOW * rate), HOP * rate
    n_frames = (y.length().cast(np.float64) / step).apply("Floor").cast(np.int64) + 1
    starts = (of.count(n_frames).cast(np.float64) * step).apply("Round").cast(np.int64)
    padded = _padded(y, of.integers(length // 2), of.integers(length + 1))
    window, n_fft, expected = _tables(length, rate)
    frames = padded.take(starts.reshape(-1, 1) + np.arange(length)) * window.astype(np.float64)
    bins = np.arange(int(np.ceil(PITCH[0] * n_fft / rate)), n_fft // 2 + 1)
    angles = 2 * np.pi / n_fft * np.outer(np.arange(length), bins)
    real, imaginary = frames @ np.cos(angles), frames @ np.sin(angles)
    power = real * real + imaginary * imaginary
    lags = np.arange(int(rate / PITCH[1]) - 1, int(rate / PITCH[0]) + 2)
    twice = np.where((bins == 0) | (2 * bins == n_fft), 1, 2)[:, np.newaxis] / n_fft
    correlation = power @ (twice * np.cos(2 * np.pi / n_fft * np.outer(bins, np.append(lags, 0))))
    energy = correlation.part(-1, axis=1)
    ratio = correlation.part(0, -1, axis=1) / ((energy + 1e-20) * expected[lags].astype(np.float64))
    inner = ratio.part(1, -1, axis=1)
    is_peak = _both(inner >= ratio.part(0, -2, axis=1), inner >= ratio.part(2, axis=1))
    periodicity = of.where(is_peak, inner, inner * 0).greatest(1).maximum(0).minimum(1)
    shape = power.apply("Sqrt").apply("Sqrt")
    shape = shape / ((shape * shape).sum(1, keepdims=True).apply("Sqrt") + 1e-9)
    moved = 1 - (shape.part(2 * LAG) * shape.part(0, -2 * LAG)).sum(1)
    alone = of.constant(np.ones(LAG))
    movement = of.join(alone, moved, alone).part(0, n_frames)
    level = (energy / float(np.sum(window.astype(np.float64) ** 2)) + 1e-20).apply("Log") * (10 / np.log(10))
    return level.reshape(-1), periodicity, movement


def _rhythm(bands: Value) -> Value:
    """Return how much stronger the bands rise and fall at 2 to 8 Hz than slower, of shape (1,)."""
    of = bands.graph
    n = bands.length()
    # 512, or the next power of two.
    n_fft = of.integers(512)
    for exponent in range(9, 24):
        n_fft = of.where(n > 2**exponent, of.integers(2 ** (exponent + 1)), n_fft)
    size = n_fft.cast(np.float64)
    envelopes = bands.maximum(bands.greatest(0, 1) - 50)
    envelopes = envelopes - envelopes.mean(0, keepdims=True)
    times = of.count(n).cast(np.float64)
    turns = times / (n - 1).maximum(1).cast(np.float64)
    window = 0.5 - _cosine(turns * (2 * np.pi)) * 0.5
    window = of.where(n > 1, window, window * 0 + 1)
    paces = of.count((size * (8 * HOP)).apply("Ceil").cast(np.int64)).cast(np.float64)
    angles = paces.reshape(-1, 1) * times.reshape(1, -1) * (2 * np.pi / size)
    envelopes = envelopes * window.reshape(-1, 1)
    real, imaginary = _cosine(angles) @ envelopes, angles.apply("Sin") @ envelopes
    power = (real * real + imaginary * imaginary).sum(1)
    pace = paces / size / HOP
    is_slow = (2.0 - pace > 0).cast(np.float64)
    is_spoken = (8.0 - pace > 0).cast(np.float64) - is_slow
    slow, spoken = ((power * weights).sum(0, keepdims=True) + 1e-3 for weights in (is_slow, is_spoken))
    return (spoken / slow).apply("Log")


def _cosine(angles: Value) -> Value:
    return (angles + np.pi / 2).apply("Sin")  # not all runtimes have the cosine in double precision


def _percentile(values: Value, percent: float, among: Value | None = None) -> Value:
    """Return a percentile of all values, or of those among which it is asked for, of shape (1,)."""
    of = values.graph
    n = values.length()
    if among is not None:
        values, n = of.where(among, values, values * 0 + FAR), _count(among).maximum(1).cast(np.int64)
    ordered = of.ops("TopK", 2, values, values.length(), largest=0)[0]
    place = (n - 1).cast(np.float64) * (percent / 100)
    low = place.apply("Floor")
    below, above = (ordered.take(end.cast(np.int64)) for end in (low, place.apply("Ceil")))
    return below + (above - below) * (place - low)


def _both(one: Value, other: Value) -> Value:
    return one.graph.op("And", one, other)


def _count(mask: Value) -> Value:
    return mask.cast(np.float64).sum(0, keepdims=True)


def _share(mask: Value) -> Value:
    return mask.cast(np.float64).mean(0, keepdims=True)
