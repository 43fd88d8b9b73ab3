"""Pictures need QuickJS and elkjs; where one is missing, these tests are passed over."""

from __future__ import annotations

import importlib.util

import pytest

from hsm.draw import engine


@pytest.fixture(scope="session")
def elk():
    """The engine is installed."""
    if importlib.util.find_spec("quickjs") is None:
        pytest.skip("needs QuickJS: pip install 'hsm-dsl[draw]'")
    if not engine.SCRIPT.exists():
        pytest.skip("needs elkjs: python .ci/elkjs.py")
