"""Any clip -> one float32 mono waveform at one rate."""

from skvoicefake.audio._clip import MAX_DURATION as MAX_DURATION
from skvoicefake.audio._clip import MAX_RATE as MAX_RATE
from skvoicefake.audio._clip import MIN_RATE as MIN_RATE
from skvoicefake.audio._clip import AudioError, Clip
from skvoicefake.audio._clip import clip_name as clip_name
from skvoicefake.audio._load import load_audio
from skvoicefake.audio._remote import fetch as fetch
from skvoicefake.audio._remote import files_below as files_below
from skvoicefake.audio._remote import is_address as is_address

__all__ = ["AudioError", "Clip", "load_audio"]
