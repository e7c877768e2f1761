"""Recordings of which one sentence is fake: how well they are found, and the sentence in them."""
