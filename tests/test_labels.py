import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.labels import FAKE_WORDS, REAL_WORDS, label_kind, real_label


@pytest.mark.parametrize("word", ["real", "Real", "bona-fide", "bona fide", "BONA_FIDE", "genuine", "human"])
def test_words_for_real_speech(word):
    assert label_kind(word) == "real"
    assert label_kind(np.str_(word)) == "real"


@pytest.mark.parametrize("word", ["fake", "FAKE", "deepfake", "deep-fake", "Deep Fake", "synthetic", " spoof "])
def test_words_for_fake_speech(word):
    assert label_kind(word) == "fake"


@pytest.mark.parametrize("label", [0, 1, 1.0, None, "", "0", "unreal", "not fake", "positive", ("real",), b"real"])
def test_what_is_no_word_of_the_field_is_never_guessed(label):
    assert label_kind(label) is None


@given(st.sampled_from(sorted(REAL_WORDS | FAKE_WORDS)), st.randoms(use_true_random=False))
def test_case_and_separators_do_not_matter(word, random):
    spelled = "".join(random.choice([c, c.upper(), f"-{c}", f"{c}_", f" {c}"]) for c in word)
    assert label_kind(spelled) == label_kind(word) is not None


def test_no_word_means_both():
    assert not REAL_WORDS & FAKE_WORDS


@given(st.sampled_from(sorted(REAL_WORDS)), st.sampled_from(sorted(FAKE_WORDS)), st.booleans())
def test_real_label_whatever_the_order(real, fake, real_first):
    labels = [real, fake] if real_first else [fake, real]
    assert real_label(labels) == real
    assert real_label(np.array(labels)) == real
    assert real_label(tuple(labels)) == real


@pytest.mark.parametrize(
    "labels",
    [[0, 1], ["real", "human"], ["fake", "spoof"], ["real", 1], ["real"], [], ["real", "fake", "spoof"], ["yes", "no"]],
)
def test_real_label_refuses_to_guess(labels):
    with pytest.raises(ValueError, match=r"which of the labels .* is the real voice") as raised:
        real_label(labels)
    assert "name the real one explicitly" in str(raised.value)
