"""The syntax of conditions: the part of CEL that IAM takes (IAM documentation, "Overview of IAM Conditions")."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<mark>&&|\|\||==|!=|<=|>=|[<>!()\[\],.+-]))"""
)
WORDS = {"true": True, "false": False, "null": None}
BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "+": 4, "-": 4}
"""How strongly operators bind."""


class ExpressionError(Exception):
    """An expression cannot be read; the text says where."""


@dataclass(frozen=True)
class Literal:
    """A value as written."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Name:
    """A value of the request, for example "resource.name"."""

    path: str


@dataclass(frozen=True)
class Call:
    """A function, or a method of the first argument."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Listed:
    """A list."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Negation:
    """The contrary."""

    of: "Node"


@dataclass(frozen=True)
class Operation:
    """Two values and what is between them."""

    operator: str
    left: "Node"
    right: "Node"


Node = Literal | Name | Call | Listed | Negation | Operation


@lru_cache(maxsize=4096)
def parsed(expression: str) -> Node:
    """The tree of an expression. Raises ExpressionError."""
    reader = _Reader(tuple(_tokens(expression)), expression)
    node = reader.expression(0)
    if reader.peek():
        raise ExpressionError(f'"{reader.peek()}" is not expected in {expression}')
    return node


def names(node: Node) -> Iterator[str]:
    """Every value of the request that an expression asks for."""
    match node:
        case Name(path):
            yield path
        case Call(_, arguments):
            yield from (path for argument in arguments for path in names(argument))
        case Listed(items):
            yield from (path for item in items for path in names(item))
        case Negation(of):
            yield from names(of)
        case Operation(_, left, right):
            yield from (*names(left), *names(right))
        case Literal():
            return


def parts(node: Node) -> Iterator[Node]:
    """What must all hold: the sides of every outer "&&"."""
    if isinstance(node, Operation) and node.operator == "&&":
        yield from (*parts(node.left), *parts(node.right))
    else:
        yield node


def written(node: Node) -> str:
    """An expression as a person reads it."""
    match node:
        case Literal(value):
            return f'"{value}"' if isinstance(value, str) else str(value)
        case Name(path):
            return path
        case Listed(items):
            return f"[{', '.join(written(item) for item in items)}]"
        case Negation(of):
            return f"!({written(of)})"
        case Operation(operator, left, right):
            return f"{written(left)} {operator} {written(right)}"
        case Call(name, arguments):
            return f"{name}({', '.join(written(argument) for argument in arguments)})"


def _tokens(expression: str) -> Iterator[str]:
    position = 0
    while expression[position:].strip():
        found = TOKEN.match(expression, position)
        if found is None:
            raise ExpressionError(f"{expression[position:].strip()[:20]} cannot be read")
        yield found[0].strip()
        position = found.end()


class _Reader:
    """Reads tokens from the first to the last."""

    def __init__(self, tokens: tuple[str, ...], expression: str) -> None:
        self._tokens = tokens
        self._position = 0
        self._whole = expression

    def peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ExpressionError(f"{wanted or 'more'} is missing in {self._whole}")
        self._position += 1
        return token

    def expression(self, binding: int) -> Node:
        left = self._postfix(self._primary())
        while BINDING.get(self.peek(), 0) > binding:
            operator = self.take()
            left = Operation(operator, left, self.expression(BINDING[operator]))
        return left

    def _primary(self) -> Node:
        word = self.take()
        if word == "!":
            return Negation(self._postfix(self._primary()))
        if word == "(":
            inner = self.expression(0)
            self.take(")")
            return inner
        if word == "[":
            return Listed(self._until("]"))
        if word[0] in "\"'":
            return Literal(str(ast.literal_eval(word)))
        if word[0].isdigit():
            return Literal(float(word))
        if word in WORDS:
            return Literal(WORDS[word])
        if not word[0].isalpha() and word[0] != "_":
            raise ExpressionError(f'"{word}" is not expected in {self._whole}')
        if self.peek() == "(":
            self.take()
            return Call(word, self._until(")"))
        return Name(word)

    def _postfix(self, node: Node) -> Node:
        while self.peek() in (".", "["):
            if self.take() == "[":
                key = self.expression(0)
                self.take("]")
                node = Name(f"{_path(node)}.{key.value}") if isinstance(key, Literal) else Call("[]", (node, key))
                continue
            name = self.take()
            if self.peek() == "(":
                self.take()
                node = Call(name, (node, *self._until(")")))
            else:
                node = Name(f"{_path(node)}.{name}")
        return node

    def _until(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self.peek() != end:
            items.append(self.expression(0))
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return tuple(items)


def _path(node: Node) -> str:
    return node.path if isinstance(node, Name) else "?"
