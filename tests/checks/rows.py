"""What ``skvoicefake predict`` writes as CSV, read back."""

import csv
import io


def rows_of(text):
    """Return the rows as dictionaries."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
