"""The virtual environment."""

import importlib.util

import pytest

from launch import venv
from launch.errors import LaunchError


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with requirements and an environment that was filled from them."""
    (tmp_path / "requirements.txt").write_text("django==1\n")
    (tmp_path / "requirements-dev.txt").write_text("django==1\npytest==1\n")
    (tmp_path / "python").touch()
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    monkeypatch.setattr(venv, "VENV_PYTHON", tmp_path / "python")
    monkeypatch.setattr(venv, "_STAMP", tmp_path / "installed.sha256")
    return tmp_path


def test_a_missing_venv_module_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(LaunchError, match=r"venv module is missing.*apt install python3-venv"):
        venv._make()


def test_what_was_installed_stays_until_the_requirements_change(checkout):
    (checkout / "installed.sha256").write_text(venv._digests()[0])
    assert venv._is_current(development=False)
    assert not venv._is_current(development=True)

    (checkout / "requirements.txt").write_text("django==2\n")

    assert not venv._is_current(development=False)


def test_the_development_set_serves_the_product_too(checkout):
    (checkout / "installed.sha256").write_text("\n".join(venv._digests()))

    assert venv._is_current(development=True)
    assert venv._is_current(development=False)
