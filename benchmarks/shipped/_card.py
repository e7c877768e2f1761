"""What the card of the detector in the package says."""

import numpy as np

from skvoicefake.detectors._freezing import versions

CREDITS = {
    "asterisk-prompts": "Asterisk sound prompts: Allison Smith, June Wallack, Carlo Flora; ivrvoice.ru",
    "assemvc": "Assem-VC demo page, MINDsLab",
    "copysynth": "real clips of this table, through WORLD, Griffin-Lim, MLSA",
    "cotatron": "Cotatron demo page, MINDsLab",
    "deepvoice3": "deepvoice3_pytorch, Ryuichi Yamamoto",
    "e1tts-demo": "E1 TTS demo page, with the systems it compares",
    "fastspeech2-repo": "FastSpeech2, Chung-Ming Chien",
    "keonlee-comptrans": "Comprehensive-Transformer-TTS, Keon Lee",
    "keonlee-diffgan": "DiffGAN-TTS, Keon Lee",
    "keonlee-stylespeech": "StyleSpeech, Keon Lee",
    "kerstin": "Kerstin, Thorsten-Voice project",
    "larynx": "Larynx, Rhasspy",
    "librispeech-resemblyzer": "LibriSpeech (V. Panayotov, G. Chen, D. Povey, S. Khudanpur), by way of Resemblyzer",
    "mimic3": "Mimic 3 voices, Mycroft AI",
    "opentts": "OpenTTS samples, Michael Hansen",
    "picovoice-intent": "Speech-to-Intent benchmark, Picovoice",
    "picovoice-wakeword": "Wake-word benchmark, Picovoice",
    "pkg-tts": "voices in the packages flite, festival, espeak-ng, piper, hibari",
    "quickvc": "QuickVC demo page",
    "speech-commands": "Speech Commands (P. Warden)",
    "tortoise": "Tortoise TTS, James Betker",
    "univnet": "UnivNet demo, MINDsLab; LibriTTS (H. Zen et al.)",
}


def card_of(table, tables, points, seconds, args):
    """Return the content of the model card."""
    training = []
    for name, clips in _kinds(table):
        names = sorted(set(clips["generator"]) - {"-"})
        training.append(
            {
                "source": name,
                "generators": ", ".join(names) or "-",
                "clips": len(clips),
                "hours": float(round(clips["duration_s"].astype(float).sum() / 3600, 3)),
                "licence": clips["licence"].iloc[0].split("; real clip")[0],
                "attribution": CREDITS.get(name, "see benchmarks/farm"),
            }
        )
    return {
        "title": "The detector in the package",
        "summary": (
            f"A detector of synthetic speech, trained on {len(table)} clips of at most 2.7 s, 16 kHz:"
            f" {np.sum(table['label'] == 'real')} of real speech, {np.sum(table['label'] == 'fake')} fakes by"
            f" {table.loc[table['label'] == 'fake', 'generator'].nunique()} generators, from"
            f" {table['source'].nunique()} sources, mostly in English."
        ),
        "use": [
            "A first look at recordings of one person who speaks: which of many to listen to, or to examine.",
            "A fixed point to hold a detector of your own against, and to calibrate on clips of your own.",
        ],
        "not_for": [
            "Evidence against anyone. It errs on a large share of speech by modern systems; the tables say how often.",
            "Music, singing, several speakers, or less than 0.4 s of voiced speech. It mostly gives no verdict on music"
            " and snippets; two people at once it takes for one, and real speech mixed or cut into a fake hides it.",
            "What went through low bit rates, or noise: the tables say what is left of its accuracy there. On telephone"
            " speech it gives no verdict.",
        ],
        "training": training,
        "figures": tables,
        "operating_points": points,
        "versions": versions(),
        "limits": [
            "Generators and sources that it has not met. Zero-shot text-to-speech of the latest kind is hardest: the"
            " fakes of some systems score as more real than people.",
            "Noise floors. Generators leave out the hiss that recordings have, and it hears that: with faint hiss"
            " added, fakes score as more real, as the table of changes says.",
            "Clips that were saved anew, which no remark tells of. Of 120 clips that it was trained on, half a bit of"
            " dither or another gain in 16 bits moved scores by 0.2 and 0.9 (median; at most 4.4), 44.1 or 48 kHz in"
            " place of 16 by 3.2 (at most 7.3), mostly towards 0.",
            "Clips shorter than those of training (2.7 s): the first half alone is judged worse, and as more fake.",
            "Languages other than English make a small part of the training clips.",
            "It looks at the first 10 s of a clip, as one. Cut long recordings (`datasets.cut_segments`).",
            "Verdicts are cut at 0, where real and fake are as likely by its calibration; the tables say how many of"
            " each class lie on the wrong side, which is not the equal error rate.",
        ],
        "reproduce": [
            "`python -m benchmarks.farm CORPUS FARM`, then `python -m benchmarks.shipped CORPUS FARM`, seed 0.",
            f"Fitting to all clips took {seconds:.0f} s with {args.jobs} threads.",
        ],
    }


def _kinds(table):
    """Give names and clips of every source, label and licence, real speech first; those of the farm together."""
    own, made = table[table["split"] != "extra"], table[table["split"] == "extra"]
    for label in ("real", "fake"):
        for (name, _), clips in own[own["label"] == label].groupby(["source", "licence"], sort=True):
            yield name, clips
    for _, clips in made.groupby(made["licence"].str.split("; real clip").str[0], sort=True):
        yield "made from the real clips above", clips
