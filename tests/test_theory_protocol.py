"""What every statement of the catalogue keeps: names, provenance, settings, unknown facts, JSON, monotony."""

import json
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide import bibliography, theory
from howwide.errors import SettingError
from howwide.theory import assumptions, papers
from howwide.theory.statements import ITERATES

# Permanent: a name may be added, never changed or taken away.
IDS = [
    "chen-cao-zou-gu/alpha-scaled/thm-2.1",
    "chen-cao-zou-gu/alpha-scaled/thm-2.2",
    "chen-cao-zou-gu/alpha-scaled/thm-2.3",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.3",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.5",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.8",
    "chen-cao-zou-gu/arxiv2020v2/prop-4.2",
    "chen-cao-zou-gu/arxiv2020v2/cor-4.4",
    "chen-cao-zou-gu/arxiv2020v2/prop-4.7",
    "chen-cao-zou-gu/arxiv2020v2/prop-4.10",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.3+cor-4.4",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.8+cor-4.4",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.3+prop-4.10",
    "chen-cao-zou-gu/iclr2021/thm-3.3",
    "chen-cao-zou-gu/iclr2021/thm-3.4",
    "chen-cao-zou-gu/iclr2021/thm-3.5",
    "chen-cao-zou-gu/iclr2021/prop-4.2",
    "chen-cao-zou-gu/iclr2021/prop-4.4",
    "chen-cao-zou-gu/iclr2021/prop-4.6",
    "chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",
    "chen-cao-zou-gu/iclr2021/thm-3.5+prop-4.2",
    "chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.6",
    "chen-cao-zou-gu/derived/gd-explicit",
    "chen-cao-zou-gu/derived/gd-a-posteriori",
    "chen-cao-zou-gu/derived/gd-initial-curvature",
    "chen-cao-zou-gu/derived/width",
    "chen-cao-zou-gu/derived/width-network",
    "chen-cao-zou-gu/derived/test-linear-branch",
    "chen-cao-zou-gu/derived/sgd-online-to-batch",
    "chen-cao-zou-gu/derived/margin-eigenvalue",
    "chen-cao-zou-gu/derived/margin-separation-all",
    "chen-cao-zou-gu/derived/margin-ceiling",
    "zou-cao-zhou-gu/ml2020/thm-gd",
    "zou-cao-zhou-gu/derived/zero-error",
    "zou-cao-zhou-gu/arxiv2018/thm-gd",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.1-logistic",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.1-squared-hinge",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.1-huberised-squared-hinge",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.1-hinge-like",
    "zou-cao-zhou-gu/arxiv2018v3/lemma-5.4-logistic",
    "zou-cao-zhou-gu/arxiv2018v3/cor-4.3-logistic",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.5-logistic",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.5-squared-hinge",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.5-huberised-squared-hinge",
    "zou-cao-zhou-gu/arxiv2018v3/thm-4.5-hinge-like",
    "zou-cao-zhou-gu/arxiv2018v3/cor-4.6-logistic",
    "zou-gu/neurips2019/thm-gd",
    "zou-gu/neurips2019/thm-sgd",
    "allen-zhu-li-song/icml2019/thm-gd",
    "allen-zhu-li-song/icml2019/thm-sgd",
    "du-zhai-poczos-singh/iclr2019/thm-gd",
    "du-lee-li-wang-zhai/icml2019/thm-fully-connected",
    "du-lee-li-wang-zhai/icml2019/thm-resnet",
    "cao-gu/neurips2019/thm-3.3",
    "cao-gu/neurips2019/cor-3.10",
    "cao-gu/neurips2019v2/cor-3.10",
    "cao-gu/neurips2019v2/lemma-4.3",
    "cao-gu/neurips2019v2/cor-A.2",
    "cao-gu/aaai2020/thm-gd",
    "cao-gu/aaai2020v3/thm-4.4",
    "cao-gu/aaai2020v3/thm-5.7",
    "cao-gu/derived/aaai2020-polynomials",
    "ji-telgarsky/iclr2020/thm-2.2",
    "ji-telgarsky/iclr2020/thm-3.2",
    "ji-telgarsky/iclr2020/thm-sgd",
    "li-lei-guo-ying/neurips2025/thm-1",
    "li-lei-guo-ying/neurips2025/thm-2",
    "li-lei-guo-ying/neurips2025/thm-3",
    "nitanda-chinot-suzuki/arxiv2019/narrow",
    "nitanda-chinot-suzuki/arxiv2019/fast",
    "taheri-thrampoulidis/jmlr2024/thm-realizable",
    "taheri-thrampoulidis/jmlr2024/cor-margin",
    "taheri-thrampoulidis/jmlr2024/thm-3.2",
    "taheri-thrampoulidis/jmlr2024/thm-3.4",
    "taheri-thrampoulidis/jmlr2024/cor-4.1.1",
    "taheri-thrampoulidis-mazumdar/iclr2025/thm-realizable",
    "taheri-thrampoulidis-mazumdar/iclr2025/cor-margin",
    "taheri-thrampoulidis-mazumdar/iclr2025/cor-noisy",
    "munteanu-omlor-song-woodruff/icml2022/thm-logistic",
    "munteanu-omlor-song-woodruff/icml2022/thm-square",
    "chatterji-long-bartlett/colt2021/thm-small-loss",
    "chatterji-long-bartlett/colt2021/thm-3.1",
    "chatterji-long-bartlett/colt2021/thm-margin",
    "chatterji-long-bartlett/colt2021/thm-3.3-stage-2",
    "chatterji-long-bartlett/jmlr2021/thm-small-loss",
    "chatterji-long-bartlett/jmlr2021/thm-2",
    "lei-wang-ying-zhou/jmlr2026/thm-3",
    "lei-wang-ying-zhou/jmlr2026/cor-7",
    "lei-wang-ying-zhou/jmlr2026/cor-7+lem-16",
    "lei-wang-ying-zhou/jmlr2026/thm-18",
    "xu-zhu/jmlr2024/thm-1",
    "xu-zhu/jmlr2024/thm-sgd",
    "arora-du-hu-li-wang/icml2019/thm-4.1",
    "arora-du-hu-li-wang/icml2019/cor-5.2",
    "song-yang/arxiv2019/thm-quartic",
    "song-yang/arxiv2019/thm-quadratic",
    "song-yang-zhang/neurips2021/thm-gd",
    "yang-jiang-zhang-liang-wang/jmlr2024/thm-1",
    "telgarsky/iclr2023/thm-sgd",
    "oymak-soltanolkotabi/arxiv2019/thm-gd",
    "song-ramezani-kebrya-pethick-eftekhari-cevher/neurips2021/thm-gd",
    "polaczyk-cyranka/tmlr2023/thm-sgd",
    "anonymous/iclr2026-submission/thm-gd",
    "frei-cao-gu/icml2021/thm-any-width",
    "nguyen-mondelli/neurips2020/thm-wide-layer",
    "nguyen-mondelli/neurips2020/cor-lecun",
    "bombari-amani-mondelli/neurips2022/thm-gd",
    "noy-xu-aflalo-zelnik-manor-jin/arxiv2021/thm-gd",
]

THEOREMS = theory.all_theorems()
EVERY = pytest.mark.parametrize("theorem", THEOREMS, ids=[theorem.id for theorem in THEOREMS])
KNOWN = theory.Problem(
    **{
        field.name: 5 if field.name in ("depth", "n", "input_dim", "batch_size", "width") else 0.3
        for field in fields(theory.Problem)
        if field.name not in ("network", "activation", "loss", "algorithm", "unit_inputs", "constant_coordinate")
        and field.name not in ("output_dim", "num_steps")
    },
    num_steps=100.0,
)


def test_ids_are_those_that_were_given_once() -> None:
    assert [theorem.id for theorem in THEOREMS] == IDS
    every = IDS + [entry.id for entry in theory.incomplete()]
    assert len(set(every)) == len(every)


def test_the_catalogue_covers_the_field() -> None:
    assert len({theorem.cites for theorem in THEOREMS}) >= 18
    assert sum(bool(theorem.formulas) for theorem in THEOREMS) >= 30
    assert all(entry.missing and entry.says for entry in theory.incomplete())


def test_every_paper_file_is_in_the_catalogue() -> None:
    folder = Path(papers.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(papers.MODULES)


@EVERY
def test_statement_is_complete(theorem: theory.Theorem) -> None:
    authors, _, statement = theorem.id.split("/")
    assert authors
    assert statement
    assert theorem.title
    assert theorem.number
    assert theorem.guarantee
    assert theorem.known
    assert theorem.formulas
    assert theorem.tag in theory.TAGS
    assert theorem.reference.year == theorem.year
    assert ("/derived/" not in theorem.id) or theorem.tag.startswith("D")
    assert theorem.setting.network
    assert theorem.setting.trained
    assert theorem.setting.initialisation
    assert theorem.setting.covers <= set(theory.NETWORKS)
    assert theorem.setting.depth_counts in ("weight matrices", "hidden layers")
    assert theorem.setting.algorithm in theory.ALGORITHMS
    assert set(theorem.improves_on) <= set(IDS) - {theorem.id}
    assert theorem.iterate in ITERATES
    assert (theorem.iterate == "mean") == ("mean" in theorem.guarantee or "ergodic" in theorem.guarantee)
    assert (theorem.iterate == "last") == ("of the last iterate" in theorem.guarantee)


@EVERY
def test_formulas_say_what_they_need_and_how_they_are_known(theorem: theory.Theorem) -> None:
    names = {field.name for field in fields(theory.Problem)}
    for kind, formula in theorem.formulas.items():
        assert kind in theory.KINDS
        assert formula.text
        assert formula.tag in theory.TAGS
        assert set(formula.facts) <= names
        assert (formula.relation == "order") == ("C" in formula.text), formula.text
        assert (theorem.constants[kind] == "hidden") == (formula.relation == "order")


@EVERY
def test_assumptions_are_shared_objects_and_answer(theorem: theory.Theorem) -> None:
    shared = [value for value in vars(assumptions).values() if isinstance(value, theory.Assumption)]
    for assumption in theorem.assumptions:
        assert any(assumption is one for one in shared)
        verdict = assumption.check(theory.Problem())
        assert verdict.outcome == "unknown"
        assert verdict.reason.startswith("not known: " if assumption.facts else "cannot be checked")
        assert assumption.check(KNOWN).outcome in ("holds", "fails", "unknown")


@EVERY
def test_nothing_known_gives_unknown_with_names(theorem: theory.Theorem) -> None:
    for kind in theory.KINDS:
        quantity = theorem.quantity(kind, theory.Problem())
        if kind not in theorem.formulas:
            assert quantity.status == "not_stated"
        elif quantity.missing:
            assert quantity.status == "unknown"
            assert quantity.log10 is None
            assert all(name in quantity.reason for name in quantity.missing)
    judgement = theorem.judge(theory.Problem())
    assert judgement.verdict in ("unknown", "holds")
    assert judgement.verdict == "unknown" or not theorem.assumptions


@EVERY
def test_all_known_gives_numbers(theorem: theory.Theorem) -> None:
    for kind in theorem.formulas:
        quantity = theorem.quantity(kind, KNOWN)
        assert quantity.status == "value"
        assert quantity.log10 is not None
        assert math.isfinite(quantity.log10)
        assert quantity.tag == theorem.formulas[kind].tag
        assert quantity.is_prediction == (theorem.constants[kind] == "hidden")


@EVERY
def test_json_holds_no_nan_and_reads_back(theorem: theory.Theorem) -> None:
    document = json.loads(json.dumps(theorem.as_dict(), allow_nan=False))
    assert theory.get(document["id"]) is theorem
    assert document == theorem.as_dict()
    open_end = replace(
        KNOWN, margin=theory.Interval(0.0, 0.3), margin_shallow=theory.Interval(0.0), radius=theory.Interval()
    )
    for problem in (theory.Problem(), KNOWN, open_end):
        judgement = theorem.judge(problem).as_dict()
        assert json.loads(json.dumps(judgement, allow_nan=False)) == judgement
        for kind in theorem.formulas:
            quantity = theorem.quantity(kind, problem).as_dict()
            assert json.loads(json.dumps(quantity, allow_nan=False)) == quantity


@EVERY
def test_the_constant_that_makes_a_width_enough_does(theorem: theory.Theorem) -> None:
    constant = theorem.judge(KNOWN).constant_log10
    if theorem.constants.get("width") != "hidden":
        assert constant is None
        return
    if constant is None:  # a lemma's range asks for more, whatever the constant
        least = theorem.quantity("width", KNOWN, 1e-100).log10
        assert least is not None
        assert least > math.log10(5)
        return
    below, above = (theorem.width(KNOWN, 10 ** (constant + change)).log10 for change in (-1e-9, 1e-9))
    assert below is not None
    assert above is not None
    assert below <= math.log10(5) <= above + 1e-8


@EVERY
def test_a_result_grows_with_its_hidden_constant_alone(theorem: theory.Theorem) -> None:
    for kind, word in theorem.constants.items():
        small, large = (theorem.quantity(kind, KNOWN, constant).log10 for constant in (1.0, 10.0))
        assert small is not None
        assert large is not None
        assert (large > small) if word == "hidden" else (large == small)


@EVERY
def test_ends_of_an_interval_enclose_what_lies_between(theorem: theory.Theorem) -> None:
    intervals = {
        "margin": (0.02, 0.2), "margin_shallow": (0.02, 0.2), "margin_features": (0.02, 0.2), "radius": (2.0, 90.0),
        "network_radius": (2.0, 90.0), "ntrf_loss": (0.01, 0.3), "lambda_min": (0.001, 0.3),
        "lambda_min_shallow": (0.001, 0.3), "separation_across": (0.1, 0.7), "separation_all": (0.1, 0.7),
        "reference_distance": (0.5, 9.0), "reference_loss": (0.01, 0.5), "step_size": (0.01, 1.0),
        "num_steps": (10.0, 1e5), "linearization_error": (0.01, 1.0), "initial_output": (0.1, 4.0),
    }  # fmt: skip
    wide = replace(KNOWN, **{fact: theory.Interval(*ends) for fact, ends in intervals.items()})

    @settings(max_examples=8, deadline=None, derandomize=True)
    @given(st.lists(st.floats(0, 1), min_size=len(intervals), max_size=len(intervals)))
    def enclosed(shares: list[float]) -> None:
        inside = {
            fact: low * (high / low) ** share
            for (fact, (low, high)), share in zip(intervals.items(), shares, strict=True)
        }
        for kind in theorem.formulas:
            least, most = theorem.quantity(kind, wide).ends or (math.nan, math.nan)
            between = theorem.quantity(kind, replace(KNOWN, **inside)).log10
            assert between is not None
            assert least - 1e-9 <= between <= most + 1e-9

    enclosed()


def test_the_safe_end_is_the_worst_one() -> None:
    margin = replace(KNOWN, margin=theory.Interval(0.1, 0.2), n=1000)
    chen = theory.get("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2")
    assert chen.width(margin).log10 == chen.width(margin, margin=0.1).log10
    assert chen.width(margin).log10_other == chen.width(margin, margin=0.2).log10
    eigenvalue = theory.get("chen-cao-zou-gu/derived/margin-eigenvalue")
    known = replace(KNOWN, lambda_min=theory.Interval(0.1, 0.2))
    assert eigenvalue.quantity("margin", known).log10 == eigenvalue.quantity("margin", known, lambda_min=0.1).log10


def test_lineage_leads_to_known_statements_without_circles() -> None:
    edges = theory.lineage()
    assert ("chen-cao-zou-gu/iclr2021/thm-3.3", "zou-cao-zhou-gu/ml2020/thm-gd") in edges
    assert ("li-lei-guo-ying/neurips2025/thm-1", "chen-cao-zou-gu/iclr2021/thm-3.3") in edges
    older: dict[str, set[str]] = {}
    for new, old in edges:
        older.setdefault(new, set()).add(old)
    remaining = dict(older)
    while remaining:
        free = [new for new, olds in remaining.items() if not olds & remaining.keys()]
        assert free, f"a circle among {sorted(remaining)}"
        for new in free:
            del remaining[new]


def test_unknown_names_are_refused_with_a_hint() -> None:
    with pytest.raises(SettingError, match=r"thm-3\.3"):
        theory.get("chen-cao-zou-gu/iclr2021/thm-9")
    with pytest.raises(SettingError, match="missing: the exponents"):
        theory.get("razborov/arxiv2022/thm-gd")
    with pytest.raises(SettingError, match="no quantity"):
        THEOREMS[0].quantity("height", KNOWN)
    with pytest.raises(SettingError, match="positive"):
        THEOREMS[0].width(KNOWN, 0.0)


def test_every_symbol_is_a_fact_and_every_fact_that_a_formula_needs_is_a_symbol() -> None:
    names = {field.name for field in fields(theory.Problem)}
    assert {symbol.fact for symbol in theory.SYMBOLS.values()} <= names
    assert len({symbol.fact for symbol in theory.SYMBOLS.values()}) == len(theory.SYMBOLS)
    used = {letter for theorem in THEOREMS for formula in theorem.formulas.values() for letter in formula.letters}
    assert used <= set(theory.SYMBOLS)


def test_bibliography_reads_every_entry() -> None:
    references = bibliography.all_references()
    text = (Path(bibliography.__file__).parent / "references.bib").read_text(encoding="utf-8")
    assert len(references) == text.count("\n@") + text.startswith("@")
    for reference in references.values():
        assert reference.kind in ("article", "book", "inproceedings", "misc")
        assert reference.title
        assert reference.authors
        assert 1900 < reference.year < 2100
        assert reference.bibtex in text
        assert not set("{}\\") & set(reference.title + reference.short)
    cited = {theorem.cites for theorem in THEOREMS} | {entry.cites for entry in theory.incomplete()}
    assert cited <= references.keys()
    assert all(references[key].year >= 2018 for key in cited)


def test_authors_are_in_the_order_of_the_paper() -> None:
    assert bibliography.get("li2025").authors == ("Yuanfan Li", "Yunwen Lei", "Zheng-Chu Guo", "Yiming Ying")
    assert bibliography.get("du2019shallow").short == "Du, Zhai, Póczos, Singh (2019)"
    assert bibliography.get("polaczyk2023").authors == ("Bartłomiej Polaczyk", "Jacek Cyranka")
    with pytest.raises(SettingError, match="no paper"):
        bibliography.get("nobody1900")
