"""``python -m skvoicefake``."""

import sys

from skvoicefake.cli import main

if __name__ == "__main__":
    sys.exit(main())
