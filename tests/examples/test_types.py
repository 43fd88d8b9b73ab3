"""What a user copies from the examples passes the strictest settings of both type checkers."""

from __future__ import annotations

from pathlib import Path

from support.checkers import ROOT, STRICT_MYPY, mypy, pyright


def test_examples_are_clean_for_mypy(request):
    """Under --strict, mypy is content with every example."""
    cache = request.config.cache.mkdir("typing-examples")
    examples = map(str, sorted((ROOT / "examples").glob("*.py")))
    assert list(mypy(cache, *STRICT_MYPY, *examples)) == []


def test_examples_are_clean_for_pyright():
    """Pyright in strict mode is content with every example."""
    assert list(pyright("--project", str(Path(__file__).parent))) == []
