"""How fast are MFCCs of 3-s clips at 16 kHz, on one thread? Beside librosa and the peers that are installed.

Peers are measured where they can be imported: tf.signal, torchaudio, audioflux, python_speech_features,
kaldi_native_fbank. Those marked * give other numbers than librosa, whatever their settings.
"""

import importlib.util
import os

import librosa
import numpy as np
from scipy.fft import rfft
from threadpoolctl import threadpool_limits

from benchmarks._harness import interleave, main, rows_of
from skvoicefake import MFCCTransformer
from skvoicefake.feature_extraction import _cepstra, _filters, _spectrum, mfcc
from tests.checks.speech import speech

RATE, SECONDS, N_CLIPS = 16_000, 3, 10
FRAMES = {"n_fft": 512, "hop_length": 160, "n_mfcc": 40}


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=60)


def measure(results, args):
    with threadpool_limits(1):
        measure_on_one_thread(results, args)


def measure_on_one_thread(results, args):
    clips = [speech(seed, SECONDS, RATE) for seed in range(N_CLIPS)]
    for n_mels in (64, 128):
        ways = each(peers(n_mels), clips)
        seconds = interleave(ways, repeats=args.repeats)
        rows = rows_of(seconds, per=N_CLIPS, unit="us", reference="librosa")
        expected = librosa.feature.mfcc(y=clips[0], sr=RATE, n_mels=n_mels, **FRAMES).T
        for row, way in zip(rows, peers(n_mels).values(), strict=True):
            found = np.asarray(way(clips[0]))
            is_same = found.shape == expected.shape
            row["max difference"] = f"{np.abs(found - expected).max():.1e}" if is_same else "other frames"
        results.table(f"MFCCs of a clip of {SECONDS} s, {n_mels} mel bands", rows)
        results.ratio(f"mfcc, {n_mels} mels / librosa", seconds["librosa"], seconds["skvoicefake"], at_least=5)
        best_peer = min(
            seconds.keys() - {"librosa", "skvoicefake"}, key=lambda name: np.median(seconds[name]), default=None
        )
        if best_peer:
            results.ratio(f"mfcc, {n_mels} mels / {best_peer}", seconds[best_peer], seconds["skvoicefake"], at_least=1)
    stages(results, clips[0], args)
    extras(results, clips, args)


def peers(n_mels):
    """Return ways from a waveform to its MFCCs, (n_frames, 40)."""
    ways = {
        "librosa": lambda y: librosa.feature.mfcc(y=y, sr=RATE, n_mels=n_mels, **FRAMES).T,
        "skvoicefake": lambda y: mfcc(y, sample_rate=RATE, n_mels=n_mels, **FRAMES),
    }
    makers = {
        "tensorflow": ("tf.signal", tf_signal),
        "torchaudio": ("torchaudio", torchaudio_mfcc),
        "audioflux": ("audioflux *", audioflux_mfcc),
        "python_speech_features": ("python_speech_features *", speech_features_mfcc),
        "kaldi_native_fbank": ("kaldi_native_fbank *", kaldi_mfcc),
    }
    for package, (name, make) in makers.items():
        # Kaldi's narrowest band must hold a bin.
        if importlib.util.find_spec(package) and not (package == "kaldi_native_fbank" and n_mels > 64):
            ways[name] = make(n_mels)
    return ways


def tf_signal(n_mels):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    filters = tf.constant(_filters.triangles(RATE, 512, n_mels, 0.0, None, "mel", "area").T)
    cosines = tf.constant(_cepstra.dct_matrix(n_mels, 40, 2, "ortho").astype(np.float32))

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.float32)])
    def compute(y):
        spectrum = tf.signal.stft(tf.pad(y, [[256, 256]]), 512, 160, 512)
        power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
        decibels = tf.math.log(tf.maximum(power @ filters, 1e-10)) * (10 / np.log(10))
        return tf.maximum(decibels, tf.reduce_max(decibels) - 80) @ cosines

    return lambda y: compute(tf.constant(y)).numpy()


def torchaudio_mfcc(n_mels):
    import torch
    import torchaudio

    torch.set_num_threads(1)
    mel = {"n_fft": 512, "hop_length": 160, "n_mels": n_mels, "norm": "slaney", "mel_scale": "slaney"}
    transform = torchaudio.transforms.MFCC(RATE, 40, melkwargs=mel | {"pad_mode": "constant"})
    return lambda y: transform(torch.from_numpy(y)).numpy().T


def audioflux_mfcc(n_mels):
    import audioflux

    transform = audioflux.MelSpectrogram(num=n_mels, radix2_exp=9, samplate=RATE, slide_length=160)
    cepstra = audioflux.XXCC(n_mels)
    cepstra.set_time_length(transform.cal_time_length(RATE * SECONDS))
    return lambda y: cepstra.xxcc(transform.spectrogram(y), 40).T


def speech_features_mfcc(n_mels):
    import python_speech_features

    return lambda y: python_speech_features.mfcc(y, RATE, 0.032, 0.01, 40, n_mels, 512)


def kaldi_mfcc(n_mels):
    import kaldi_native_fbank

    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq, options.frame_opts.frame_length_ms = RATE, 32
    options.frame_opts.dither = 0
    options.mel_opts.num_bins, options.num_ceps = n_mels, 40

    def compute(y):
        extractor = kaldi_native_fbank.OnlineMfcc(options)
        extractor.accept_waveform(RATE, (y * 32768).tolist())
        extractor.input_finished()
        return np.stack([extractor.get_frame(i) for i in range(extractor.num_frames_ready)])

    return compute


def each(ways, clips):
    return {name: lambda way=way: [way(y) for y in clips] for name, way in ways.items()}


def stages(results, y, args):
    """Where the time goes."""
    bank = _filters.filter_bank(RATE, 512, 64, 0.0, None, "mel", "area")
    window = _spectrum._single_window("hann", 512, 512)
    frames = _spectrum.framed(y, 512, 160, True, "constant")
    windowed = frames * window
    squares = rfft(windowed).view(np.float32) ** 2
    power, _ = _spectrum._band_power(frames, window, bank)
    decibels = _spectrum.power_to_db(power, 80.0)
    transform = _cepstra._transform(64, 40, 2, "ortho")
    options = {"n_fft": 512, "win_length": None, "hop_length": 160, "window": "hann", "center": True}
    ways = {
        "all of it": lambda: mfcc(y, n_mels=64),
        "waveform -> dB": lambda: _spectrum.band_decibels(y, bank, pad_mode="constant", top_db=80.0, **options),
        "  frames -> power in bands": lambda: _spectrum._band_power(frames, window, bank),
        "    the FFT alone (scipy.fft, float32)": lambda: rfft(windowed),
        "    the filter bank alone": lambda: bank.power(squares),
        "dB -> cepstra": lambda: _cepstra._transformed(decibels, *transform),
    }
    seconds = interleave(ways, repeats=5 * args.repeats)
    results.table("Where the time goes (64 mel bands)", rows_of(seconds, unit="us"))


def extras(results, clips, args):
    """What deltas, normalisation, statistics and padding cost on top."""
    kinds = {
        "plain": {},
        "deltas=1": {"deltas": 1},
        "deltas=2": {"deltas": 2},
        'normalize="clip"': {"normalize": "clip"},
        'output="stats"': {"output": "stats"},
        'padding="zeros"': {},
        'padding="repeat"': {"padding": "repeat"},
    }
    short = [y[: 2 * len(y) // 3] for y in clips]
    ways = {}
    for name, parameters in kinds.items():
        transformer = MFCCTransformer(n_mels=64, **parameters)
        X = short if "padding" in name else clips
        ways[name] = lambda transformer=transformer, X=X: transformer.transform(X)
    seconds = interleave(ways, repeats=args.repeats)
    results.table("MFCCTransformer on waveforms in memory", rows_of(seconds, per=N_CLIPS, unit="us"))
    for name in list(kinds)[1:]:
        results.ratio(f"{name} / plain", seconds[name], seconds["plain"], at_most=1.15)


if __name__ == "__main__":
    main(__name__)
