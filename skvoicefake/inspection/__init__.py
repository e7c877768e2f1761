"""What in a recording made a detector decide, and when."""

__all__: list[str] = []
