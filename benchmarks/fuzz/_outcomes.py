"""What may become of an input: it is read, or refused in one clear line; all else is a finding."""

READ, REFUSED = "read", "refused"


class Finding(AssertionError):  # noqa: N818
    """Something that must not be."""


def refusal(error, name, *kinds):
    """Check that an error is one clear line that names what it is about."""
    message = str(error)
    if not isinstance(error, kinds):
        raise Finding(f"{type(error).__name__}: {message[:300]}") from error
    if "\n" in message.strip() or not message:
        raise Finding(f"not one line: {message[:300]!r}") from error
    if name not in message:
        raise Finding(f"does not name {name}: {message[:300]}") from error
    return REFUSED
