import pytest

from mutants.layers import layers
from mutants.table import MUTANTS, PACKAGE, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_has_one_place_in_the_code_and_still_compiles(mutant: Mutant) -> None:
    text = (PACKAGE / mutant.file).read_text()
    assert text.count(mutant.old) == 1
    compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")


def test_planted_bugs_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_planted_bugs_are_expected_to_be_caught_by_layers_that_there_are() -> None:
    assert {mutant.expected for mutant in MUTANTS} <= {layer.name for layer in layers()}
