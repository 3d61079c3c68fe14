"""What a field means, in the words that stand under it in the code: no model keeps them.

Events are described in their schemas by their types alone, so their classes do not collect these words.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel


def meaning_of(model: type[BaseModel], field: str) -> str:
    """Return the sentence under a field, wherever it was declared; nothing where there is none."""
    declaring = (each for each in model.__mro__ if field in vars(each).get("__annotations__", {}))
    of = next(declaring, model)
    return _meanings(of.__module__).get((of.__name__, field), "")


@cache
def _meanings(module: str) -> Mapping[tuple[str, str], str]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    classes = (each for each in tree.body if isinstance(each, ast.ClassDef))
    return {(each.name, field): meaning for each in classes for field, meaning in _under(each)}


def _under(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for declared, below in zip(model.body, model.body[1:], strict=False):
        match declared, below:
            case (
                ast.AnnAssign(target=ast.Name(id=field)),
                ast.Expr(value=ast.Constant(value=str(meaning))),
            ):
                yield field, " ".join(meaning.split())
