"""Who works in the contact centre: names, languages, and levels from 1 to 5 by skill."""

from collections.abc import Mapping

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Someone on the roster. Who has a level in a skill has the skill."""

    name: str
    languages: tuple[str, ...]
    levels: Mapping[str, int]

    @property
    def attributes(self) -> str:
        """The worker's attributes, as JSON text."""
        document = {
            "skills": list(self.levels),
            "levels": dict(self.levels),
            "languages": list(self.languages),
        }
        return msgspec.json.encode(document).decode()


ROSTER = (
    Person("Ada Okafor", ("en", "fr"), {"billing": 5, "vip": 3}),
    Person("Ben Castillo", ("en", "es"), {"billing": 4, "sales": 2}),
    Person("Chen Wei", ("en",), {"technical": 5, "vip": 2}),
    Person("Dora Lindqvist", ("en", "de"), {"billing": 3, "technical": 2}),
    Person("Emil Novak", ("de",), {"technical": 4}),
    Person("Fatima Zahra", ("fr", "en"), {"sales": 5, "billing": 2}),
    Person("George Mbeki", ("en",), {"sales": 3, "technical": 3}),
    Person("Hana Sato", ("en",), {"technical": 4, "fraud": 4}),
    Person("Ines Duarte", ("es",), {"billing": 3, "technical": 3}),
    Person("Jonas Weber", ("de", "en"), {"sales": 4, "billing": 3}),
    Person("Kira Petrova", ("en", "de"), {"technical": 3, "vip": 4}),
    Person("Luis Herrera", ("es", "en"), {"technical": 5, "sales": 1}),
    Person("Mona Haddad", ("fr",), {"technical": 3, "billing": 3}),
    Person("Nils Berg", ("en",), {"billing": 2, "technical": 2}),
    Person("Olga Brandt", ("de", "fr"), {"billing": 4, "fraud": 3}),
    Person("Pablo Rios", ("es",), {"sales": 4, "billing": 1}),
    Person("Quinn Murphy", ("en",), {"sales": 5, "vip": 5}),
    Person("Rosa Jimenez", ("es", "fr"), {"technical": 2, "sales": 3}),
    Person("Sven Keller", ("de", "en"), {"technical": 5}),
    Person("Tara Singh", ("en",), {"billing": 5, "technical": 1}),
    Person("Ugo Lambert", ("fr", "en"), {"technical": 4, "vip": 1}),
    Person("Vera Costa", ("en", "es"), {"sales": 2, "billing": 2}),
    Person("Will Turner", ("en",), {"technical": 2}),
    Person("Yara Cohen", ("en", "es"), {"billing": 1, "sales": 1, "technical": 1}),
)
