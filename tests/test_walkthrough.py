"""A page that shows something else than what its commands print is found out."""

import pytest

from walkthrough import Block, blocks_in, compare

ADA, BO = "WK" + 31 * "0" + "a", "WK" + 31 * "0" + "b"
CY, DI = "WK" + 31 * "0" + "c", "WK" + 31 * "0" + "d"


def shows(language: str, text: str) -> Block:
    return Block("sh", "a command", (language, text))


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1, "b": 2}', '{"a":1,"b":2}'),
        ('{"a": 1, …}', '{"b":2,"a":1}'),
        ('{"all": [{"a": 1, …}], …}', '{"meta":{},"all":[{"a":1,"b":2}]}'),
        (f'{{"one": "{ADA}", "other": "{ADA}"}}', f'{{"one":"{CY}","other":"{CY}"}}'),
        ('{"age": 0, "date_created": "2026-01-05T09:15:00Z"}',
         '{"age":7,"date_created":"2027-01-05T09:15:01Z"}'),
        ('{"url": "http://127.0.0.1:8080/v1"}', '{"url":"http://127.0.0.1:4711/v1"}'),
    ],
)  # fmt: skip
def test_what_differs_in_each_run_only_may_differ(shown: str, printed: str) -> None:
    compare([shows("json", shown)], [printed])


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1, …}', '{"a":2,"b":2}'),
        ('{"a": 1, …}', '{"b":2}'),
        ('{"a": 1}', '{"a":1,"b":2}'),
        ('{"all": [{"a": 1, …}], …}', '{"all":[{"a":1},{"a":1}]}'),
        ('{"all": [], …}', '{"all":[{"a":1}]}'),
        (f'{{"one": "{ADA}", "other": "{ADA}"}}', f'{{"one":"{CY}","other":"{DI}"}}'),
        (f'{{"one": "{ADA}", "other": "{BO}"}}', f'{{"one":"{CY}","other":"{CY}"}}'),
        ('{"date": null}', '{"date":"2026-01-05T09:15:00Z"}'),
    ],
)
def test_anything_else_is_a_difference(shown: str, printed: str) -> None:
    with pytest.raises(AssertionError, match="a command"):
        compare([shows("json", shown)], [printed])


def test_a_sid_stays_the_same_from_block_to_block() -> None:
    page = [shows("text", ADA), shows("text", ADA)]
    compare(page, [CY, CY])
    with pytest.raises(AssertionError):
        compare(page, [CY, DI])


def test_blocks_of_the_shell_come_first_and_what_only_stands_there_is_not_run() -> None:
    read, python = "```\nread\n```\n", "```python\np\n```\n```text\nout\n```\n"
    page = read + python + "```sh\ns\n```\n" + read + "```json\n{}\n```\n"
    assert blocks_in(page) == [Block("python", "p\n", ("text", "out\n")), Block("sh", "s\n")]
    compare(blocks_in(page), ["from the shell", "out"])
