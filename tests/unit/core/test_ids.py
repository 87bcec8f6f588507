"""SIDs: their shape, and where new ones come from."""

import pytest

from taskyard.core.ids import counting_mint, is_sid, mint_from, worker_channel_sid


@pytest.mark.parametrize("text", ["WK" + "0" * 32, "WK" + "abcdef01" * 4, "WK" + "ABCDEF01" * 4])
def test_a_sid_is_two_letters_and_32_hex_digits_of_either_case(text: str) -> None:
    assert is_sid(text, "WK")
    assert not is_sid(text, "WT")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "WK",
        "WK" + "0" * 31,
        "WK" + "0" * 33,
        "WK" + "g" * 32,
        "wk" + "0" * 32,
        "WK" + "0" * 32 + "\n",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_sid(text, "WK")


def test_a_counting_mint_counts_for_each_prefix_and_repeats() -> None:
    first, second = counting_mint(), counting_mint()
    assert [first("WT"), first("WT"), first("WK")] == [
        "WT" + f"{1:032x}",
        "WT" + f"{2:032x}",
        "WK" + f"{1:032x}",
    ]
    assert second("WT") == "WT" + f"{1:032x}"


def test_a_mint_cuts_its_sids_off_random_bytes_and_never_uses_them_twice() -> None:
    drawn = bytearray()

    def random_bytes(count: int) -> bytes:
        block = bytes((len(drawn) + at) * 31 % 251 for at in range(count))
        drawn.extend(block)
        return block

    mint = mint_from(random_bytes)
    sids = [mint("WT") for _ in range(1_000)]
    assert all(is_sid(sid, "WT") for sid in sids)
    assert "".join(sid[2:] for sid in sids) == drawn.hex()[: 32 * 1_000]


def test_a_worker_channel_has_one_sid_that_follows_from_the_two_others() -> None:
    sid = worker_channel_sid("WK" + "0" * 32, "TC" + "0" * 32)
    assert is_sid(sid, "WC")
    assert sid == worker_channel_sid("WK" + "0" * 32, "TC" + "0" * 32)
    assert sid != worker_channel_sid("WK" + "1" * 32, "TC" + "0" * 32)
