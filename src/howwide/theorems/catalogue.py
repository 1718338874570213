"""The catalogue: find statements, print one in full, draw who improves on whom.

The statements themselves are in :mod:`howwide.theory`; here they are only chosen and put into words.
"""

from typing import Any

from howwide import theory
from howwide.errors import SettingError
from howwide.results.theorems import LineageResult, TheoremListResult, TheoremResult, TheoremRow
from howwide.theory import ALGORITHMS, KINDS, Incomplete, Memorisation, Theorem
from howwide.theory.memorisation import NO_BOUND, SAYS, SHOWN_FOR, SUPPLIES

__all__ = [
    "FAMILIES",
    "describe",
    "family",
    "find",
    "lineage",
    "lineage_result",
    "lineage_text",
    "memorisation",
    "overview",
    "show",
    "theorems",
]

FAMILIES = {
    "chen": "Chen, Cao, Zou, Gu",
    "zou": "Zou, Cao, Zhou, Gu; Zou, Gu",
    "deep": "other deep ReLU networks",
    "shallow": "one hidden ReLU layer",
    "smooth": "smooth activations and other networks",
}
"""Groups of statements, for tables and figures."""

_ALGORITHMS = {"gd": "gradient descent", "one_pass_sgd": "one-pass SGD", "minibatch_sgd": "minibatch SGD"}
_NETWORKS = {"deep": "deep", "fixed-head": "fixed_head", "antisymmetric": "fixed_head_antisymmetric"}


def theorems(
    *,
    about: str | None = None,
    network: str | None = None,
    algorithm: str | None = None,
    loss: str | None = None,
    gives: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> tuple[Theorem, ...]:
    """Statements that pass all filters, in the order of the catalogue.

    >>> [t.title for t in theorems(about="chen2021", gives="step_size", algorithm="one_pass_sgd")]
    ['one-pass SGD, test error']

    Args:
        about: text in the id, the title, the key or the names of the authors, in any case.
        network: ``deep``, ``fixed-head`` or ``antisymmetric`` (the networks of this library), or ``other``.
        algorithm: one of :data:`howwide.theory.ALGORITHMS`.
        loss: ``logistic`` or ``square``.
        gives: one of :data:`howwide.theory.KINDS`, such as ``width``.
        since: first year.
        until: last year.

    Raises:
        SettingError: an unknown choice.
    """
    for name, value, choices in (
        ("network", network, (*_NETWORKS, "other")),
        ("algorithm", algorithm, ALGORITHMS),
        ("loss", loss, ("logistic", "square")),
        ("gives", gives, tuple(KINDS)),
    ):
        if value is not None and value not in choices:
            raise SettingError(f"{name} is one of {', '.join(choices)}; got {value!r}")
    return tuple(
        t
        for t in theory.all_theorems()
        if (about is None or about.lower() in _searched(t))
        and (network is None or _has_network(t, network))
        and algorithm in (None, t.setting.algorithm)
        and loss in (None, t.setting.loss)
        and (gives is None or gives in t.formulas)
        and (since is None or t.year >= since)
        and (until is None or t.year <= until)
    )


def memorisation(about: str | None = None) -> tuple[Memorisation, ...]:
    """Statements about the existence of weights that fit; those with a text in id, title, key or authors."""
    return tuple(m for m in theory.all_memorisation() if about is None or about.lower() in _searched(m))


def _searched(theorem: Theorem | Memorisation) -> str:
    return " ".join((theorem.id, theorem.title, theorem.cites, theorem.reference.short)).lower()


def _has_network(theorem: Theorem, name: str) -> bool:
    return not theorem.setting.covers if name == "other" else _NETWORKS[name] in theorem.setting.covers


def find(id: str) -> Theorem | Incomplete | Memorisation:
    """A statement by its id, also one that is known only in part, or is about memorisation.

    Raises:
        SettingError: there is none; the message names its neighbours.
    """
    others: tuple[Incomplete | Memorisation, ...] = (*theory.incomplete(), *theory.all_memorisation())
    return next((entry for entry in others if entry.id == id), None) or theory.get(id)


def family(theorem: Theorem) -> str:
    """The group of :data:`FAMILIES` a statement belongs to."""
    if theorem.authors == "chen-cao-zou-gu":
        return "chen"
    if theorem.authors in ("zou-cao-zhou-gu", "zou-gu"):
        return "zou"
    if theorem.setting.activation not in ("relu", "any"):
        return "smooth"
    return "shallow" if theorem.setting.hidden_layers == 1 else "deep"


def overview(**filters: Any) -> TheoremListResult:
    """The statements that pass the filters of :func:`theorems`, as ``howwide theorems list`` prints them.

    Those that are known only in part are in it where there is no filter, memorisation where only ``about`` is one.

    Raises:
        SettingError: an unknown choice.
    """
    chosen = {name for name, value in filters.items() if value is not None}
    return TheoremListResult(
        theorems=[_row(t) for t in theorems(**filters)],
        incomplete=[] if chosen else [_row(t) for t in theory.incomplete()],
        memorisation=[] if chosen - {"about"} else [_row(m) for m in memorisation(filters.get("about"))],
    )


def _row(entry: Theorem | Incomplete | Memorisation) -> TheoremRow:
    setting = entry.setting if isinstance(entry, Theorem) else None
    gives = list(entry.formulas) if isinstance(entry, Theorem) else []
    return TheoremRow(
        id=entry.id,
        year=entry.reference.year,
        title=entry.title,
        paper=entry.reference.short,
        family=family(entry) if isinstance(entry, Theorem) else None,
        algorithm=None if setting is None else setting.algorithm,
        loss=None if setting is None else setting.loss,
        gives=["width"] if isinstance(entry, Memorisation) else gives,
        tag=entry.tag,
    )


def show(id: str) -> TheoremResult:
    """A statement in full, with its paper in BibTeX.

    Raises:
        SettingError: there is none of that id; the message names its neighbours.
    """
    entry = find(id)
    return TheoremResult(theorem=entry.as_dict(), text=describe(entry), bibtex=entry.reference.bibtex)


def describe(entry: Theorem | Incomplete | Memorisation) -> str:
    """A statement in full: what it is about, assumes and gives, how each part is known, and how to cite it."""
    if isinstance(entry, Memorisation):
        return _describe_memorisation(entry)
    return _describe_part(entry) if isinstance(entry, Incomplete) else _describe(entry)


def _describe(t: Theorem) -> str:
    s = t.setting
    constants = t.constants
    lines = [
        f"{t.id}",
        f"{t.title}; {t.number} of {t.reference.short}",
        "",
        _sentence(t.guarantee),
        "",
        f"Network         {s.network}",
        f"Trained         {s.trained}",
        f"Start           {s.initialisation}",
        f"Depth           L counts {s.depth_counts}" + (f"; {s.hidden_layers} hidden layer" if s.hidden_layers else ""),
        f"Loss            {s.loss}, {s.loss_average} over the examples",
        f"Algorithm       {_ALGORITHMS[s.algorithm]}",
        f"Step size of    {s.scaling.words}",
        "",
        "Assumes",
        *([f"  {a.name}: {a.statement}" for a in t.assumptions] or ["  nothing beyond the setting"]),
        "",
        "Gives",
    ]
    for kind, formula in t.formulas.items():
        lines.append(f"  {KINDS[kind]}: {formula.text}")
        words = theory.TAGS[formula.tag]
        constant = {"hidden": "constant C hidden", "derived": "constants derived", "explicit": "constants stated"}
        note = f"; {formula.note}" if formula.note else ""
        lines.append(f"      [{formula.tag}] {words}; {constant[constants[kind]]}{note}")
    lines += _listed("Claimed beside it", tuple(f"{a.name}: {a.statement}" for a in t.claims))
    lines += ["", "Known", f"  [{t.tag}] {t.known}"]
    lines += _listed("Improves on, or carries further", t.improves_on)
    lines += _listed("Improved on by", tuple(newer for newer, older in theory.lineage() if older == t.id))
    lines += _listed("Gaps and cautions", t.gaps)
    return "\n".join([*lines, "", t.reference.bibtex])


def _sentence(words: str) -> str:
    """A full stop, and a capital unless a formula comes first."""
    return (words[0].upper() if words[0].isascii() else words[0]) + words[1:] + "."


def _describe_part(entry: Incomplete) -> str:
    return "\n".join(
        [
            entry.id,
            f"{entry.title}; {entry.reference.short}",
            "",
            "Known only in part: nothing can be evaluated.",
            f"Says     [{entry.tag}] {entry.says}",
            f"Missing  {entry.missing}",
            "",
            entry.reference.bibtex,
        ]
    )


def _describe_memorisation(m: Memorisation) -> str:
    constant = "constant C hidden" if m.need.relation == "order" else "no hidden constant"
    lines = [
        m.id,
        f"{m.title}; {m.number} of {m.reference.short}",
        "",
        f"Memorisation, not training: {SAYS[m.says]}.",
        _sentence(m.guarantee),
        "",
        f"Network         {m.own_network}",
        f"Needs           {m.need.text}",
        f"                [{m.need.tag}] {constant}{f'; {m.need.note}' if m.need.note else ''}",
        f"Compared with   {SUPPLIES[m.supply][0]}",
        f"Shown for       {SHOWN_FOR[m.shown_for]}; at least {m.hidden_layers} hidden layer"
        + ("s" if m.hidden_layers > 1 else ""),
        "",
        "Known",
        f"  [{m.tag}] {m.known}",
        *_listed("Gaps and cautions", (*m.gaps, NO_BOUND)),
    ]
    return "\n".join([*lines, "", m.reference.bibtex])


def _listed(head: str, items: tuple[str, ...]) -> list[str]:
    return ["", head, *(f"  {item}" for item in items)] if items else []


def lineage() -> tuple[tuple[str, str], ...]:
    """Edges (id, id of a statement that it improves on or carries further)."""
    return theory.lineage()


def lineage_result() -> LineageResult:
    """The lineage as edges and as a tree."""
    return LineageResult(edges=list(lineage()), text=lineage_text())


def lineage_text() -> str:
    """The lineage as a tree: under each statement those that improve on it; a second time without its own branch."""
    newer: dict[str, list[Theorem]] = {}
    for after, before in theory.lineage():
        newer.setdefault(before, []).append(theory.get(after))
    children = {after for after, _ in theory.lineage()}
    lines: list[str] = []
    seen: set[str] = set()

    def branch(theorem: Theorem, level: int) -> None:
        again = theorem.id in seen and theorem.id in newer
        seen.add(theorem.id)
        lines.append(f"{'  ' * level}{theorem.year}  {theorem.id}{'  (see above)' if again else ''}")
        if not again:
            for following in sorted(newer.get(theorem.id, []), key=lambda t: (t.year, t.id)):
                branch(following, level + 1)

    roots = [t for t in theory.all_theorems() if t.id in newer and t.id not in children]
    for root in sorted(roots, key=lambda t: (t.year, t.id)):
        branch(root, 0)
    return "\n".join(lines)
