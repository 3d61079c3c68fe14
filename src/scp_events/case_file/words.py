"""Values in words: in one line, and without anything that would give a terminal orders."""

from __future__ import annotations

# What could make a terminal do something, or show text in another order than it was written.
_OBEYED = (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN = dict.fromkeys(_OBEYED, "\N{REPLACEMENT CHARACTER}")


def plain(text: object) -> str:
    """Return text in one line, without characters that a terminal would obey."""
    return " ".join(str(text).split()).translate(_UNSEEN)


def in_words(value: object) -> str:
    """Return a value as a table shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(in_words, value))
        case {"erased": True, "at": at}:
            return f"[erased on {str(at)[:10]}]"
        case dict():
            return ", ".join(f"{plain(key)} {in_words(inner)}" for key, inner in value.items())
    return plain(value)
