"""The reference: what the rules say a described machine does, in plain and slow code.

`Tree` is the machine, `Present` what is so in it, `Timeline` what is due when; `Selection`, `Traversal` and `Background`
hold the rules, and `Reference` puts them together. Nothing of the library is imported.
"""

from laws.reference.machine import Reference
from laws.reference.timeline import CALLER, Due, Endless, KnownDifference, Unspecified

__all__ = ["CALLER", "Due", "Endless", "KnownDifference", "Reference", "Unspecified"]
