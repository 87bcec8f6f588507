"""The layers of tests that bugs are planted under, in the order in which they are asked."""

from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Layer:
    """Folders below `tests`, and how much is asked of them; a folder that is absent is left out."""

    name: str
    folders: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        return [str(TESTS / folder) for folder in self.folders if (TESTS / folder).is_dir()]


_LAYERS = (
    Layer("unit", ("unit/core", "unit/engine")),
    Layer("property", ("property", "twin"), {"TASKYARD_PROPERTY_EXAMPLES": "24"}),
    Layer("simulation", ("simulation",)),
    Layer("theory", ("theory",)),
    Layer("contract", ("contract/api", "contract/stores")),
    Layer("torture", ("torture",), {"TASKYARD_TORTURE_ROUNDS": "2"}),
)


def layers() -> list[Layer]:
    return [layer for layer in _LAYERS if layer.paths]
