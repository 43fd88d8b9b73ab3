"""Checking: what is valid, and probably a mistake, in models and in the sources around them.

In: Charts, and the Python files to read beside them. Out: diagnostics with codes from HSM101 on, as the compiler's are,
and all of them warnings. Sources are read as syntax trees and never run. Never imports the tree, the compiler, a front
end or what runs.

| from → to | function | gives |
|---|---|---|
| files → syntax | `sources.Sources` | trees, functions by name, the place of a call in a part |
| chart → neighbours | `layout.Layout` | what is around, beside and after a vertex |
| both → findings | one function for each code, in the table of `findings` | `Finding` |
| findings → diagnostics | `findings.check` | what a user reads, without what a comment ignores |

A rule is sparing: where it would have to guess, it is silent. What is written once and stands in several models, by
inheritance, as a submachine or out of a loop, is reported only if it is wrong wherever it stands.
"""

from hsm.check.findings import check

__all__ = ["check"]
