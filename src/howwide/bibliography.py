"""Citations: every paper that the library speaks of, from one BibTeX file in the package.

:func:`get` finds a paper by its key; its ``bibtex`` is the entry as it stands in the file.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from howwide.errors import SettingError

__all__ = ["Reference", "all_references", "get"]

_ENTRY = re.compile(r"^@(\w+)\{([\w-]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_ACCENT = re.compile(r"""\{\\(['"])(\w)\}""")
_COMBINING = {"'": "\u0301", '"': "\u0308"}
_FIELD = re.compile(r"^  (\w+)\s*=\s*\{(.*)\},$", re.MULTILINE)


@dataclass(frozen=True)
class Reference:
    """One paper.

    Attributes:
        key: its name in the file.
        kind: "article", "book", "inproceedings" or "misc".
        fields: the BibTeX fields.
        bibtex: the whole entry.
    """

    key: str
    kind: str
    fields: MappingProxyType[str, str]
    bibtex: str

    @property
    def title(self) -> str:
        """Title without BibTeX's braces."""
        return _plain(self.fields["title"])

    @property
    def authors(self) -> tuple[str, ...]:
        """Authors in order, given names first."""
        people = _plain(self.fields["author"]).split(" and ")
        return tuple(" ".join(reversed(person.split(", ", 1))) for person in people)

    @property
    def year(self) -> int:
        """Year of this version."""
        return int(self.fields["year"])

    @property
    def short(self) -> str:
        """Family names and year: "Ji, Telgarsky (2020)"."""
        names = [person.split(", ", 1)[0] for person in _plain(self.fields["author"]).split(" and ")]
        return f"{', '.join(names)} ({self.year})"


def _plain(text: str) -> str:
    """Text without BibTeX's braces and accents."""
    text = _ACCENT.sub(lambda found: unicodedata.normalize("NFC", found[2] + _COMBINING[found[1]]), text)
    return text.replace(r"{\l}", "ł").replace("{", "").replace("}", "")


@functools.cache
def all_references() -> MappingProxyType[str, Reference]:
    """Every entry of the file, by key."""
    text = files("howwide").joinpath("references.bib").read_text(encoding="utf-8")
    entries = {}
    for found in _ENTRY.finditer(text):
        kind, key, body = found.groups()
        entries[key] = Reference(key, kind.lower(), MappingProxyType(dict(_FIELD.findall(body))), found[0])
    return MappingProxyType(entries)


def get(key: str) -> Reference:
    """A paper by its key.

    Raises:
        SettingError: there is no such key.
    """
    try:
        return all_references()[key]
    except KeyError:
        raise SettingError(f"no paper {key!r}; there are {', '.join(sorted(all_references()))}") from None
