"""The documentation: every page can be reached, every link leads somewhere, and services are described."""

import re

import pytest

from launch import api_reference, pages, site

GUIDE_PICTURE = 150_000  # Bytes: whoever reads in a shop has a thin line.
# What stands on the screen and comes from a library, or is no word.
OF_LIBRARIES = {"+", "excel", "json", "импорт", "история"}

SCHEMA = {
    "paths": {
        "/kkm/v1/goods": {
            "get": {
                "operationId": "goods",
                "summary": "Load goods",
                "tags": ["register: goods"],
                "parameters": [{"in": "query", "name": "cursor", "schema": {"type": "string"}, "description": "a | b"}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Packet"}}}},
                    "410": {
                        "description": "Load anew",
                        "content": {
                            "application/json": {
                                "examples": {"One": {"value": {"errors": [{"code": "reload_required"}]}}}
                            }
                        },
                    },
                },
            }
        },
        "/api/v1/items": {
            "get": {"operationId": "items", "summary": "Items", "tags": ["back office: items"], "responses": {}}
        },
    },
    "components": {
        "schemas": {
            "Packet": {
                "properties": {"goods": {"type": "array", "items": {"$ref": "#/components/schemas/Goods"}}},
                "required": ["goods"],
            },
            "Goods": {"properties": {"price": {"type": ["string", "null"], "maxLength": 9, "example": "9.90"}}},
            "Other": {"properties": {}},
        }
    },
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small documentation in which nothing is wrong."""
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "README.md").write_text("[the page](docs/page.md#a-word-of-two)\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n")
    (tmp_path / "docs" / "page.md").write_text("# Page\n\n## A `word` of two\n\n[all](adr/) `[no](link.md)`\n")
    (tmp_path / "docs" / "adr" / "0001-one.md").write_text(
        "# One\n\n[up](../page.md), [else](https://example.ru/x.md)\n"
    )
    (tmp_path / "mkdocs.yml").write_text("nav:\n  - Here: page.md\n  - Decisions:\n      - adr/*.md\n")
    for name, place in {"ROOT": tmp_path, "DOCS": tmp_path / "docs", "CONFIGURATION": tmp_path / "mkdocs.yml"}.items():
        monkeypatch.setattr(pages, name, place)
    return tmp_path


def test_every_page_can_be_reached_and_every_link_leads_somewhere():
    assert pages.problems() == []


def test_pictures_of_the_guides_are_small():
    pictures = list((pages.DOCS / "images" / "guide").glob("*"))

    assert [path.name for path in pictures if path.suffix != ".png" or path.stat().st_size > GUIDE_PICTURE] == []


def test_guides_call_things_as_the_screen_does():
    catalogue = (pages.ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.po").read_text().replace('"\n"', "").lower()
    guides = [*(pages.DOCS / "guide").glob("*.ru.md"), pages.DOCS / "quick-start.ru.md"]

    named = {
        (guide.name, " ".join(word.split()).strip(" :.,"))
        for guide in guides
        for bold in re.findall(r"\*\*([^*]+)\*\*", guide.read_text())
        for word in bold.split("→")
    }

    unknown = {(guide, word) for guide, word in named if f'"{word.lower()}"' not in catalogue}
    assert len(named) > 100
    assert [(guide, word) for guide, word in unknown if word.lower() not in OF_LIBRARIES] == []


def test_whoever_is_on_call_finds_every_alert():
    rules = (pages.ROOT / "deploy" / "prometheus" / "rules.yml").read_text()

    alerts = set(re.findall(r"alert: (\w+)", rules))

    assert "PrilavokBeatSilent" in alerts
    assert set(re.findall(r"^\| `(\w+)`", (pages.DOCS / "guide" / "on-call.ru.md").read_text(), re.MULTILINE)) == alerts


def test_a_sound_documentation_has_no_problems(checkout):
    assert pages.problems() == []


@pytest.mark.parametrize(
    ("page", "text", "problem"),
    [
        ("docs/page.md", "# Page\n\n[gone](other.md)\n", "docs/page.md: docs/other.md leads nowhere"),
        ("docs/page.md", "# Page\n\n![gone](images/a.png)\n", "docs/page.md: docs/images/a.png leads nowhere"),
        ("docs/page.md", "# Page\n\n[gone](#heading)\n", "docs/page.md: docs/page.md#heading leads nowhere"),
        ("README.md", "[gone](docs/page.md#three)\n", "README.md: docs/page.md#three leads nowhere"),
        ("docs/new.md", "# New\n", "docs/new.md is not in the navigation of mkdocs.yml"),
        ("mkdocs.yml", "nav: [page.md, old.md, adr/*.md]\n", "mkdocs.yml: no page old.md"),
        ("mkdocs.yml", "nav: [page.md, page.md, adr/*.md]\n", "mkdocs.yml: page.md is named twice"),
        ("docs/images/a.png", "", "docs/images/a.png is shown nowhere"),
    ],
)
def test_what_is_wrong_is_named(checkout, page, text, problem):
    (checkout / page).parent.mkdir(exist_ok=True)
    (checkout / page).write_text(text)

    assert problem in pages.problems()


def test_links_out_of_the_pages_lead_into_the_site(checkout):
    (checkout / "deploy").mkdir()
    (checkout / "deploy" / "rules.yml").touch()

    assert pages.on_site(checkout / "README.md", page="adr/0001-one.md") == "../index.md"
    assert pages.on_site(checkout / "deploy" / "rules.yml", page="page.md") == "source/deploy/rules.yml"
    assert pages.on_site(checkout / "deploy", page="page.md") is None


@pytest.mark.parametrize(
    ("tag", "fetches"),
    [
        ('<script src="https://example.ru/x.js"></script>', True),
        ('<link rel="stylesheet" href="//example.ru/x.css">', True),
        ('<img alt="" src="http://example.ru/x.png">', True),
        ('<a href="https://example.ru/">elsewhere</a>', False),
        ('<script src="../assets/javascripts/x.js"></script>', False),
    ],
)
def test_a_page_that_fetches_something_from_elsewhere_is_noticed(tag, fetches):
    assert bool(site.FETCHED.search(tag)) is fetches


def test_a_figure_is_known_by_what_it_says(checkout):
    [(one, said), (other, _said)] = pages.figures("```mermaid\na --> b\n```\n\n```mermaid\na --> c\n```\n")

    assert said == "a --> b\n"
    assert one.parent == other.parent == checkout / "docs" / "images" / "figures"
    assert one.name != other.name


def test_a_reference_has_the_calls_of_its_service_and_the_shapes_they_speak_of():
    page = api_reference.render(SCHEMA, prefix="/kkm/v1/", title="Registers", about="All of it.")

    assert "### GET /kkm/v1/goods { #call-goods }" in page
    assert "| `cursor` | query, optional | string | a \\| b |" in page
    assert "Answers 200: [Packet](#shape-packet) (`application/json`)" in page
    assert "| 410 | `reload_required` | Load anew |" in page
    assert "| `goods` | list of [Goods](#shape-goods) |  |" in page
    assert "| `price` | string or null, optional | (signs, to 9) e.g. `9.90` |" in page
    assert "Other" not in page
    assert "/api/v1/" not in page
