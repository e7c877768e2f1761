"""Strategies and estimator checks that more than one test module uses."""
