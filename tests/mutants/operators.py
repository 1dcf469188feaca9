"""Which small faults a module's source could hold, and the source's tree with one of them in it.

In: the source of a module. Out: `Mutation`s in the order of the source, and `mutated_tree`.

Comparisons, arithmetic, boolean operators, numbers, conditions, slices, returned values, calls (min for max, any for
all), in-place operators, and calls that stand alone are changed. Left alone is what can't change a result:
annotations, decorators, imports, aliases of types, `strict=` of zip; and strings, which here are mostly messages.

Examples
--------
>>> [mutation.change for mutation in find_mutations("def larger(a, b):\\n    return a > b\\n")]
['return a > b → return None', 'a > b → a >= b', 'a > b → a <= b']
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.MatMult: ast.Mult,
}
_CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmax": "argmin",
    "floor": "ceil",
    "ceil": "floor",
    "startswith": "endswith",
    "sorted": "list",
    "ones": "zeros",
    "zeros": "ones",
    "sum": "max",
}
_UNREAD = frozenset({"annotation", "returns", "decorator_list", "bases", "type_comment", "ctx"})


@dataclass(frozen=True, slots=True)
class Mutation:
    """Hold one fault: the node that it replaces, counted in the order of the source, and which of its alternatives.

    Attributes
    ----------
    start, end : int, lines
        First and last line of the simple statement, or of the head of the compound one, that holds the node.
    in_function : bool
        Whether it runs when something is called, not when the module is imported.
    change : str
        The node before and after, as source.
    """

    node: int
    alternative: int
    start: int
    end: int
    in_function: bool
    change: str


def find_mutations(source: str) -> list[Mutation]:
    """Return every fault that the operators know for a source."""
    return [
        Mutation(number, choice, statement.lineno, _last_line(statement), in_function, _describe(node, alternative))
        for number, (node, statement, in_function) in enumerate(_walk(ast.parse(source)))
        for choice, alternative in enumerate(_alternatives(node))
    ]


def mutated_tree(source: str, mutation: Mutation) -> ast.Module:
    """Return the tree of a source with one fault in it, its lines as they were."""
    tree = ast.parse(source)
    nodes = [node for node, _, _ in _walk(tree)]
    old = nodes[mutation.node]
    new = ast.copy_location(_alternatives(old)[mutation.alternative], old)
    return ast.fix_missing_locations(_Replacement(old, new).visit(tree))


class _Replacement(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _walk(
    node: ast.AST, statement: ast.stmt | None = None, in_function: bool = False
) -> Iterator[tuple[ast.AST, ast.stmt, bool]]:
    """Yield every node that may be changed, with its statement and whether that stands in a function."""
    if isinstance(node, ast.stmt):
        statement = node
        if _is_declaration(node):
            return
    if statement is not None:
        yield node, statement, in_function
    is_function = isinstance(node, ast.FunctionDef | ast.Lambda)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name not in _UNREAD and isinstance(child, ast.AST) and not _is_strict(child):
                # Defaults of arguments are worked out where the function is made, not where it is called.
                yield from _walk(child, statement, in_function or (is_function and name == "body"))


def _is_declaration(node: ast.stmt) -> bool:
    """Say whether a statement only names things: imports, aliases of types, a block for type checking."""
    if isinstance(node, ast.Assign):
        return node.col_offset == 0 and _is_type(node.value)
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_type(value: ast.expr) -> bool:
    """Say whether an expression is a union or a generic, judged by the capital that names of types begin with."""
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.BitOr) and _is_type(value.left)
    if isinstance(value, ast.Subscript):
        return _is_type(value.value)
    return isinstance(value, ast.Name) and value.id[:1].isupper() and not value.id.isupper()


def _is_strict(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _last_line(statement: ast.stmt) -> int:
    body = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno


def _describe(node: ast.AST, alternative: ast.AST) -> str:
    """Return both as source, of a compound statement the head alone."""
    before, after = (" ".join(ast.unparse(each).split("\n")[0].split()) for each in (node, alternative))
    return f"{before} → {after}"


@singledispatch
def _alternatives(node: ast.AST) -> list[ast.AST]:
    """Return what could stand in place of a node."""
    return []


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


@_alternatives.register
def _(node: ast.Compare) -> list[ast.AST]:
    places = [(place, other) for place, op in enumerate(node.ops) for other in _COMPARED[type(op)]]
    return [_changed(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]]) for place, other in places]


@_alternatives.register
def _(node: ast.BinOp) -> list[ast.AST]:
    other = _COMPUTED.get(type(node.op))
    return [_changed(node, op=other())] if other else []


@_alternatives.register
def _(node: ast.AugAssign) -> list[ast.AST]:
    other = _COMPUTED.get(type(node.op))
    return [_changed(node, op=other())] if other else []


@_alternatives.register
def _(node: ast.BoolOp) -> list[ast.AST]:
    return [_changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())]


@_alternatives.register
def _(node: ast.UnaryOp) -> list[ast.AST]:
    return [node.operand]


@_alternatives.register
def _(node: ast.Constant) -> list[ast.AST]:
    if isinstance(node.value, bool):
        return [ast.Constant(not node.value)]
    if isinstance(node.value, int | float):
        zero = [type(node.value)(0)] if node.value == 1 else []
        return [ast.Constant(value) for value in (node.value + 1, *zero)]
    return []


@_alternatives.register
def _(node: ast.Return) -> list[ast.AST]:
    is_none = node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
    return [] if is_none else [ast.Return(ast.Constant(None))]


@_alternatives.register(ast.If)
@_alternatives.register(ast.IfExp)
@_alternatives.register(ast.While)
def _(node: ast.If | ast.IfExp | ast.While) -> list[ast.AST]:
    if isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        return []  # changed where they stand
    return [_changed(node, test=ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test))]


@_alternatives.register
def _(node: ast.comprehension) -> list[ast.AST]:
    return [_changed(node, ifs=[])] if node.ifs else []


@_alternatives.register
def _(node: ast.Slice) -> list[ast.AST]:
    bounds = [name for name in ("lower", "upper", "step") if getattr(node, name) is not None]
    return [_changed(node, **{name: None}) for name in bounds]


@_alternatives.register
def _(node: ast.Call) -> list[ast.AST]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in _CALLED:
        return [_changed(node, func=ast.copy_location(ast.Name(_CALLED[function.id], ast.Load()), function))]
    if isinstance(function, ast.Attribute) and function.attr in _CALLED:
        return [_changed(node, func=_changed(function, attr=_CALLED[function.attr]))]
    return []


@_alternatives.register
def _(node: ast.Expr) -> list[ast.AST]:
    return [ast.Pass()] if isinstance(node.value, ast.Call) else []


@_alternatives.register
def _(node: ast.Continue) -> list[ast.AST]:
    return [ast.Break()]


@_alternatives.register
def _(node: ast.Break) -> list[ast.AST]:
    return [ast.Continue()]
