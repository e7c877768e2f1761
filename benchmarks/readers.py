"""How long do corpus readers take on 200,000 lines with as many audio files?

Run it as ``python -m benchmarks.readers``. It makes empty files in a temporary folder, which takes longer than reading.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks._harness import interleave, main, rows_of
from skvoicefake.datasets import load_data

N_LINES = 200_000


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def touch(folder, names):
    folder.mkdir(parents=True)
    for name in names:
        os.close(os.open(folder / name, os.O_CREAT))


def is_real(i):
    return i % 10 == 0


def asvspoof2019(root):
    names = [f"LA_T_{i:07}" for i in range(N_LINES)]
    ends = ["- - bonafide" if is_real(i) else f"- A{i % 6 + 1:02} spoof" for i in range(N_LINES)]
    lines = (f"LA_{i % 100:04} {name} {end}" for i, (name, end) in enumerate(zip(names, ends, strict=True)))
    write(root / "LA" / "ASVspoof2019_LA_cm_protocols" / "ASVspoof2019.LA.cm.train.trn.txt", lines)
    touch(root / "LA" / "ASVspoof2019_LA_train" / "flac", (f"{name}.flac" for name in names))
    return root, {"corpus": "asvspoof2019-la"}


def asvspoof2021(root):
    names = [f"DF_E_{i:07}" for i in range(N_LINES)]
    ends = ["bonafide bonafide notrim eval bonafide", "Task1-team20 spoof notrim eval traditional_vocoder"]
    lines = (f"TEF{i % 100} {name} low_mp3 vcc2020 {ends[not is_real(i)]} - - FF E" for i, name in enumerate(names))
    write(root / "keys" / "DF" / "CM" / "trial_metadata.txt", lines)
    for i in range(4):
        part = root / f"ASVspoof2021_DF_eval_part0{i}" / "ASVspoof2021_DF_eval" / "flac"
        touch(part, (f"{name}.flac" for name in names[i::4]))
    return root, {"corpus": "asvspoof2021-df"}


def asvspoof5(root):
    names = [f"E_{i:010}" for i in range(N_LINES)]
    ends = ["bonafide bonafide -", "A26 spoof -"]
    lines = (
        f"E_{i % 700:04} {name} M C05 2 {names[i - i % 4]} AC1 {ends[not is_real(i // 4)]}"
        for i, name in enumerate(names)
    )
    write(root / "ASVspoof5.eval.track_1.tsv", lines)
    touch(root / "flac_E_eval", (f"{name}.flac" for name in names))
    return root, {"corpus": "asvspoof5"}


def in_the_wild(root):
    lines = (f"{i}.wav,Speaker {i % 58},{'bona-fide' if is_real(i) else 'spoof'}" for i in range(N_LINES))
    write(root / "meta.csv", ["file,speaker,label", *lines])
    touch(root / "release_in_the_wild", (f"{i}.wav" for i in range(N_LINES)))
    (root / "meta.csv").rename(root / "release_in_the_wild" / "meta.csv")
    return root, {"corpus": "in-the-wild"}


def spoofceleb(root):
    names = [f"a{0 if is_real(i) else 6:02}/id{i % 1000}/{i}.flac" for i in range(N_LINES)]
    lines = (f"{name},{name.split('/')[1]},{name.split('/')[0]}" for name in names)
    write(root / "spoofceleb" / "metadata" / "train.csv", ["file,speaker,attack", *lines])
    for name in names:
        path = root / "spoofceleb" / "flac" / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT))
    return root, {"corpus": "spoofceleb"}


def wavefake(root):
    vocoders = ("melgan", "melgan_large", "hifiGAN", "parallel_wavegan")
    for vocoder in vocoders:
        touch(
            root / f"ljspeech_{vocoder}", (f"LJ{i // 10_000:03}-{i % 10_000:04}_gen.wav" for i in range(N_LINES // 5))
        )
    touch(root / "LJSpeech-1.1" / "wavs", (f"LJ{i // 10_000:03}-{i % 10_000:04}.wav" for i in range(N_LINES // 5)))
    return root, {"corpus": "wavefake", "real": root / "LJSpeech-1.1"}


def fake_or_real(root):
    for kind in ("real", "fake"):
        names = (f"file{i}.wav_16k.wav_norm.wav_mono.wav_silence.wav" for i in range(N_LINES // 2))
        touch(root / "for-norm" / "training" / kind, names)
    return root, {"corpus": "fake-or-real"}


def mlaad(root):
    header = "path|original_file|language|architecture"
    n_models = N_LINES // 2_000
    for model in range(n_models):
        names = [f"book_{model % 10:02}_f{i:06}.wav" for i in range(1_000)]
        rows = (f"./fake/de/m{model}/{name}|de_DE/by_book/female/eva/b/wavs/{name}|de|vits" for name in names)
        write(root / "fake" / "de" / f"m{model}" / "meta.csv", [header, *rows])
        for name in names:
            os.close(os.open(root / "fake" / "de" / f"m{model}" / name, os.O_CREAT))
        book = root / "M-AILABS" / "de_DE" / "by_book" / "female" / f"reader{model % 5}" / f"b{model}" / "wavs"
        touch(book, (f"book_{model:02}_f{i:06}.wav" for i in range(1_000)))
    return root, {"corpus": "mlaad", "real": root / "M-AILABS"}


def add2022(root):
    lines = (f"ADD_T_{i:08}.wav {'genuine' if is_real(i) else 'fake'}" for i in range(N_LINES))
    write(root / "label" / "train_label.txt", lines)
    touch(root / "train", (f"ADD_T_{i:08}.wav" for i in range(N_LINES)))
    return root, {"corpus": "add2022"}


def add2023(root):
    ends = ["0.00-1.62-T/1.62-2.48-F 0", "0.00-1.62-T 1"]
    write(root / "label.txt", (f"ADD2023_T2_T_{i:08} {ends[is_real(i)]}" for i in range(N_LINES)))
    touch(root / "wav", (f"ADD2023_T2_T_{i:08}.wav" for i in range(N_LINES)))
    return root, {"corpus": "add2023"}


def cfad(root):
    part = root / "CFAD" / "clean_version" / "train_clean"
    names = [f"SSB{i % 100:04}{i:06}" for i in range(N_LINES // 4)]
    touch(part / "real_clean" / "aishell3", (f"{name}.wav" for name in names))
    for attack in ("gl", "lpcnet", "world"):
        touch(part / "fake_clean" / attack, (f"{name}_{attack}.wav" for name in names))
    return root, {"corpus": "cfad"}


def codecfake(root):
    names = [f"SSB{i % 100:04}{i:06}.wav" for i in range(N_LINES // 4)]
    clips = [(f"F0{i}_{name}" if i else name, i) for name in names for i in range(4)]
    write(root / "label" / "train.txt", (f"{name} {'fake' if i else 'real'} {i}" for name, i in clips))
    touch(root / "train", (name for name, _ in clips))
    return root, {"corpus": "codecfake"}


def table_of_full_paths(root):
    path, parameters = table(root)
    lines = path.read_text().replace("clips/", f"{root}/clips/")
    path.write_text(lines)
    return path, parameters


def table(root):
    lines = (f"clips/{i}.wav,{'real' if is_real(i) else 'fake'},{i % 100}" for i in range(N_LINES))
    write(root / "clips.csv", ["path,label,speaker", *lines])
    touch(root / "clips", (f"{i}.wav" for i in range(N_LINES)))
    return root / "clips.csv", {}


def folder(root):
    for kind in ("real", "fake"):
        for speaker in range(100):
            touch(root / kind / str(speaker), (f"{i}.wav" for i in range(N_LINES // 200)))
    return root, {}


TREES = {
    tree.__name__: tree
    for tree in (
        *(asvspoof2019, asvspoof2021, asvspoof5, in_the_wild, wavefake, fake_or_real, mlaad, add2022, add2023, cfad),
        *(codecfake, spoofceleb, table, table_of_full_paths, folder),
    )
}


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=5)


def measure(results, args):
    rows = []
    for name, tree in TREES.items():
        with tempfile.TemporaryDirectory() as root:
            path, parameters = tree(Path(root))
            seconds = interleave({name: partial(load_data, path, **parameters)}, repeats=args.repeats)
        rows += rows_of(seconds, unit="s")
        low, high = np.quantile(seconds[name], [0.1, 0.9])
        results.figure(name, np.median(seconds[name]), low=low, high=high, unit="s", at_most=2)
    results.table(f"Reading {N_LINES:,} clips", rows)


if __name__ == "__main__":
    main(__name__)
