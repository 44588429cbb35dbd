"""What mkdocs calls while it builds the site (mkdocs.yml, `hooks`): pages that are made, and links out of docs/.

Runs in the environment of requirements-docs.txt, with `launch` importable.
"""

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from launch import api_reference, pages
from launch.paths import ROOT, VAR

SCHEMA = VAR / "docs" / "openapi.json"
_ABOUT = (
    "Made from the description of the services (OpenAPI 3.1). A running server shows it at `/api/docs`, where calls "
    "can be tried out; [openapi.json](openapi.json) is the same for programs."
)


def on_config(config: Any) -> Any:
    """Put every decision into the navigation, and name headings as GitHub does."""
    config["nav"] = pages.expand(config["nav"])
    config["mdx_configs"].setdefault("toc", {})["slugify"] = pages.slug
    return config


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that are made, and whatever outside docs/ some page links to."""
    told = SCHEMA.read_text()
    schema = json.loads(told)
    made = {
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(),
        f"{pages.REFERENCE}/openapi.json": told,
        f"{pages.REFERENCE}/kkmtransfer.md": api_reference.render(
            schema,
            prefix="/kkm/v1/",
            title="KKMTransfer v1",
            about=f"What registers ask and tell. The [integrator's guide](../integrators.md) says how. {_ABOUT}",
        ),
        f"{pages.REFERENCE}/back-office.md": api_reference.render(
            schema,
            prefix="/api/v1/",
            title="Back-office API v1",
            about=f"What people's programs may use. The [guide](../back-office-api.md) says how. {_ABOUT}",
        ),
    }
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    outside = {
        place
        for path in [*pages.DOCS.rglob("*.md"), ROOT / "CHANGELOG.md"]
        for place, _anchor in pages.links(path)
        if place.is_file() and not place.is_relative_to(pages.DOCS)
    }
    for place in outside:
        if (name := place.relative_to(ROOT).as_posix()) not in pages.OUTSIDE:
            files.append(File.generated(config, f"{pages.SOURCE}/{name}", abs_src_path=str(place)))
    return files


def _drawn(figure: str, *, page: str) -> str:
    """Return a figure as the image in which it is kept drawn; as it stands if there is none."""
    [(path, _text)] = pages.figures(figure)
    return f"![]({pages.on_site(path, page=page)}){{ .figure }}" if path.exists() else figure


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Let links lead to pages of the site; of a link to a mere folder its words are left."""
    name = page.file.src_uri
    if name.startswith(f"{pages.REFERENCE}/"):
        return markdown
    at = ROOT / "CHANGELOG.md" if name == "changelog.md" else pages.DOCS / name

    def link(label: str, place: Path, anchor: str) -> str | None:
        if place == at or (place.is_relative_to(pages.DOCS) and place.is_file() and at.is_relative_to(pages.DOCS)):
            return None
        target = pages.on_site(place, page=name)
        return f"[{label}]({target}{'#' + anchor if anchor else ''})" if target else label

    markdown = pages.FIGURE.sub(lambda match: _drawn(match[0], page=name), markdown)
    # Tests know examples by a second word after the fence, which the site takes for no fence at all.
    return re.sub(r"^(```\w+) \w+$", r"\1", pages.rewrite(markdown, at=at, link=link), flags=re.MULTILINE)
