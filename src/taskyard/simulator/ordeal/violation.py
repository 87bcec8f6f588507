"""What the judge says when something is so that must never be."""


class Violation(AssertionError):
    """Something is so that must never be."""


def expect(holds: object, otherwise: str) -> None:
    """Have something hold.

    Raises:
        Violation: It does not.
    """
    if not holds:
        raise Violation(otherwise)
