"""The small language of TargetWorkers, filters, targets, `skip_if` and `order_by`.

A text becomes tokens (`tokens.py`), a tree (`parser.py`, `syntax.py`), a simpler tree
(`simplify.py`) and then a closure over facts (`evaluate.py`, `facts.py`). Where a name finds its
value is in `scopes.py`, what operators make of values in `values.py`, and what remains of a target
expression once the task is known in `residual.py`. Imports the standard library and msgspec only.
"""

from .evaluate import Condition, compile_condition
from .facts import Facts, Json, Staffing, TaskFacts, WorkerFacts
from .parser import parse, parse_order, parse_reference, without_prefix
from .problem import ExpressionProblem, printable
from .residual import Dependencies, bind, names_task, references, worker_dependencies
from .scopes import Scope, Source, attribute_value, resolve, task_value, worker_value
from .syntax import (
    FALSE,
    TRUE,
    And,
    Comparison,
    Constant,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    OrderClause,
    Path,
    Reference,
    Truth,
    Values,
    to_text,
)

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Comparison",
    "Condition",
    "Constant",
    "Dependencies",
    "ExpressionProblem",
    "Facts",
    "Json",
    "Literal",
    "Node",
    "Not",
    "Operand",
    "Operator",
    "Or",
    "OrderClause",
    "Path",
    "Reference",
    "Scope",
    "Source",
    "Staffing",
    "TaskFacts",
    "Truth",
    "Values",
    "WorkerFacts",
    "attribute_value",
    "bind",
    "compile_condition",
    "names_task",
    "parse",
    "parse_order",
    "parse_reference",
    "printable",
    "references",
    "resolve",
    "task_value",
    "to_text",
    "without_prefix",
    "worker_dependencies",
    "worker_value",
]
