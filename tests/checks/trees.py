"""Published corpora in miniature: their folders, file names and lines, as the archives unpack, without any sound."""

from pathlib import Path


def put(root, *names):
    """Make empty files, and the folders they lie in."""
    for name in names:
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def write(path, *lines):
    """Write a text file of some lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def spoil(path, *more):
    """Save a text file as editors on Windows and careless hands do, with more lines at its end."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    text = "".join(f"{line} \t\r\n" + ("\r\n" if i == 1 else "") for i, line in enumerate([*lines, *more]))
    path.write_text("\ufeff" + text, encoding="utf-8", newline="")


def in_the_wild(root):
    """In-the-Wild, as release_in_the_wild.zip unpacks."""
    folder = root / "release_in_the_wild"
    rows = ["0.wav,Alec Guinness,spoof", "1.wav,Alec Guinness,bona-fide", "2.wav,Barack Obama,spoof"]
    rows += [
        "3.wav,Barack Obama,bona-fide",
        "4.wav,Christopher Hitchens,bona-fide",
        "5.wav,Arnold Schwarzenegger,spoof",
    ]
    write(folder / "meta.csv", "file,speaker,label", *rows)
    put(folder, *(f"{i}.wav" for i in range(6)))
    return folder


LJ_VOCODERS = ("full_band_melgan", "melgan", "melgan_large", "multi_band_melgan", "parallel_wavegan")


def wavefake(root):
    """WaveFake, as generated_audio.zip unpacks, with the second copy inside the folder of text-to-speech."""
    folder = root / "generated_audio"
    for vocoder in LJ_VOCODERS:
        put(folder / f"ljspeech_{vocoder}", "LJ001-0001_gen.wav", "LJ002-0280_gen.wav")
    put(folder / "ljspeech_hifiGAN", "LJ001-0001_generated.wav", "LJ002-0280_generated.wav")
    put(folder / "ljspeech_waveglow", "LJ001-0001.wav", "LJ002-0280.wav")
    for vocoder in ("multi_band_melgan", "parallel_wavegan"):
        put(folder / f"jsut_{vocoder}", "BASIC5000_0001_gen.wav", "BASIC5000_4225_gen.wav")
    speech = folder / "common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech"
    put(speech, "gen_0.wav", "gen_13607.wav", "generated/gen_0.wav", "generated/gen_13607.wav")
    return folder


def ljspeech(root):
    """LJSpeech, the real voice of most of WaveFake."""
    put(root / "LJSpeech-1.1", "README", "metadata.csv", "wavs/LJ001-0001.wav", "wavs/LJ002-0280.wav")
    return root / "LJSpeech-1.1"


def jsut(root):
    """JSUT, the real voice of the rest of it, with one of its other parts."""
    put(root / "jsut_ver1.1", "basic5000/transcript_utf8.txt", "basic5000/wav/BASIC5000_0001.wav")
    put(root / "jsut_ver1.1", "basic5000/wav/BASIC5000_4225.wav", "loanword128/wav/LOANWORD128_001.wav")
    return root / "jsut_ver1.1"


PROCESSED = ".wav_16k.wav_norm.wav_mono.wav_silence.wav"


def fake_or_real(root, version="for-norm"):
    """FoR in one of its four versions."""
    folder = root / version
    ends = {
        "for-original": ("file{}.wav", "file{}.mp3"),
        "for-norm": (f"file{{}}{PROCESSED}", f"file{{}}.mp3{PROCESSED}"),
        "for-2seconds": (f"file{{}}{PROCESSED}_2sec.wav", f"file{{}}.mp3{PROCESSED}_2sec.wav"),
        "for-rerecorded": ("recording{}.wav_norm_mono.wav", "recording{}.wav_norm_mono.wav"),
    }
    plain, compressed = ends[version]
    for split in ("training", "validation", "testing"):
        put(folder / split / "real", plain.format(1), plain.format(2))
        put(folder / split / "fake", plain.format(1), compressed.format(2))
    return folder


VOICES = ("biden", "linus", "margot", "musk", "obama", "ryan", "taylor", "trump")


def deepvoice(root, voices=VOICES[:3]):
    """DEEP-VOICE, as the archive of Kaggle unpacks: capitals as they come in the names."""
    audio = root / "KAGGLE" / "AUDIO"
    put(audio / "REAL", *(f"{voice}-original.wav" for voice in voices))
    put(audio / "FAKE", *(f"{a}-to-{b}.wav" for a in voices for b in voices if a != b and (a, b) != ("linus", "biden")))
    put(audio / "FAKE", "Linus-to-Biden.wav")
    put(root / "DEMONSTRATION" / "DEMONSTRATION", "linus-original-DEMO.mp3", "linus-to-musk-DEMO.mp3")
    deepvoice_features(root / "KAGGLE" / "DATASET-balanced.csv")
    return root


FEATURES = ("chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff", "zero_crossing_rate")
FEATURES += tuple(f"mfcc{i}" for i in range(1, 21))


def deepvoice_features(path):
    """Write the table of features of DEEP-VOICE, four rows of it."""
    rows = [",".join([*(str(round(0.1 * i + j, 3)) for i in range(26)), "FAKE" if j < 2 else "REAL"]) for j in range(4)]
    write(path, ",".join([*FEATURES, "LABEL"]), *rows)
    return path


MLAAD_HEADER = (
    "path|original_file|language|is_original_language|duration|training_data|model_name|architecture|transcript"
)


def mlaad(root):
    """MLAAD: a folder a language and model, each with its table."""
    books = "en_US/by_book/female/judy_bieber/dorothy_and_wizard_oz/wavs/dorothy_and_wizard_oz_01_f0000{:02}.wav"
    clips = {
        ("en", "tts_models_en_ljspeech_vits"): ("vits", books, True),
        ("en", "Resemble.ai (April 12th, 2025)"): ("Resemble", books, True),
        ("fi", "facebook_mms-tts-fin"): ("facebook/mms-tts-fin", books, False),
        ("de", "griffin_lim"): (
            "griffin_lim",
            "de_DE/by_book/female/angela_merkel/merkel_alone/wavs/Kanzlerin_{}.wav",
            True,
        ),
    }
    for (language, model), (architecture, original, is_original) in clips.items():
        rows, folder = [], root / "fake" / language / model
        for i in (1, 2):
            source = original.format(i)
            name = source.rsplit("/", 1)[-1]
            put(folder, name)
            cells = [
                f"./fake/{language}/{model}/{name}",
                source,
                language,
                is_original,
                2.5,
                "data",
                model,
                architecture,
            ]
            # A quotation mark without its partner, as transcripts have them.
            rows.append("|".join(map(str, [*cells, f'"Oh, sagte er: ja {i}'])))
        write(folder / "meta.csv", MLAAD_HEADER, *rows)
    return root


def mailabs(root):
    """M-AILABS, whose sentences MLAAD speaks."""
    folder = root / "M-AILABS"
    book = "en_US/by_book/female/judy_bieber/dorothy_and_wizard_oz"
    put(folder, *(f"{book}/wavs/dorothy_and_wizard_oz_01_f0000{i:02}.wav" for i in (1, 2, 3)), f"{book}/metadata.csv")
    put(folder, "de_DE/by_book/female/angela_merkel/merkel_alone/wavs/Kanzlerin_1.wav")
    return folder


def add2022(root):
    """ADD 2022: training and development, and two of its tests."""
    folder = root / "ADD_train_dev"
    write(
        folder / "label" / "train_label.txt", *(f"ADD_T_0000000{i}.wav {'fake' if i else 'genuine'}" for i in range(3))
    )
    write(folder / "label" / "dev_label.txt", "ADD_D_00000000.wav genuine", "ADD_D_00000001.wav fake")
    put(folder / "train", *(f"ADD_T_0000000{i}.wav" for i in range(3)))
    put(folder / "dev", "ADD_D_00000000.wav", "ADD_D_00000001.wav")
    write(root / "eval_track1" / "label.txt", "ADD_E1_00000000.wav genuine", "ADD_E1_00000001.wav fake")
    put(root / "eval_track1" / "wav", "ADD_E1_00000000.wav", "ADD_E1_00000001.wav")
    rows = ["ADD_E3_00000000.wav fake 3", "ADD_E3_00000001.wav genuine 0", "ADD_E3_00000002.wav fake 1"]
    write(root / "track3.2_eval_R2" / "track3_R2_label.txt", *rows)
    put(root / "track3.2_eval_R2" / "wav", *(f"ADD_E3_0000000{i}.wav" for i in range(3)))
    return root


def add2023(root):
    """ADD 2023: tracks 1.2 and 2, and track 3, whose labels are numbers of generators."""
    for folder, letters in {"train": "T1.2_T", "dev": "T1.2_D", "testR1": "T1.2R1_E", "testR2": "T1.2R2_E"}.items():
        names = [f"ADD2023_{letters}_0000000{i}.wav" for i in range(2)]
        write(root / "Track1.2" / folder / "label.txt", f"{names[0]} genuine", f"{names[1]} fake")
        put(root / "Track1.2" / folder / "wav", *names)
    partial = root / "ADD2023_Track2_train"
    rows = ["ADD2023_T2_T_00000001 0.00-4.72-T 1", "ADD2023_T2_T_00000002 0.00-1.62-T/1.62-2.48-F 0"]
    write(partial / "label.txt", *rows, "ADD2023_T2_T_00000003 0.00-1.25-T/1.25-1.80-F/1.80-4.53-T 0")
    put(partial / "wav", *(f"ADD2023_T2_T_0000000{i}.wav" for i in (1, 2, 3)))
    return root


def cfad(root):
    """CFAD in its three versions."""
    folder = root / "CFAD"
    for version, end, mark in (
        ("clean_version", "clean", ""),
        ("codec_version", "codec", "_m4a"),
        ("noisy_version", "noise", "_10"),
    ):
        for part in ("train", "dev", "test_seen"):
            base, number = folder / version / f"{part}_{end}", {"train": 1, "dev": 2, "test_seen": 3}[part]
            put(base / f"real_{end}" / "aishell3", f"SSB096{number}0003{mark}.wav", f"SSB096{number}0004{mark}.wav")
            put(base / f"real_{end}" / "thchs30", f"A{number}_11{mark}.wav")
            put(base / f"fake_{end}" / "gl", f"SSB096{number}0003_gl{mark}.wav", f"A{number}_11_gl{mark}.wav")
            put(base / f"fake_{end}" / "lpcnet", f"SSB096{number}0003_lpcnet{mark}.wav")
    base = folder / "clean_version" / "test_unseen_clean"
    put(base / "real_clean" / "selfrecording", "nieshuai_001.wav")
    put(base / "fake_clean" / "partiallyfake", "HAD_001.wav")
    return folder


def codecfake(root):
    """Codecfake, arranged as its page says."""
    folder = root / "Codecfake"
    train = [
        line
        for name in ("SSB13650058", "p225_001")
        for line in (f"{name}.wav real 0", f"F01_{name}.wav fake 1", f"F02_{name}.wav fake 2")
    ]
    write(folder / "label" / "train.txt", *train)
    write(folder / "label" / "dev.txt", "p258_054.wav real 0", "F01_p258_054.wav fake 1")
    write(folder / "label" / "C1.txt", "SSB05440084.wav real 0", "F01_SSB05440084.wav fake 1")
    write(folder / "label" / "C2.txt", "SSB05440084.wav real 0", "F02_SSB05440084.wav fake 2")
    # The real clips of A1 to A3 bear the number of the generator.
    write(folder / "label" / "A1.txt", "61-70968-0000.wav real L1", "valle_61-70968-0000.wav fake L1")
    for part in ("train", "dev", "C1", "C2", "A1"):
        names = [line.split()[0] for line in (folder / "label" / f"{part}.txt").read_text().splitlines()]
        put(folder / (part if part in ("train", "dev") else f"test/{part}"), *names)
    return folder


def spoofceleb(root):
    """SpoofCeleb, as its archives unpack."""
    folder = root / "spoofceleb"
    speakers = {
        "train": ("id10001", "id10002"),
        "development": ("id10318", "id10326"),
        "evaluation": ("id10270", "id10271"),
    }
    for split, names in speakers.items():
        rows = [
            (f"{attack}/{name}/YYsxcZ5saac-0000{i}-006.flac", name, attack)
            for name in names
            for i, attack in ((1, "a00"), (2, "a00"), (1, "a06"))
        ]
        write(folder / "metadata" / f"{split}.csv", "file,speaker,attack", *(",".join(row) for row in rows))
        put(folder / "flac" / split, *(row[0] for row in rows))
    return folder
