"""Programmes that come with this: each a file that `define-programme` takes as it is, or changed.

Those of resocialisation are as their source states them. Of the weekly themes the source states the themes
and for whom they are; how long a session is it does not say, so that is an example to be replaced.
"""

from importlib.resources import files


def names() -> list[str]:
    """Return what they are called."""
    return sorted(
        file.name.removesuffix(".json") for file in files(__name__).iterdir() if file.name.endswith(".json")
    )


def text(name: str) -> str:
    """Return one of them, as its file holds it."""
    return files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
