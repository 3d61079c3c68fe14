"""Changes the rules in one place at a time, and says which changes no test notices.

    make mutants                                   every aggregate
    python -m tests.aggregates.mutants enrolment   one of them

Every function of an aggregate is changed: a comparison, a condition, a number, `and` for `or`, a refusal or a
check left out. A change is made in a child process of its own, by giving the function other code, and only
the tests that run this function are asked: random ones when no other has noticed. Fields (`Field(ge=1)`) and
tables are not changed here.

Packages that do this start Python anew for each change, which takes seconds; this takes a fraction of one.
A change that survives is a missing test, or makes no difference: a person says which.
"""

from __future__ import annotations

import ast
import copy
import gc
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import NamedTuple, TypeAlias

import pytest
from _pytest.runner import runtestprotocol

from scp_events import aggregates

ROOT = Path(aggregates.__path__[0])
TESTS = ("tests/aggregates", "tests/history", "tests/what_if/test_completions.py")
PATIENCE = 10
"""Seconds at work until a change that has the tests run for ever counts as noticed."""

Place: TypeAlias = tuple[str, str, int]
"""A function: file, name and first line."""


class Mutant(NamedTuple):
    """One change: of which function, what it says where, and the code the function has then."""

    place: Place
    line: int
    change: str
    code: CodeType

    def __str__(self) -> str:
        return f"{Path(self.place[0]).relative_to(ROOT)}:{self.line} {self.place[1]}: {self.change}"


# --- changes ----------------------------------------------------------------------------------------------

OTHERWISE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def changed(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - a table
    """Yield what could stand in place of a node."""
    match node:
        case ast.Compare(ops=[op]):
            yield ast.Compare(node.left, [OTHERWISE[type(op)]()], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.If() | ast.IfExp() if not isinstance(node.test, ast.Compare):
            other = copy.copy(node)
            other.test = ast.UnaryOp(ast.Not(), node.test)
            yield other
        case ast.comprehension(ifs=[first, *more]):
            yield ast.comprehension(node.target, node.iter, more, node.is_async)
            yield ast.comprehension(node.target, node.iter, [ast.UnaryOp(ast.Not(), first)], node.is_async)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return  # never comes about: that is for the type checker
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield ast.Pass()


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every change of a module's functions."""
    tree = ast.parse(path.read_text())
    for function in _functions(tree):
        for parent in ast.walk(function):
            for name, value in ast.iter_fields(parent):
                if name in {"decorator_list", "args", "annotation", "returns"}:
                    continue
                for number, node in enumerate(value if isinstance(value, list) else [value]):
                    for other in changed(node) if isinstance(node, ast.AST) else ():
                        yield _mutant(path, tree, function, (parent, name, number), other)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        yield from (each for each in [node, *getattr(node, "body", [])] if isinstance(each, ast.FunctionDef))


def _mutant(
    path: Path, tree: ast.Module, function: ast.FunctionDef, at: tuple[ast.AST, str, int], other: ast.AST
) -> Mutant:
    parent, name, number = at
    value = getattr(parent, name)
    node = value[number] if isinstance(value, list) else value
    line = getattr(node, "lineno", getattr(parent, "lineno", function.lineno))
    change = f"{_told(node)} -> {_told(other)}"
    setattr(
        parent, name, [*value[:number], other, *value[number + 1 :]] if isinstance(value, list) else other
    )
    compiled = compile(ast.fix_missing_locations(tree), str(path), "exec")
    setattr(parent, name, value)
    first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
    code = next(c for c in _codes(compiled) if (c.co_name, c.co_firstlineno) == (function.name, first))
    return Mutant((str(path), code.co_qualname, first), line, change, code)


def _told(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()[0][:70]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


# --- asking -----------------------------------------------------------------------------------------------


class Asking:
    """Takes the place of running the tests: tells of every change whether a test notices it."""

    def __init__(self, wanted: Sequence[str]) -> None:
        """Ask of the aggregates that are wanted, or of all."""
        self.paths = [
            path for path in sorted(ROOT.glob("*/*.py")) if not wanted or path.parent.name in wanted
        ]
        self.tests: dict[Place, list[pytest.Item]] = defaultdict(list)
        self.random: dict[str, list[pytest.Item]] = defaultdict(list)
        """By the file they are in."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test that is not random to see which functions it runs; then ask of every change."""
        for item in session.items:
            if is_random(item):
                self.random[item.path.name].append(item)
            else:
                for place in self._run_by(item):
                    self.tests[place].append(item)
        functions = _functions_by_place()
        mutants = [mutant for path in self.paths for mutant in mutants_of(path)]
        gc.freeze()
        with ThreadPoolExecutor(2) as pool:
            noticed = pool.map(lambda mutant: self._is_noticed(mutant, functions[mutant.place]), mutants)
            report(zip(mutants, noticed, strict=True))
        return True

    def _run_by(self, item: pytest.Item) -> set[Place]:
        seen: set[Place] = set()

        def see(frame: FrameType, event: str, _arg: object) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(str(ROOT)):
                seen.add(place_of(frame.f_code))

        sys.setprofile(see)
        try:
            passed = passes(item)
        finally:
            sys.setprofile(None)
        assert passed, f"{item.nodeid} fails by itself"
        return seen

    def _is_noticed(self, mutant: Mutant, functions: Sequence[FunctionType]) -> bool:
        own = f"test_{Path(mutant.place[0]).parent.name}.py"
        tests = sorted(self.tests[mutant.place], key=lambda test: test.path.name != own) + self.random[own]
        child = os.fork()
        if child == 0:
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            for function in functions:
                function.__code__ = mutant.code
            os._exit(0 if all(map(passes, tests)) else 1)
        return os.waitpid(child, 0)[1] != 0


def is_random(item: pytest.Item) -> bool:
    """Whether a test tries examples of its own: slower, and not the same each time."""
    return item.name == "runTest" or hasattr(getattr(item, "obj", None), "hypothesis")


def passes(item: pytest.Item) -> bool:
    """Whether a test passes."""
    return all(not report.failed for report in runtestprotocol(item, log=False))


def place_of(code: CodeType) -> Place:
    """Return which function code is of; what is defined within one is part of it."""
    return code.co_filename, code.co_qualname.partition(".<locals>")[0], code.co_firstlineno


def _functions_by_place() -> dict[Place, list[FunctionType]]:
    found: dict[Place, list[FunctionType]] = defaultdict(list)
    for function in filter(lambda each: isinstance(each, FunctionType), gc.get_objects()):
        found[place_of(function.__code__)].append(function)
    return found


def report(asked: Iterable[tuple[Mutant, bool]]) -> None:
    """Print what survives as it is found, and at last how much was noticed of each aggregate."""
    every: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    for mutant, is_noticed in asked:
        for counted in (Path(mutant.place[0]).parent.name, "together"):
            every[counted] += 1
            noticed[counted] += is_noticed
        if not is_noticed:
            say(str(mutant))
    for counted, number in every.items():
        say(f"{counted:14} {noticed[counted]:5} of {number:5} {noticed[counted] / number:6.1%}")


def say(line: str) -> None:
    """Print at once: it takes minutes from one line to the next."""
    print(line, flush=True)  # noqa: T201 - what this program is for


if __name__ == "__main__":
    sys.exit(
        pytest.main(
            ["-q", "-n", "0", "-s", "-m", "once and not long", *TESTS], plugins=[Asking(sys.argv[1:])]
        )
    )
