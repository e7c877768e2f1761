"""The corpora of ASVspoof in miniature: folders, file names and line formats as the archives unpack."""

from tests.checks.trees import put, write

LINES_2017 = {
    "train": (
        "T_1000001.wav genuine M0001 S01 - - -",
        "T_1000002.wav genuine M0002 S02 - - -",
        "T_1001509.wav spoof M0001 S01 E02 P05 R04",
    ),
    "dev": ("D_1000001.wav genuine M0011 S01 - - -", "D_1000761.wav spoof M0012 S10 E03 P08 R07"),
    "eval": ("E_1000001.wav spoof M0029 S05 E05 P10 R08", "E_1000002.wav genuine M0029 S05 - - -"),
}


def asvspoof2017(root):
    """ASVspoof 2017, version 2."""
    for split, lines in LINES_2017.items():
        end = "trn" if split == "train" else "trl"
        write(root / "protocol_V2" / f"ASVspoof2017_V2_{split}.{end}.txt", *lines)
        put(root / f"ASVspoof2017_V2_{split}", *(line.split()[0] for line in lines))
    return root


LINES_2019 = {
    "LA": {
        "train": (
            "LA_0079 LA_T_1138215 - - bonafide",
            "LA_0080 LA_T_1271820 - - bonafide",
            "LA_0079 LA_T_1004644 - A01 spoof",
            "LA_0080 LA_T_1056709 - A06 spoof",
        ),
        "dev": ("LA_0069 LA_D_1047731 - - bonafide", "LA_0070 LA_D_1000265 - A03 spoof"),
        "eval": ("LA_0039 LA_E_2834763 - A11 spoof", "LA_0030 LA_E_5849185 - - bonafide"),
    },
    "PA": {
        "train": ("PA_0079 PA_T_0000001 aaa - bonafide", "PA_0095 PA_T_0005731 aaa AA spoof"),
        "dev": ("PA_0069 PA_D_0000001 aab - bonafide", "PA_0069 PA_D_0005401 aab CB spoof"),
        "eval": ("PA_0001 PA_E_0000001 cca - bonafide", "PA_0002 PA_E_0018091 cca BC spoof"),
    },
}


def asvspoof2019(root, track="LA"):
    """ASVspoof 2019, as LA.zip and PA.zip unpack, with the enrolment beside the clips."""
    folder = root / track
    for split, lines in LINES_2019[track].items():
        end = "trn" if split == "train" else "trl"
        write(folder / f"ASVspoof2019_{track}_cm_protocols" / f"ASVspoof2019.{track}.cm.{split}.{end}.txt", *lines)
        audio = folder / f"ASVspoof2019_{track}_{split}"
        put(audio / "flac", *(f"{line.split()[1]}.flac" for line in lines))
        write(audio / "LICENSE.txt", "Open Data Commons Attribution License (ODC-By)")
    write(folder / f"ASVspoof2019_{track}_asv_protocols" / f"ASVspoof2019.{track}.asv.dev.male.trn.txt", "LA_0069 x,y")
    put(folder / f"ASVspoof2019_{track}_dev" / "flac", f"{track}_D_A0000001.flac", f"{track}_D_A0000002.flac")
    return folder


LINES_2021 = {
    "LA": (
        "LA_0009 LA_E_9332881 alaw ita_tx A07 spoof notrim eval",
        "LA_0020 LA_E_6866159 alaw sin_tx bonafide bonafide notrim eval",
        "LA_0021 LA_E_5464494 none loc_tx A19 spoof notrim progress",
        "LA_0022 LA_E_1665632 pstn mad_tx bonafide bonafide notrim progress",
        "LA_0023 LA_E_8955802 g722 sin_tx A13 spoof trim hidden",
    ),
    "PA": (
        "PA_0010 PA_E_1000001 R3 M3 d4 r1 m1 s4 c4 spoof notrim eval",
        "PA_0011 PA_E_1000002 R3 M3 D2 - - - - bonafide notrim eval",
        "PA_0011 PA_E_1000003 R3 M1 D2 - - - - bonafide trim hidden",
        "PA_0012 PA_E_1000004 R1 M1 d1 r2 m2 s2 c3 spoof notrim eval",
    ),
    "DF": (
        "LA_0023 DF_E_2000011 nocodec asvspoof A14 spoof notrim progress traditional_vocoder - - - -",
        "TEF2 DF_E_2000013 low_m4a vcc2020 Task1-team20 spoof notrim eval"
        " neural_vocoder_nonautoregressive Task1 team20 FF E",
        "TGF1 DF_E_2000024 mp3m4a vcc2020 Task2-team12 spoof notrim eval traditional_vocoder Task2 team12 FF G",
        "LA_0043 DF_E_2000026 mp3m4a asvspoof bonafide bonafide notrim eval bonafide - - - -",
    ),
}
# Keys of speaker verification, by the same file name in the folder beside.
ASV_KEYS = {
    "LA": "LA_0007 LA_E_5013670 alaw ita_tx bonafide nontarget notrim eval",
    "PA": "PA_0030 PA_E_1000005 R8 M1 D1 - - - - nontarget notrim eval",
}


def asvspoof2021(root, track="LA"):
    """ASVspoof 2021: one folder or parts, and the keys, that are a download of their own."""
    lines = LINES_2021[track]
    names = [f"{line.split()[1]}.flac" for line in lines]
    if track == "LA":
        put(root / "ASVspoof2021_LA_eval" / "flac", *names)
    else:
        for i, name in enumerate(names):
            put(root / f"ASVspoof2021_{track}_eval_part0{i}" / f"ASVspoof2021_{track}_eval" / "flac", name)
    keys = root / f"{track}-keys-full" / "keys" / track
    write(keys / "CM" / "trial_metadata.txt", *lines)
    write(keys / "CM" / "LFCC-GMM" / "score.txt", "X_E_1 0.5")
    if track in ASV_KEYS:
        write(keys / "ASV" / "trial_metadata.txt", ASV_KEYS[track])
    return root


LINES_5 = {
    "train": (
        "T_4850 T_0000000000 F - - - AC3 A05 spoof -",
        "T_3734 T_0000000011 F - - - - bonafide bonafide -",
        "T_3734 T_0000000022 F - - - - bonafide bonafide -",
    ),
    "dev": (
        "D_4461 D_0000000169 F - - - AC1 A14 spoof -",
        "D_0461 D_0000000190 M - - - - bonafide bonafide -",
    ),
    "eval": (
        "E_1607 E_0009538969 M C05 2 E_0009486171 AC1 A26 spoof -",
        "E_1607 E_0009486171 M - - - AC1 A26 spoof -",
        "E_3614 E_0009249199 F C01 6 E_0009249100 - bonafide bonafide -",
    ),
}


def asvspoof5(root):
    """ASVspoof 5, with the protocols of the other track and the enrolment of its speakers."""
    names = {"train": "ASVspoof5.train.tsv", "dev": "ASVspoof5.dev.track_1.tsv", "eval": "ASVspoof5.eval.track_1.tsv"}
    folders = {"train": "flac_T", "dev": "flac_D", "eval": "flac_E_eval"}
    for split, lines in LINES_5.items():
        write(root / "ASVspoof5_protocols" / names[split], *lines)
        put(root / folders[split], *(f"{line.split()[1]}.flac" for line in lines))
    write(root / "ASVspoof5_protocols" / "ASVspoof5.dev.track_2.trial.tsv", "D_4461 D_0000000169 F A14 spoof")
    put(root / "flac_D", "D_A0000000562.flac")
    return root
