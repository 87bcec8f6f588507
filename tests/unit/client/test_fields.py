from taskyard.client.fields import Values
from taskyard.client.pages import PageOfValues


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


def test_an_event_is_told_by_its_type_and_a_page_by_what_is_on_it() -> None:
    event = Values({"sid": "EV1", "event_type": "task.created", "source": None})
    assert repr(event) == "<Values sid='EV1' event_type='task.created'>"
    meta = {"key": "workers", "page": 2, "page_size": 1, "previous_page_url": "http://here"}
    workers = {"workers": [{"sid": "WK1"}]}
    last = PageOfValues({**workers, "meta": {**meta, "next_page_url": None}}, Values)
    assert repr(last) == "<Page 2: [<Values sid='WK1'>]>"
    middle = PageOfValues({**workers, "meta": {**meta, "next_page_url": "http://here"}}, Values)
    assert repr(middle) == "<Page 2: [<Values sid='WK1'>], and more>"
