"""Detectors in files that can be trusted: safe to load, or to run without TensorFlow."""

__all__: list[str] = []
