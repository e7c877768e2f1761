"""The field's words for real and fake speech, and which class is which."""

import re
from collections.abc import Hashable, Sequence
from typing import Literal

__all__ = ["label_kind", "real_label"]

REAL_WORDS = frozenset({"real", "bonafide", "genuine", "human", "authentic", "original", "natural"})
FAKE_WORDS = frozenset({"fake", "spoof", "spoofed", "deepfake", "synthetic", "generated", "cloned", "ai"})
# What may stand beside such a word, as in "real_audio", and says nothing.
NEUTRAL_WORDS = frozenset({"audio", "clip", "speech", "voice", "wav", "file", "data", "sample", "recording"})
# Words between what folders and labels have there, and numbers in front or behind; whatever else may deny it all.
PHRASE = re.compile(r"[\d\s_-]*[^\W\d_]+(?:[\s_.,:;-]+[^\W\d_]+)*[\d\s_-]*")
# Words that are part of generators' names too (NaturalSpeech 2): they say something alone only.
ALONE = frozenset({"natural", "original", "ai"})


def label_kind(label: Hashable) -> Literal["real", "fake"] | None:
    """Tell whether a label is one of the field's words for real or fake speech.

    Case, blanks, hyphens, underscores and a plural do not matter, nor do
    numbers in front or behind and words that say nothing: audio, clip, data,
    file, recording, sample, speech, voice, wav.

    Parameters
    ----------
    label : hashable
        A class label, such as ``"bona-fide"``, ``"Spoof"`` or ``"0_real_clips"``.

    Returns
    -------
    kind : {"real", "fake"} or None
        None where the label is no word of the field: 0 and 1, say, mean
        opposite things in different corpora and are never guessed.

    Examples
    --------
    >>> from skvoicefake.labels import label_kind
    >>> label_kind("Bona-Fide"), label_kind("deepfake"), label_kind(1)
    ('real', 'fake', None)
    """
    if not isinstance(label, str):
        return None
    text = label.casefold()
    # First as one word: "bona fide", "deep-fake".
    if kind := _kind(re.sub(r"[ \-_\t]", "", text)):
        return kind
    if not PHRASE.fullmatch(text):
        return None
    words = re.findall(r"[^\W\d_]+", re.sub(r"(bona|deep)[\W_]+(?=fake|fide)", r"\1", text))
    said = [forms for word in words if not NEUTRAL_WORDS & (forms := {word, word.removesuffix("s")})]
    kinds = {_kind(max(forms)) for forms in said}
    return kinds.pop() if len(kinds) == 1 and not all(forms & ALONE for forms in said) else None


def _kind(word: str) -> Literal["real", "fake"] | None:
    forms = {word, word.removesuffix("s")}
    return "real" if REAL_WORDS & forms else "fake" if FAKE_WORDS & forms else None


def real_label(labels: Sequence[Hashable]) -> Hashable:
    """Return the one of two labels that stands for the real voice.

    Parameters
    ----------
    labels : sequence of two labels
        For example ``classifier.classes_``.

    Returns
    -------
    label : hashable
        The label that names real speech.

    Raises
    ------
    ValueError
        If the labels are not one word for real and one for fake speech.

    Examples
    --------
    >>> from skvoicefake.labels import real_label
    >>> real_label(["bonafide", "spoof"])
    'bonafide'
    """
    kinds = [label_kind(label) for label in labels]
    if sorted(kinds, key=str) != ["fake", "real"]:
        raise ValueError(
            f"Cannot tell which of the labels {list(labels)} is the real voice: expected one word"
            f" for real speech (such as {sorted(REAL_WORDS)[:3]}) and one for fake speech (such as"
            f" {sorted(FAKE_WORDS)[:3]}). Rename the labels, or name the real one explicitly."
        )
    return labels[kinds.index("real")]
