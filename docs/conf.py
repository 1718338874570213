"""Configuration of the documentation; `make docs` builds it with warnings as errors."""

import importlib
import pkgutil
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

project = "howwide"
author = "The howwide authors"
copyright = "The howwide authors"
release = installed_version("howwide")
version = ".".join(release.split(".")[:2])

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"howwide {release}"

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # the changelog's headings repeat: every version has an "Added"

bibtex_bibfiles = ["../src/howwide/references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_use_rtype = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True

# Every reference to the library itself must resolve. Others are not linked: an inventory would need the network.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!howwide\.).*")]


PARTS = (
    "certify", "data", "errors", "figures", "losses", "measure", "networks", "ntrf", "statistics", "sweep", "tangent",
    "theorems", "theory", "training", "width",
)  # fmt: skip
"""What has a page of the API; the estimators have theirs among the guides."""


def directive(module: str, *options: str) -> str:
    """The directive that renders a module."""
    lines = "".join(f"   :{option}:\n" for option in options)
    return f"\n```{{eval-rst}}\n.. automodule:: {module}\n{lines}```\n"


def write_api_pages(app: Sphinx) -> None:
    """A page for each part: its docstring and public names, then the essays of the modules behind it.

    An essay is a docstring of more than one paragraph.
    """
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        package = importlib.import_module(f"howwide.{part}")
        found = pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}.")
        names = sorted(module.name for module in found if not module.name.endswith("__main__"))
        essays = [name for name in names if "\n\n" in (importlib.import_module(name).__doc__ or "")]
        text = f"# {package.__name__}\n{directive(package.__name__, 'members', 'show-inheritance')}"
        if essays:
            text += "\n## Behind it\n"
        for name in essays:
            text += f"\n### {name}\n{directive(name, 'no-members', 'no-index')}"
        page = folder / f"{part}.md"
        if not page.is_file() or page.read_text() != text:  # an unchanged page is not built again
            page.write_text(text)


def exists(target: str) -> bool:
    """Whether a dotted name can be imported."""
    try:
        pkgutil.resolve_name(target)
    except (AttributeError, ImportError, ValueError):
        return False
    return True


def resolve_other_names(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Link `howwide.DeepReLU` to the place where it is documented, `howwide.networks.DeepReLU`.

    A name that exists without being public, as an annotation may have, stays plain text; one that does not exist is
    reported.
    """
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or not target.startswith("howwide."):
        return None
    parents, _, name = target.rpartition(".")
    objects = env.domains["py"].data["objects"]
    homes = [
        home
        for home, entry in objects.items()
        if home.startswith("howwide.") and home.rpartition(".")[2] == name and not entry.aliased
    ]
    if parents != "howwide" or len(homes) != 1:
        return contnode if exists(target) else None
    entry = objects[homes[0]]
    uri = app.builder.get_relative_uri(str(node["refdoc"]), entry.docname) + "#" + entry.node_id
    return nodes.reference("", "", contnode, internal=True, refuri=uri, reftitle=homes[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", write_api_pages)
    app.connect("missing-reference", resolve_other_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
