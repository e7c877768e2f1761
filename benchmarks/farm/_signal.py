"""Copy-synthesis and voice conversion by signal processing, with settings drawn anew for every clip."""

import shutil
import subprocess

import numpy as np
import soxr

from benchmarks.farm._corpus import RATE


def griffin_lim(tools):
    """Magnitudes alone (linear or through 40 to 128 mel bands), the phase by 1 to 32 iterations of Griffin-Lim."""
    import librosa

    def make(y, rng):
        n_fft = int(rng.choice([400, 512, 1024]))
        options = {"hop_length": n_fft // int(rng.choice([2, 4, 4, 8])), "win_length": n_fft}
        magnitude = np.abs(librosa.stft(y, n_fft=n_fft, **options))
        if n_mels := int(rng.choice([0, 40, 60, 80, 80, 128])):
            filters = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=min(n_mels, n_fft // 8), norm=None)
            magnitude = np.maximum(np.linalg.pinv(filters) @ (filters @ magnitude), 1e-6)
        settings = int(rng.choice([1, 4, 16, 32])), float(rng.choice([0, 0.99]))
        transforms = (
            lambda x: librosa.stft(x, n_fft=n_fft, **options),
            lambda x: librosa.istft(x, n_fft=n_fft, length=len(y), **options),
        )
        return _with_phase(magnitude, *transforms, *settings, rng)

    return make


def world(tools):
    """WORLD's pitch, envelope and aperiodicity, the latter two often through the few numbers that models predict."""
    import pyworld

    def make(y, rng):
        pitch, envelope, aperiodicity, period = _world_features(pyworld, y, rng)
        n_fft = 2 * (envelope.shape[1] - 1)
        if n_coefficients := int(rng.choice([0, 25, 40, 60])):
            coded = pyworld.code_spectral_envelope(envelope, RATE, n_coefficients)
            envelope = pyworld.decode_spectral_envelope(coded, RATE, n_fft)
            aperiodicity = pyworld.decode_aperiodicity(pyworld.code_aperiodicity(aperiodicity, RATE), RATE, n_fft)
        return pyworld.synthesize(pitch, envelope, aperiodicity, RATE, period)

    return make


def world_vc(tools):
    """WORLD with another pitch, intonation, vocal tract and breathiness."""
    import pyworld

    def make(y, rng):
        pitch, envelope, aperiodicity, period = _world_features(pyworld, y, rng)
        voiced = pitch > 0
        if voiced.any():
            middle = np.median(pitch[voiced])
            pitch[voiced] = middle * (pitch[voiced] / middle) ** rng.uniform(0.3, 1.5)
            pitch[voiced] *= np.exp(rng.uniform(-0.5, 0.5))
        bins = np.arange(envelope.shape[1])
        at = np.clip(bins * np.exp(rng.uniform(-0.2, 0.2)), 0, bins[-1])
        envelope = np.exp([np.interp(at, bins, row) for row in np.log(envelope)])
        aperiodicity = np.clip(aperiodicity ** rng.uniform(0.6, 1.6), 1e-6, 1 - 1e-6)
        return pyworld.synthesize(pitch, envelope, aperiodicity, RATE, period * rng.uniform(0.85, 1.2))

    return make


def lpc_vocoder(tools):
    """Pulses and noise through linear prediction of order 12 to 24, as in speech coders from 1970 on."""
    return _source_filter(_lpc_envelope)


def minimum_phase(tools):
    """Pulses and noise through the smoothed cepstrum's or mel bands' envelope in minimum phase."""
    return _source_filter(_cepstral_envelope)


def psola(tools):
    """Praat's pitch-synchronous overlap-add: another pitch, other formants, another speed."""
    import parselmouth
    from parselmouth.praat import call

    def make(y, rng):
        sound = parselmouth.Sound(y.astype(np.float64), RATE)
        pitch = call(sound, "To Pitch", 0, 75, 500)
        middle = call(pitch, "Get quantile", 0, 0, 0.5, "Hertz")
        middle = middle if middle > 0 else 150  # no voice found: Praat gives NaN; the formants move all the same
        settings = (
            np.exp(rng.uniform(-0.18, 0.18)),
            np.clip(middle * np.exp(rng.uniform(-0.45, 0.45)), 75, 500),
            rng.uniform(0.5, 1.5),
            rng.uniform(0.85, 1.2),
        )
        return call([sound, pitch], "Change gender", *settings).values[0]

    return make


def phase_vocoder(tools):
    """Pitch shift by 1.5 to 5 semitones with a phase vocoder."""
    import librosa

    def make(y, rng):
        ratio = 2 ** (rng.uniform(1.5, 5) * rng.choice([-1, 1]) / 12)
        n_fft = int(rng.choice([512, 1024]))
        longer = librosa.istft(_stretched(librosa.stft(y, n_fft=n_fft), ratio), n_fft=n_fft)
        return soxr.resample(longer, RATE * ratio, RATE)[: len(y)]

    return make


def codec2(tools):
    """The parametric speech codec of radio amateurs, at 700 to 3200 bit/s and 8 kHz."""
    if not shutil.which("c2enc"):
        raise ModuleNotFoundError("no program c2enc", name="codec2 (Debian)")

    def make(y, rng):
        mode = str(rng.choice(["3200", "2400", "1600", "1300", "700C"]))
        pcm = (soxr.resample(np.pad(y, (0, 1600)), RATE, 8000) * 32767).astype("<i2").tobytes()
        for program in ("c2enc", "c2dec"):
            done = subprocess.run([program, mode, "-", "-"], input=pcm, stdout=subprocess.PIPE, check=True)
            pcm = done.stdout
        return soxr.resample(np.frombuffer(pcm, dtype="<i2")[160:] / 32768, 8000, RATE)  # it comes 20 ms late

    return make


def _with_phase(magnitude, stft, istft, n_iter, momentum, rng):
    """Griffin and Lim (1984), with the momentum of Perraudin et al. (2013), from a random phase."""
    phase = np.exp(2j * np.pi * rng.random(magnitude.shape))
    before = 0
    for _ in range(n_iter):
        now = stft(istft(magnitude * phase))
        phase = now + momentum * (now - before)
        phase /= np.abs(phase) + 1e-12
        before = now
    return istft(magnitude * phase)


def _stretched(spectrum, factor):
    """A spectrum of `factor` times as many frames, whose phases go on as fast as they did."""
    times = np.arange(0, spectrum.shape[1] - 1, 1 / factor)
    at, share = times.astype(int), times % 1
    magnitude = (1 - share) * np.abs(spectrum[:, at]) + share * np.abs(spectrum[:, at + 1])
    steps = np.angle(spectrum[:, at + 1] * np.conj(spectrum[:, at]))
    return magnitude * np.exp(1j * np.cumsum(steps, axis=1))


def _world_features(pyworld, y, rng):
    y = y.astype(np.float64)
    period = float(rng.choice([5.0, 5.0, 10.0]))
    find = pyworld.harvest if rng.random() < 0.3 else pyworld.dio
    rough, times = find(y, RATE, frame_period=period)
    pitch = pyworld.stonemask(y, rough, times, RATE)
    return pitch, pyworld.cheaptrick(y, pitch, times, RATE), pyworld.d4c(y, pitch, times, RATE), period


def _source_filter(envelope_of):
    import librosa
    import pyworld

    def make(y, rng):
        options = {"n_fft": 512, "hop_length": 80, "win_length": int(rng.choice([320, 400, 512]))}
        rough, times = pyworld.dio(y.astype(np.float64), RATE, frame_period=5.0)
        pitch = pyworld.stonemask(y.astype(np.float64), rough, times, RATE)
        envelope = envelope_of(np.abs(librosa.stft(y, **options)), rng)
        source = librosa.stft(_excitation(pitch, len(y), rng), **options)
        n = min(envelope.shape[1], source.shape[1])
        return librosa.istft(source[:, :n] * _in_minimum_phase(envelope[:, :n]), length=len(y), **options)

    return make


def _excitation(pitch, length, rng):
    """Pulses where there is voice, noise above 2 to 6 kHz and where there is none; white over all."""
    from scipy.signal import butter, sosfiltfilt

    at = np.repeat(pitch, RATE // 200)[:length]
    at = np.pad(at, (0, length - len(at)))
    phase = np.cumsum(at / RATE)
    pulses = np.zeros(length)
    hits = np.flatnonzero(np.diff(np.floor(phase)) > 0) + 1
    pulses[hits] = np.sqrt(RATE / np.maximum(at[hits], 50))
    noise = rng.standard_normal(length)
    edge = rng.uniform(2000, 6000)
    low, high = (butter(4, edge, kind, fs=RATE, output="sos") for kind in ("low", "high"))
    voiced = sosfiltfilt(low, pulses) + sosfiltfilt(high, noise)
    return np.where(at > 0, voiced, noise).astype(np.float32)


def _lpc_envelope(magnitude, rng):
    order, n_fft = int(rng.integers(12, 25)), 2 * (len(magnitude) - 1)
    lags = np.fft.irfft(magnitude.T**2 + 1e-9)[:, : order + 1]
    envelope = np.empty_like(magnitude)
    for i, row in enumerate(lags):
        matrix = row[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
        taps = np.linalg.solve(matrix + 1e-6 * row[0] * np.eye(order), row[1:])
        gain = max(row[0] - taps @ row[1:], 1e-12)
        envelope[:, i] = np.sqrt(gain) / np.abs(np.fft.rfft(np.r_[1, -taps], n_fft))
    return envelope


def _cepstral_envelope(magnitude, rng):
    import librosa

    n_fft = 2 * (len(magnitude) - 1)
    if rng.random() < 0.5:
        filters = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=int(rng.choice([24, 32, 40])), norm=None)
        bands = np.log(filters @ magnitude + 1e-7) - np.log(filters.sum(axis=1, keepdims=True))
        centres = filters.argmax(axis=1)
        return np.exp([np.interp(np.arange(len(magnitude)), centres, band) for band in bands.T]).T
    cepstrum = np.fft.irfft(np.log(magnitude.T + 1e-7))
    order = int(rng.integers(24, 45))
    cepstrum[:, order : n_fft - order + 1] = 0
    return np.exp(np.fft.rfft(cepstrum).real.T)


def _in_minimum_phase(envelope):
    cepstrum = np.fft.irfft(np.log(np.maximum(envelope.T, 1e-9)))
    half = cepstrum.shape[1] // 2
    cepstrum[:, 1:half] *= 2
    cepstrum[:, half + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum)).T
