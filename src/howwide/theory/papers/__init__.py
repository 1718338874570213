"""One file a paper (or a family of papers of which little is known), one object a statement.

To add a statement, copy the example into a new file of this folder, fill it in, and add the module's name to
:data:`MODULES`. Ids are permanent: a misreading gets a new entry beside the old one, whose ``gaps`` then say so. A
formula is typed as it is printed, in the notation of :mod:`howwide.theory.notation`, and that text is what is
evaluated; its letters are those of :data:`~howwide.theory.symbols.SYMBOLS`, and with ``C``, the constant that the paper
hides, it holds in order only. A fact that no letter has yet is a new field of :class:`~howwide.theory.Problem` and a
line of the table. Formulas must be monotone in every letter. What most statements of a file share is said once, in a
``functools.partial`` of the class; a statement that differs says so itself. The paper goes into ``references.bib``;
then add one line with the exponents, transcribed again from the paper, to the table of
``tests/test_theory_formulas.py``, and the id to that of ``tests/test_theory_protocol.py``.

>>> from howwide.theory.assumptions import SEPARATED_ALL, UNIT_INPUTS
>>> from howwide.theory.problem import Problem
>>> from howwide.theory.quantities import Formula
>>> from howwide.theory.settings import Setting
>>> from howwide.theory.statements import Theorem
>>> example = Theorem(
...     id="author-author/venue2030/thm-1",
...     title="gradient descent, training loss",
...     cites="chen2021",                                 # key in references.bib
...     number="Theorem 1",
...     setting=Setting(                                  # or one of settings.py, changed with dataclasses.replace
...         network="f = ...",
...         covers=frozenset({"deep"}),                   # the library's networks that are this one, if any
...         trained="all layers",
...         initialisation="N(0, 2/m)",
...         depth_counts="weight matrices",
...     ),
...     assumptions=(UNIT_INPUTS, SEPARATED_ALL),         # of assumptions.py; new ones go there, to be shared
...     formulas={
...         "width": Formula("m ≥ C n²Lφₐ⁻¹", "S"),
...         "num_steps": Formula("T = C log(1/ε)", "S"),
...     },
...     guarantee="with probability 1-δ, the last iterate has training loss at most ε",
...     tag="S",                                          # of quantities.TAGS: read, remembered, derived
...     known="read in version 2",
...     improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3",),
...     iterate="last",                                   # of statements.ITERATES: best, mean, last, every
... )
>>> example.width(Problem(n=100, depth=5, separation_all=0.5)).value
100000.0
>>> example.num_steps(Problem(n=100)).missing
('target_loss',)
"""

MODULES = (
    "chen_cao_zou_gu_alpha",
    "chen_cao_zou_gu_full",
    "chen_cao_zou_gu",
    "chen_cao_zou_gu_separable",
    "chen_cao_zou_gu_derived",
    "zou_cao_zhou_gu",
    "zou_cao_zhou_gu_arxiv",
    "zou_gu",
    "allen_zhu_li_song",
    "du_zhai_poczos_singh",
    "du_lee_li_wang_zhai",
    "cao_gu",
    "ji_telgarsky",
    "li_lei_guo_ying",
    "nitanda_chinot_suzuki",
    "taheri_thrampoulidis",
    "munteanu_omlor_song_woodruff",
    "chatterji_long_bartlett",
    "lei_wang_ying_zhou",
    "xu_zhu",
    "arora_du_hu_li_wang",
    "square_loss_with_bias",
    "telgarsky",
    "shallow_square_loss",
    "other_networks",
    "memorisation",
)
"""The files, in the order of the catalogue."""
