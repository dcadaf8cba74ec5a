"""Places of a source file where one small change makes the program wrong, and the text of that change.

A point replaces the text of one expression or statement. What is not tried, because no test should look at
it: annotations, docstrings and other texts, decorators, `__repr__`, and what is only there for type checkers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
SWAPPED_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
CONTROL = "control"
"""The kind of a point that changes nothing."""
Replaced = ast.expr | ast.stmt


class Point(msgspec.Struct, frozen=True, order=True):
    """One change. Lines count from 1, columns from 0 in bytes of UTF-8, as `ast` counts them."""

    file: str
    line: int
    column: int
    kind: str
    end_line: int
    end_column: int
    text: str
    """What stands there instead."""
    function: str
    """The dotted name of the function or class around it; empty at the top of a file."""
    statement: int
    """The first line of the statement that it is part of: the one that coverage counts."""

    @property
    def key(self) -> str:
        return f"{self.file}:{self.line}:{self.column}:{self.kind}:{self.text}"

    def applied(self, source: bytes) -> bytes:
        """The whole file with this change."""
        begin, end = self._span(source)
        return source[:begin] + self.text.encode() + source[end:]

    def unchanged(self, source: bytes) -> Point:
        """The same place with the text that stands there: no test may notice it."""
        begin, end = self._span(source)
        return msgspec.structs.replace(self, text=source[begin:end].decode(), kind=CONTROL)

    def _span(self, source: bytes) -> tuple[int, int]:
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts[self.line - 1] + self.column, starts[self.end_line - 1] + self.end_column


def in_a_function(source: bytes, line: int) -> bool:
    """Whether what stands there is done when a function is called; all else is done once, by whoever is the
    first to import the file."""
    return any(
        node.body[0].lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def points_of(root: Path, path: Path) -> list[Point]:
    """All points of a file, in its order."""
    finder = _Finder(path.relative_to(root).as_posix())
    finder.visit(ast.parse(path.read_bytes()))
    return sorted(set(finder.points))


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str) -> None:
        self.file = file
        self.points: list[Point] = []
        self._names: list[str] = []
        self._statement = 1

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.JoinedStr):  # positions inside are wrong before Python 3.12
            return
        outer = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._inside(node.name, node.body)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value)
        elif not (isinstance(node, ast.If) and _for_type_checkers(node)):
            for kind, target, text in _changes(node):
                self._add(kind, target, text)
            self.generic_visit(node)
        self._statement = outer

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.name in ("__repr__", "__str__"):
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._inside(node.name, node.body)

    def _inside(self, name: str, body: list[ast.stmt]) -> None:
        self._names.append(name)
        for statement in body:
            self.visit(statement)
        self._names.pop()

    def _add(self, kind: str, node: Replaced, text: str) -> None:
        self.points.append(
            Point(
                file=self.file,
                line=node.lineno,
                column=node.col_offset,
                kind=kind,
                end_line=node.end_lineno or node.lineno,
                end_column=node.end_col_offset or node.col_offset,
                text=text,
                function=".".join(self._names),
                statement=self._statement,
            )
        )


def _for_type_checkers(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _changes(node: ast.AST) -> Iterator[tuple[str, Replaced, str]]:
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.expr):
        yield from _of_expression(node)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield "condition", test, f"(not ({ast.unparse(test)}))"


def _of_statement(node: ast.stmt) -> Iterator[tuple[str, Replaced, str]]:
    if isinstance(node, ast.Expr):
        if not isinstance(node.value, ast.Constant):
            yield "removed", node, "pass"
    elif isinstance(node, ast.AugAssign | ast.Delete | ast.Raise) or (
        isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    ):
        yield "removed", node, "pass"
    elif isinstance(node, ast.Return) and node.value is not None and not _none(node.value):
        yield "returned", node, "return None"
    elif isinstance(node, ast.Continue):
        yield "loop", node, "break"
    elif isinstance(node, ast.Break):
        yield "loop", node, "continue"
    if isinstance(node, ast.If | ast.While | ast.Assert):
        yield "condition", node.test, f"(not ({ast.unparse(node.test)}))"


def _of_expression(node: ast.expr) -> Iterator[tuple[str, Replaced, str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in BOUNDARIES:
        swapped = ast.Compare(node.left, [BOUNDARIES[type(node.ops[0])]()], node.comparators)
        yield "compared", node, f"({ast.unparse(swapped)})"
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield "joined", node, f"({ast.unparse(ast.BoolOp(other, node.values))})"
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        if not any(
            isinstance(side, ast.Constant | ast.JoinedStr) and _text(side) for side in (node.left, node.right)
        ):
            swapped_op = ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
            yield "computed", node, f"({ast.unparse(swapped_op)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "sign", node, f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.IfExp):
        yield "condition", node.test, f"(not ({ast.unparse(node.test)}))"
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SWAPPED_CALLS:
        yield "called", node.func, SWAPPED_CALLS[node.func.id]


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, Replaced, str]]:
    if isinstance(node.value, bool):
        yield "constant", node, str(not node.value)
    elif isinstance(node.value, int):
        yield "constant", node, f"{node.value + 1}"
    elif isinstance(node.value, float):
        yield "constant", node, f"{node.value + 1.0}"


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
