import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.labels import ALONE, FAKE_WORDS, NEUTRAL_WORDS, REAL_WORDS, label_kind, real_label


@pytest.mark.parametrize("word", ["real", "Real", "bona-fide", "bona fide", "BONA_FIDE", "genuine", "human"])
def test_words_for_real_speech(word):
    assert label_kind(word) == "real"
    assert label_kind(np.str_(word)) == "real"


@pytest.mark.parametrize("word", ["fake", "FAKE", "deepfake", "deep-fake", "Deep Fake", "synthetic", " spoof "])
def test_words_for_fake_speech(word):
    assert label_kind(word) == "fake"


@pytest.mark.parametrize(
    "label", [0, 1, 1.0, None, "", "0", "0_1", "unreal", "not fake", "positive", ("real",), b"real"]
)
def test_what_is_no_word_of_the_field_is_never_guessed(label):
    assert label_kind(label) is None


@pytest.mark.parametrize("word", ["reals", "bonafides", "real_audio", "0_real", "Human", "bonafide_clips", "real1"])
def test_words_beside_real_that_say_nothing(word):
    assert label_kind(word) == "real"


@pytest.mark.parametrize("word", ["fakes", "Spoofs", "fake_audio", "1_fake", "AI", "spoof_clips", "AI-generated wavs"])
def test_words_beside_fake_that_say_nothing(word):
    assert label_kind(word) == "fake"


@pytest.mark.parametrize("name", ["natural_speech_3", "natural speech", "real (1)", ".real", "ai2", "original_voices"])
def test_names_of_generators_and_of_copies_are_none(name):
    assert label_kind(name) is None


@given(
    st.sampled_from(sorted((REAL_WORDS | FAKE_WORDS) - ALONE)),
    st.sampled_from(["", "s"]),
    st.lists(st.sampled_from([*sorted(NEUTRAL_WORDS), *(f"{word}s" for word in sorted(NEUTRAL_WORDS))]), max_size=2),
    st.sampled_from([" ", "_", "-", ". ", " - "]),
    st.tuples(st.sampled_from(["", "0", "12_"]), st.sampled_from(["", "1", "-7"])),
    st.booleans(),
)
def test_plurals_neutral_words_and_numbers_do_not_matter(word, plural, others, mark, numbers, is_first):
    words = [word + plural, *others] if is_first else [*others, word + plural]
    assert label_kind(f"{numbers[0]}{mark.join(words)}{numbers[1]}") == label_kind(word) is not None


@pytest.mark.parametrize(
    "label",
    ["real or fake", "not real", "real/fake", "fake-real", "real_vs_fake", "real?", "!fake", "re4l", "real 2 audio"]
    + ["non-fake", "real_train", "16khz_real", "audio", "clips 1", "s", "fide", "réal", "human_fakes"],
)
def test_what_denies_or_blurs_a_word_is_no_word(label):
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
