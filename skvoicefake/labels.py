"""The field's words for real and fake speech, and which class is which."""

from collections.abc import Hashable, Sequence
from typing import Literal

__all__ = ["label_kind", "real_label"]

REAL_WORDS = frozenset({"real", "bonafide", "genuine", "human", "authentic", "original", "natural"})
FAKE_WORDS = frozenset({"fake", "spoof", "spoofed", "deepfake", "synthetic", "generated", "cloned"})


def label_kind(label: Hashable) -> Literal["real", "fake"] | None:
    """Tell whether a label is one of the field's words for real or fake speech.

    Case, blanks, hyphens and underscores do not matter.

    Parameters
    ----------
    label : hashable
        A class label, such as ``"bona-fide"`` or ``"Spoof"``.

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
    word = "".join(character for character in label.casefold() if character not in " -_\t")
    if word in REAL_WORDS:
        return "real"
    return "fake" if word in FAKE_WORDS else None


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
