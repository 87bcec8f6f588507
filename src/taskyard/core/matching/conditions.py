"""Conditions on workers as sets of workers.

A condition is split at its ANDs, ORs and NOTs; what is left, an atom, is asked of every worker once
and then only of a worker who changes. So a new combination of known atoms costs a few operations on
integers. An atom whose answer moves with the work itself or with the clock has no set: it is asked
of a worker at the moment of the offer.
"""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

import msgspec

from taskyard.core.expressions import (
    And,
    Comparison,
    Condition,
    Constant,
    Facts,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Reference,
    Scope,
    Truth,
    Values,
    compile_condition,
    worker_dependencies,
)
from taskyard.core.expressions.scopes import Source, resolve
from taskyard.core.ids import WorkerSid

from .seats import Seat, Seats

UNUSED_ATOMS_KEPT = 1024


class User(Protocol):
    """Whoever must think again when a set changes."""


class Split(msgspec.Struct, frozen=True):
    """The parts of a conjunction by how long their answers last.

    Attributes:
        steady: Answers change when a worker does.
        lively: Answers change with the work in hand or with the clock.
        clock: Whether any of the lively ones looks at the clock.
    """

    steady: tuple[Node, ...]
    lively: tuple[Node, ...]
    clock: bool


@lru_cache(maxsize=4096)
def split(node: Node, scope: Scope) -> Split:
    """Divide a condition into what can be kept as a set and what cannot."""
    steady: list[Node] = []
    lively: list[Node] = []
    clock = False
    for part in node.items if isinstance(node, And) else (node,):
        needs = worker_dependencies(part, scope)
        if needs.counters or needs.clock:
            lively.append(part)
            clock = clock or needs.clock
        elif part != Constant(True):
            steady.append(part)
    return Split(tuple(steady), tuple(lively), clock)


class _Atom:
    __slots__ = ("members", "test", "users")

    def __init__(self, test: Condition) -> None:
        self.test = test
        self.members = 0
        self.users: dict[User, None] = {}


_Key = tuple[Node, Scope]


class Conditions:
    """The sets of workers for whom conditions hold."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._atoms: dict[_Key, _Atom] = {}
        self._about_activities: dict[_Key, _Atom] = {}
        """Those of them whose answers change with an activity, which workers change all day."""
        self._unused: OrderedDict[_Key, None] = OrderedDict()
        self._facts = Facts()
        self._own_sid_attribute = 0

    def members(self, nodes: Iterable[Node], scope: Scope) -> int:
        """The workers for whom all of these hold."""
        members = self._seats.everybody
        for node in nodes:
            members &= self._members(node, scope)
        return members

    def use(self, nodes: Iterable[Node], scope: Scope, user: User) -> None:
        """Remember who must think again when the answer changes."""
        for key in _atoms_of(nodes, scope):
            if not self._is_about_sid(*key):
                self._atom(key).users[user] = None
                self._unused.pop(key, None)

    def release(self, nodes: Iterable[Node], scope: Scope, user: User) -> None:
        """Forget a user. Atoms that nobody uses are kept for a while: work comes in kinds."""
        for key in _atoms_of(nodes, scope):
            atom = self._atoms.get(key)
            if atom is not None and user in atom.users:
                del atom.users[user]
                if not atom.users:
                    self._unused[key] = None
        while len(self._unused) > UNUSED_ATOMS_KEPT:
            key, _ = self._unused.popitem(last=False)
            del self._atoms[key]
            self._about_activities.pop(key, None)

    @property
    def sid_is_an_attribute(self) -> bool:
        """Whether `worker.sid` means an attribute for anybody: then nobody is looked up by it."""
        return bool(self._own_sid_attribute)

    def add(self, seat: Seat) -> None:
        """Ask every atom of a new worker."""
        self._note_own_sid(seat)
        self._facts.worker = seat.subject
        for atom in self._atoms.values():
            if atom.test(self._facts):
                atom.members |= seat.bit

    def remove(self, seat: Seat) -> None:
        """Let no set contain this worker any more."""
        self._own_sid_attribute &= ~seat.bit
        for atom in self._atoms.values():
            atom.members &= ~seat.bit

    def attributes_changed(self, seat: Seat) -> dict[User, None]:
        """Ask everything again of a worker who has other attributes, or another name.

        Returns:
            Those who use a set that has changed.
        """
        self._note_own_sid(seat)
        return self._ask_again(seat, self._atoms.values())

    def activity_changed(self, seat: Seat) -> dict[User, None]:
        """Ask again what looks at activities of a worker who is in another, or in a renamed one.

        Returns:
            Those who use a set that has changed.
        """
        return self._ask_again(seat, self._about_activities.values())

    def _ask_again(self, seat: Seat, atoms: Iterable[_Atom]) -> dict[User, None]:
        self._facts.worker = seat.subject
        concerned: dict[User, None] = {}
        for atom in atoms:
            if atom.test(self._facts) != bool(atom.members & seat.bit):
                atom.members ^= seat.bit
                concerned.update(atom.users)
        return concerned

    def _members(self, node: Node, scope: Scope) -> int:
        match node:
            case And(items):
                members = self._seats.everybody
                for item in items:
                    members &= self._members(item, scope)
                return members
            case Or(items):
                members = 0
                for item in items:
                    members |= self._members(item, scope)
                return members
            case Not(condition):
                return self._seats.everybody & ~self._members(condition, scope)
            case Constant(value):
                return self._seats.everybody if value else 0
            case Comparison() if self._is_about_sid(node, scope):
                return self._members_by_sid(node)
            case _:
                return self._atom((node, scope)).members

    def _atom(self, key: _Key) -> _Atom:
        atom = self._atoms.get(key)
        if atom is None:
            node, scope = key
            atom = _Atom(compile_condition(node, scope))
            facts, test, members = self._facts, atom.test, 0
            for seat in self._seats.by_sid.values():
                facts.worker = seat.subject
                if test(facts):
                    members |= seat.bit
            atom.members = members
            self._atoms[key] = atom
            if worker_dependencies(node, scope).activity:
                self._about_activities[key] = atom
            self._unused[key] = None
        return atom

    # Conditions on `worker.sid` are looked up: nobody else need be asked. An attribute named `sid`
    # stands before the field, so they are not while anybody has one.

    def _note_own_sid(self, seat: Seat) -> None:
        if "sid" in seat.subject.attributes:
            self._own_sid_attribute |= seat.bit
        else:
            self._own_sid_attribute &= ~seat.bit

    def _is_about_sid(self, node: Node, scope: Scope) -> bool:
        return not self.sid_is_an_attribute and _is_about_sid(node, scope)

    def _members_by_sid(self, node: Comparison) -> int:
        other = node.right if isinstance(node.left, Reference) else node.left
        literals = other.items if isinstance(other, Values) else (other,)
        named = 0
        for literal in literals:
            if isinstance(literal, Literal) and isinstance(literal.value, str):
                seat = self._seats.by_sid.get(WorkerSid(literal.value))
                if seat is not None:
                    named |= seat.bit
        if node.operator in (Operator.UNEQUAL, Operator.NOT_IN):
            return self._seats.everybody & ~named
        return named


@lru_cache(maxsize=4096)
def _is_about_sid(node: Node, scope: Scope) -> bool:
    """Whether a comparison asks nothing but whose SID is, or is not, among given texts."""
    if not isinstance(node, Comparison):
        return False
    left, right = node.left, node.right
    match node.operator:
        case Operator.EQUAL | Operator.UNEQUAL:
            return (_is_sid(left, scope) and isinstance(right, Literal)) or (
                _is_sid(right, scope) and isinstance(left, Literal)
            )
        case Operator.IN | Operator.NOT_IN:
            return _is_sid(left, scope) and _is_given(right)
        case Operator.HAS:
            return _is_sid(right, scope) and _is_given(left)
        case _:
            return False


def _is_sid(operand: Operand, scope: Scope) -> bool:
    return isinstance(operand, Reference) and resolve(operand, scope) == (Source.WORKER, ("sid",))


def _is_given(operand: Operand) -> bool:
    return isinstance(operand, Values) and all(isinstance(i, Literal) for i in operand.items)


def _atoms_of(nodes: Iterable[Node], scope: Scope) -> Iterable[_Key]:
    for node in nodes:
        match node:
            case And(items) | Or(items):
                yield from _atoms_of(items, scope)
            case Not(condition):
                yield from _atoms_of((condition,), scope)
            case Comparison() | Truth():
                yield node, scope
            case Constant():
                pass
