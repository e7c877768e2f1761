"""The neural speech coder inside Opus 1.5: a GAN vocoder (FARGAN) and a variational autoencoder (RDOVAE, DRED).

Both come with their weights in Opus's source package. They are no part of its public interface: the library is built
so that it shows them (see `benchmarks.farm`), and is called by `ctypes`.
"""

import ctypes
from pathlib import Path

import numpy as np

FRAME = 160  # samples at 16 kHz
N_FEATURES = 20  # 18 cepstral coefficients, the pitch, its correlation
N_STORED = 36  # with 16 LPC coefficients that only older vocoders read
N_LATENTS, N_LEVELS = 21, 16
N_STATE = 19
PITCH = 18  # log2(256 / period in samples) - 1.5
DELAY = 240  # samples by which the sound comes late: measured on envelopes of real clips
_ROOM = 1 << 22  # bytes for a structure whose size the headers alone tell: the largest has some 100 kB


class NeuralOpus:
    """Copy-synthesis by the networks in Opus.

    Parameters
    ----------
    path : str
        The built library.
    """

    def __init__(self, path):
        if not Path(path).exists():
            raise ModuleNotFoundError(f"no built Opus at {path!r}", name="opus (built from its source package)")
        self._lib = ctypes.CDLL(path)
        self._lib.lpcnet_encoder_create.restype = ctypes.c_void_p
        self._lib.lpcnet_encoder_destroy.argtypes = [ctypes.c_void_p]
        self._arch = self._lib.opus_select_arch()
        self._encoder = self._model("init_rdovaeenc", "rdovaeenc_arrays")
        self._decoder = self._model("init_rdovaedec", "rdovaedec_arrays")

    def features(self, y):
        """Return the vocoder's features of a clip, one row of 20 for every 10 ms."""
        pcm = np.ascontiguousarray(np.clip(np.round(y * 32768), -32768, 32767), dtype=np.int16)
        rows = np.zeros((len(pcm) // FRAME, N_STORED), dtype=np.float32)
        state = ctypes.c_void_p(self._lib.lpcnet_encoder_create())
        for frame, row in zip(pcm[: len(rows) * FRAME].reshape(-1, FRAME), rows, strict=True):
            self._lib.lpcnet_compute_single_frame_features(state, _pointer(frame), _pointer(row), self._arch)
        self._lib.lpcnet_encoder_destroy(state)
        return np.ascontiguousarray(rows[:, :N_FEATURES])

    def synthesize(self, features):
        """Return the sound of features, 10 ms a row."""
        state = ctypes.create_string_buffer(_ROOM)
        self._lib.fargan_init(state)
        # The vocoder continues a sound: it is given silence, and five frames before the first.
        before = np.repeat(features[:1], 5, axis=0)
        silence = np.zeros(2 * FRAME, dtype=np.float32)
        self._lib.fargan_cont(state, _pointer(silence), _pointer(before))
        sound = np.zeros((len(features), FRAME), dtype=np.float32)
        for row, frame in zip(np.ascontiguousarray(features, dtype=np.float32), sound, strict=True):
            self._lib.fargan_synthesize(state, _pointer(frame), _pointer(row))
        return sound.ravel()

    def quantized(self, features, level):
        """Return features as the autoencoder gives them back, its latents rounded at one of 16 levels (0: finest)."""
        features = np.ascontiguousarray(features[: len(features) // 4 * 4])
        pairs = features.reshape(-1, 2 * N_FEATURES)
        latents = np.zeros((len(pairs), 64), dtype=np.float32)
        states = np.zeros((len(pairs), 64), dtype=np.float32)
        memory = ctypes.create_string_buffer(_ROOM)
        for pair, latent, state in zip(pairs, latents, states, strict=True):
            self._lib.dred_rdovae_encode_dframe(
                memory, self._encoder, _pointer(latent), _pointer(state), _pointer(pair), self._arch
            )
        # It decodes from the newest on: every latent holds four frames, newest first.
        newest = self._rounded(states[-1:, :N_STATE], "state", level)
        codes = self._rounded(latents[::-2, :N_LATENTS], "latent", level)
        decoded = np.zeros((len(codes) * 4, N_FEATURES), dtype=np.float32)
        self._lib.DRED_rdovae_decode_all(
            self._decoder, _pointer(decoded), _pointer(newest), _pointer(codes), len(codes), self._arch
        )
        return np.ascontiguousarray(decoded[::-1])

    def _rounded(self, values, what, level):
        """Round as Opus's `dred_encode_latents` does."""
        width = values.shape[1]
        tables = {
            name: self._table(f"dred_{what}_{name}_q8", N_LEVELS * width)[level * width : (level + 1) * width]
            for name in ("quant_scales", "dead_zone", "r", "p0")
        }
        scale, zone = tables["quant_scales"] / 256, tables["dead_zone"] / 256
        codes = values * scale
        codes = np.floor(0.5 + codes - zone * np.tanh(codes / (zone + 0.1)))
        codes[:, (tables["r"] == 0) | (tables["p0"] == 255)] = 0
        return np.ascontiguousarray(codes / np.where(scale == 0, 1 / 256, scale), dtype=np.float32)

    def _table(self, name, size):
        return np.ctypeslib.as_array((ctypes.c_uint8 * size).in_dll(self._lib, name)).astype(np.float64)

    def _model(self, init, arrays):
        model = ctypes.create_string_buffer(_ROOM)
        if getattr(self._lib, init)(model, ctypes.byref(ctypes.c_char.in_dll(self._lib, arrays))):
            raise RuntimeError(f"Opus could not set up its network: {init}")
        return model


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)
