"""What may be sent with an Instruction, declared from the table of instructions."""

from collections.abc import Iterable, Iterator

from taskyard.core.instructions import INSTRUCTIONS, Field, Kind

from .parameters import Parameter, boolean, choice, choices, integer, sid, text


def instruction_parameters(instructions: Iterable[str]) -> tuple[Parameter, ...]:
    """The fields of these instructions, each under its name in a form."""
    return tuple(
        _declared(instruction, field)
        for instruction in instructions
        for field in INSTRUCTIONS[instruction].fields
    )


def _declared(instruction: str, field: Field) -> Parameter:
    about = " ".join(_words(instruction, field))
    match field.kind:
        case Kind.NUMBER:
            return integer(field.parameter, about, field.low, high=field.high)
        case Kind.TRUTH:
            return boolean(field.parameter, about)
        case Kind.NAMES:
            return choices(field.parameter, about, field.choices)
        case Kind.ACTIVITY:
            return sid(field.parameter, about, "WA")
        case Kind.CALL:
            return sid(field.parameter, about, "CA")
        case _ if field.choices:
            return choice(field.parameter, about, field.choices)
        case _:
            return text(field.parameter, about)


def _words(instruction: str, field: Field) -> Iterator[str]:
    yield f"With Instruction {instruction}: its `{field.name}`."
    if field.required:
        yield "It has to be sent with that instruction."
