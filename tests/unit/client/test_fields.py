from taskyard.client.fields import Values


class Numbers(Values):
    pass


def test_what_has_a_name_is_told_by_it() -> None:
    worker = Values({"sid": "WK1", "friendly_name": "Ann", "version": 3})
    assert repr(worker) == "<Values sid='WK1' friendly_name='Ann'>"


def test_what_has_no_name_is_told_by_its_numbers() -> None:
    counted = Numbers({"total_tasks": 7, "tasks_by_status": {"pending": 7}, "url": "http://here"})
    assert repr(counted) == "<Numbers total_tasks=7>"


def test_what_has_neither_is_told_by_its_kind() -> None:
    assert repr(Numbers({})) == "<Numbers>"
