"""Rules of class bodies: what was written in one and lost, or comes too late.

The class front end notes what it saw; here it is judged. Each function is one rule about the element of a `Site`.
"""

from __future__ import annotations

from hsm.compiler.check.sites import Site
from hsm.compiler.report import Report
from hsm.elements.mistakes import Lost
from hsm.names import closest, either


def rebound(site: Site, report: Report) -> None:
    """HSM019: a declaration whose name is bound again in the same class body."""
    lost: Lost = site.element
    first = f"the first is at {lost.other.place()}: " if lost.other is not None else ""
    report.error(
        "HSM019",
        f"'{lost.name}' is bound twice in one class body",
        lost.where,
        label="this replaces the first one",
        within=site.within,
        help=f"{first}rename one of them, or call methods that need no name '_'",
    )


def lost_mark(site: Site, report: Report) -> None:
    """HSM020: a mark below a decorator that returns another function."""
    lost: Lost = site.element
    report.error(
        "HSM020",
        f"this mark of '{lost.name}' is lost: a decorator above it returns another function",
        lost.where,
        within=site.within,
        help="put the mark on top, or use functools.wraps in the decorator",
    )


def stray_class(site: Site, report: Report) -> None:
    """HSM064: a nested class with marks that is not a vertex."""
    lost: Lost = site.element
    report.error(
        "HSM064",
        f"class '{lost.name}' has marks but is not a state",
        lost.where,
        within=site.within,
        help="derive it from State[...], or move it out of the machine if it is only a base class",
    )


def too_late(site: Site, report: Report) -> None:
    """HSM065: a declaration that is assigned to a finished class, or deleted from one."""
    lost: Lost = site.element
    report.error(
        "HSM065",
        f"it is too late to change '{lost.name}': the model of this class is already compiled",
        lost.where,
        label=f"the class statement is at {lost.other.place()}" if lost.other is not None else "",
        within=site.within,
        help="write it in the class body, or derive a class from this one",
    )


def unknown_option(site: Site, report: Report) -> None:
    """HSM027: a keyword that a mark does not take."""
    element = site.element
    near = closest(element.option, element.known)
    report.error(
        "HSM027",
        f"'{element.mark}' has no option '{element.option}'",
        element.where,
        within=site.within,
        help=f"did you mean {either(near)}?" if near else f"it takes {', '.join(element.known)}",
    )
