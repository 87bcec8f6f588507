import json
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.core.errors import Invalid
from taskyard.server.api.forms import parse
from taskyard.server.api.orderings import asked_order
from taskyard.server.api.page_tokens import Mark, Sort, asked_page, token_of
from taskyard.server.api.pages import listed, page_of
from taskyard.server.api.problems import Problem


class Item(msgspec.Struct, frozen=True):
    sid: str
    created_ms: int
    rank: int = 0
    name: str = ""


SORTS: dict[str, Sort[Item]] = {
    "DateCreated": Sort(lambda item: item.created_ms, of_time=True),
    "Rank": Sort(lambda item: item.rank),
    "Name": Sort(lambda item: item.name),
}


class Reader:
    """A caller who follows the links of a list that may change between two pages."""

    def __init__(self, items: Sequence[Item], size: int, query: str = "") -> None:
        self.items = list(items)
        self.url: str | None = f"http://here/Items?{query}&PageSize={size}"
        self.meta: dict[str, object] = {}

    def read(self) -> list[str]:
        assert self.url is not None
        query = parse(urlsplit(self.url).query.encode())
        asked = asked_page(query)
        found = page_of(self.items, asked_order(query, SORTS), asked)
        sids = [item.sid for item in found.items]
        body = listed("http://here/Items", "items", query, ("Ordering",), asked, found, sids)
        answer = json.loads(body)
        self.meta = answer["meta"]
        self.url = answer["meta"]["next_page_url"]
        return answer["items"]

    def back(self) -> list[str]:
        self.url = str(self.meta["previous_page_url"])
        return self.read()

    def rest(self) -> list[str]:
        sids: list[str] = []
        while self.url is not None:
            sids += self.read()
        return sids


def items(count: int) -> list[Item]:
    # Two of each instant, with SIDs that do not follow the order of creation.
    return [Item(f"X{(i * 7) % count:03}", created_ms=i // 2, rank=i % 3) for i in range(count)]


ITEMS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=12).map(
    lambda rows: [Item(f"S{i}", i // 2, rank, name) for i, (rank, name) in enumerate(rows)]
)
ORDERINGS = st.sampled_from(
    ["", "Rank", "Rank:desc", "Name:desc,Rank:asc", "DateCreated:desc", "Name:asc,DateCreated:desc"]
)


@given(ITEMS, st.integers(1, 5), ORDERINGS)
def test_following_the_links_shows_everything_once_and_in_order(
    given_items: list[Item], size: int, ordering: str
) -> None:
    query = f"Ordering={ordering}" if ordering else ""
    whole = Reader(given_items, 1000, query).read()
    assert sorted(whole) == sorted(item.sid for item in given_items)
    assert Reader(given_items, size, query).rest() == whole


@given(ITEMS, st.integers(1, 5), ORDERINGS)
def test_going_back_shows_the_same_pages(given_items: list[Item], size: int, ordering: str) -> None:
    reader = Reader(given_items, size, f"Ordering={ordering}" if ordering else "")
    pages = [reader.read()]
    while reader.url is not None:
        pages.append(reader.read())
    for page in reversed(pages[:-1]):
        assert reader.back() == page
    assert reader.meta["previous_page_url"] is None


def test_creation_order_holds_within_an_instant() -> None:
    same = [Item(sid, created_ms=5) for sid in ("c", "a", "b")]
    assert Reader(same, 2).rest() == ["c", "a", "b"]


def test_the_newest_come_first_within_an_instant_too() -> None:
    same = [Item(sid, created_ms=5, rank=i // 2) for i, sid in enumerate("cabd")]
    assert Reader(same, 3, "Ordering=DateCreated:desc").rest() == ["d", "b", "a", "c"]
    assert Reader(same, 3, "Ordering=Rank:asc,DateCreated:desc").rest() == ["a", "c", "d", "b"]
    assert Reader(same, 3, "Ordering=Rank:desc").rest() == ["b", "d", "c", "a"]


def test_what_is_created_meanwhile_neither_repeats_nor_hides_anything() -> None:
    reader = Reader(items(10), 4)
    first = reader.read()
    reader.items.append(Item("NEW", created_ms=99))
    assert first + reader.rest() == [item.sid for item in items(10)] + ["NEW"]


def test_what_is_inserted_before_the_page_shifts_nothing() -> None:
    reader = Reader(items(10), 4, "Ordering=Rank:asc")
    first = reader.read()
    whole = Reader(items(10), 100, "Ordering=Rank:asc").read()
    reader.items.insert(0, Item("NEW", created_ms=-1, rank=-1))
    assert first + reader.rest() == whole


def test_the_page_goes_on_where_a_deleted_item_was() -> None:
    reader = Reader(items(10), 4, "Ordering=DateCreated:desc")
    first = reader.read()
    reader.items = [item for item in reader.items if item.sid not in first]
    assert reader.rest() == Reader(reader.items, 100, "Ordering=DateCreated:desc").read()


def test_a_deletion_within_an_instant_leaves_nothing_out() -> None:
    same = [Item(sid, created_ms=5) for sid in ("c", "a", "b", "d")]
    reader = Reader(same, 2)
    reader.read()
    reader.items = [item for item in same if item.sid != "a"]
    assert set(reader.rest()) >= {"b", "d"}


def test_meta_has_the_documented_keys() -> None:
    reader = Reader(items(5), 2, "Ordering=Rank:desc")
    reader.read()
    assert reader.meta == {
        "first_page_url": "http://here/Items?Ordering=Rank%3Adesc&PageSize=2&Page=0",
        "previous_page_url": None,
        "url": "http://here/Items?Ordering=Rank%3Adesc&PageSize=2&Page=0",
        "next_page_url": reader.url,
        "key": "items",
        "page": 0,
        "page_size": 2,
    }
    following = parse_qs(urlsplit(str(reader.url)).query)
    assert following["Page"] == ["1"]
    assert following["Ordering"] == ["Rank:desc"]
    assert set(following) == {"Ordering", "PageSize", "Page", "PageToken"}


def test_the_last_page_has_no_next_one_even_when_it_is_full() -> None:
    reader = Reader(items(4), 2)
    reader.read()
    reader.read()
    assert reader.url is None
    assert reader.meta["page"] == 1


def test_an_empty_list_is_one_empty_page() -> None:
    reader = Reader([], 50)
    assert reader.read() == []
    assert reader.meta["next_page_url"] is None


def test_the_page_size_is_50_and_at_most_1000() -> None:
    assert asked_page(parse(b"")).size == 50
    assert asked_page(parse(b"PageSize=1")).size == 1
    assert asked_page(parse(b"PageSize=1001")).size == 1000


@pytest.mark.parametrize("query", [b"PageSize=0", b"PageSize=-1", b"PageSize=ten", b"Page=-1"])
def test_sizes_and_pages_below_the_range_are_refused(query: bytes) -> None:
    with pytest.raises(Invalid):
        asked_page(parse(query))


def test_a_page_cannot_be_counted_to() -> None:
    with pytest.raises(Problem) as raised:
        asked_page(parse(b"Page=1"))
    assert (raised.value.status, raised.value.code) == (400, 40153)
    assert asked_page(parse(b"Page=0")).page == 0


def test_a_token_belongs_to_its_page() -> None:
    reader = Reader(items(9), 2)
    reader.read()
    assert reader.url is not None
    with pytest.raises(Problem):
        asked_page(parse(urlsplit(reader.url.replace("Page=1", "Page=2")).query.encode()))


@pytest.mark.parametrize("token", ["x", "WzFd", "%FF", "é", "A" * 5000, "bnVsbA", "e30"])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        asked_page(parse(f"PageToken={token}".encode()))


@pytest.mark.parametrize("page", [-5, 0])
def test_a_token_that_leads_to_a_page_that_cannot_be_is_not_ours(page: int) -> None:
    token = token_of(Mark(page, False, [1], "S1"))
    with pytest.raises(Invalid, match="not one that this server gave"):
        asked_page(parse(f"PageToken={token}".encode()))


@pytest.mark.parametrize("ordering", ["Ordering=Rank:asc", "Ordering=Name:asc"])
def test_a_token_is_of_use_in_its_own_order_only(ordering: str) -> None:
    reader = Reader(items(9), 2, "" if ordering.endswith("Rank:asc") else "Ordering=Rank:asc")
    reader.read()
    assert reader.url is not None
    reader.url = reader.url.replace("Ordering=Rank%3Aasc&", "") + "&" + ordering
    with pytest.raises(Invalid, match="another order"):
        reader.read()


@pytest.mark.parametrize("text", ["Size", "Rank:up", "Rank,Rank", "rank", "Rank:asc:desc"])
def test_an_order_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"^Ordering"):
        asked_order(parse(f"Ordering={text}".encode()), SORTS)


def test_directions_may_be_left_out_or_written_in_any_case() -> None:
    order = asked_order(parse(b"Ordering=Rank,%20Name:DESC"), SORTS)
    assert [sort.descending for sort in order] == [False, True]


@pytest.mark.parametrize("ordering", ["", "Rank", "Rank:desc,Name:desc", "DateCreated:desc"])
def test_a_list_of_thousands_reads_the_same_in_pages_of_any_size(ordering: str) -> None:
    many = [Item(f"S{i:05}", i // 2, (i * 7) % 11, "abc"[i % 3]) for i in range(2_900)]
    expected = {
        "": many,
        "Rank": sorted(many, key=lambda one: one.rank),
        "Rank:desc,Name:desc": sorted(
            many, key=lambda one: (-one.rank, -ord(one.name), one.created_ms)
        ),
        "DateCreated:desc": many[::-1],
    }[ordering]
    query = f"Ordering={ordering}" if ordering else ""
    for size in (97, 1000):
        reader = Reader(many, size, query)
        assert reader.rest() == [one.sid for one in expected]
        place = len(expected) - len(expected) % size
        while place > size:
            place -= size
            assert reader.back() == [one.sid for one in expected[place : place + size]]
