"""Mutated files and made-up arrays, thrown at everything that reads what others wrote."""
