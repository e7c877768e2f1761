"""Speech to train on and to judge by: labelled clips from folders and tables, and fakes of real speech."""

from skvoicefake.datasets._copysynthesis import make_copysynthesis
from skvoicefake.datasets._folder import find_audio, load_folder
from skvoicefake.datasets._table import load_data, load_table

__all__ = ["find_audio", "load_data", "load_folder", "load_table", "make_copysynthesis"]
