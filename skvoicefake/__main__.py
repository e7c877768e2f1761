"""``python -m skvoicefake``."""

from skvoicefake.cli import command

if __name__ == "__main__":
    command()
