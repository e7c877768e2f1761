"""The training of the detector in the package."""
