import json

import pytest
from django.test import Client

from config import openapi

JSON = "application/vnd.oai.openapi+json"


@pytest.fixture(autouse=True)
def _nothing_made(monkeypatch):
    monkeypatch.setattr(openapi, "_made", {})


def ask(language="en", accept=JSON, query=""):
    return Client().get(f"/api/schema{query}", headers={"Accept": accept, "Accept-Language": language})


def test_the_description_is_made_once_for_each_language_and_format(monkeypatch):
    first = ask()
    monkeypatch.setattr(openapi.SchemaView, "generator_class", None)

    second = ask()

    assert first.status_code == second.status_code == 200
    assert json.loads(second.content) == json.loads(first.content)
    assert json.loads(second.content)["openapi"] == "3.1.0"
    with pytest.raises(TypeError):
        ask(language="ru")


def test_whatever_language_is_asked_for_no_more_than_ours_are_kept():
    for language in ("en", "ru", "xx", "de", "../", "zh-hans"):
        assert ask(query=f"?lang={language}").status_code == 200

    assert len(openapi._made) <= 2
