"""What the words of a template may be made of: values, "if", and "for" over a list. Nothing that runs long or looks
behind a value; that bounds what a template can do before the sandbox is asked."""

from collections.abc import Mapping

from jinja2 import TemplateSyntaxError, nodes

from app.domain.template import Variable
from app.services.wording.engine import ENGINE, FILTERS

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Test,
    nodes.Filter,
    nodes.Getattr,
)
_TESTS = ("defined",)
_DEEPEST = 25  # Python itself ends at a hundred blocks in each other, and sooner at expressions
_LONGEST_BETWEEN = 10


class Forbidden(ValueError):
    """Words use something that they may not. `what`: as it is called in the language of templates."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what, self.line = what, line


def parse(text: str) -> nodes.Template:
    """Read words. Raises jinja2.TemplateSyntaxError, and Forbidden for what is nested without end."""
    try:
        tree = ENGINE.parse(text)
    except RecursionError:
        raise TemplateSyntaxError("nested too deeply", 1) from None
    _check_depth(tree)
    return tree


def names_in(text: str) -> frozenset[str]:
    """The variables that words speak of."""
    return frozenset(_names(parse(text)))


def _names(tree: nodes.Template) -> set[str]:
    own = {_target(loop) for loop in tree.find_all(nodes.For)}
    return {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"} - own


def _target(loop: nodes.For) -> str:
    return loop.target.name if isinstance(loop.target, nodes.Name) else ""


def check_shape(tree: nodes.Template, known: Mapping[str, Variable]) -> None:
    """Raise Forbidden for what goes beyond values, choices and plain loops over a known list."""
    fields = {_target(loop): _lines(loop, known) for loop in tree.find_all(nodes.For)}
    for node in _all(tree):
        if not isinstance(node, _ALLOWED):
            raise Forbidden(type(node).__name__.lower(), node.lineno)
        match node:
            case nodes.Filter() if node.name not in FILTERS:
                raise Forbidden(f"| {node.name}", node.lineno)
            case nodes.Filter() if not _stays_short(node):
                raise Forbidden(f"| {node.name}(…)", node.lineno)
            case nodes.Test() if node.name not in _TESTS:
                raise Forbidden(f"is {node.name}", node.lineno)
            case nodes.Getattr():
                _check_field(node, fields)


def _check_depth(tree: nodes.Template) -> None:
    """Level by level, for what is nested without end would break a walk as it breaks the engine."""
    level: list[nodes.Node] = [tree]
    for _ in range(_DEEPEST):
        level = [inner for node in level for inner in node.iter_child_nodes()]
    if level:
        raise Forbidden("…(…(…", level[0].lineno)


def _stays_short(node: nodes.Filter) -> bool:
    """Only "join" takes something, and only a few characters to put between the parts of one value: joined by itself a
    value would grow by a power of its length."""
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return False
    if node.name != "join":
        return not node.args
    between = [each.value for each in node.args if isinstance(each, nodes.Const)]
    short = all(isinstance(each, str) and len(each) <= _LONGEST_BETWEEN for each in between)
    return isinstance(node.node, nodes.Name) and len(between) == len(node.args) <= 1 and short


def _lines(loop: nodes.For, known: Mapping[str, Variable]) -> tuple[str, ...]:
    """The fields of a list's lines. No loop in a loop, none over text: what comes out stays about as long as a list."""
    named = loop.iter.name if isinstance(loop.iter, nodes.Name) else ""
    inner = [*loop.find_all(nodes.For)]
    if not _target(loop) or _target(loop) in known or inner or loop.recursive or loop.test or loop.else_:
        raise Forbidden("for", loop.lineno)
    if named not in known or not known[named].fields:
        raise Forbidden(f"for … in {named}", loop.lineno)
    return known[named].fields


def _check_field(node: nodes.Getattr, fields: Mapping[str, tuple[str, ...]]) -> None:
    of = node.node.name if isinstance(node.node, nodes.Name) else ""
    if node.attr not in fields.get(of, ()):
        raise Forbidden(f"{of}.{node.attr}", node.lineno)


def _all(tree: nodes.Node) -> list[nodes.Node]:
    return [tree, *tree.find_all(nodes.Node)]
