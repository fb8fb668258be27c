"""Scripts as they are served: smaller than their sources, and the same to a browser."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from newsroom.static_files import lean

SCRIPTS = sorted((Path(settings.BASE_DIR) / "static/js").rglob("*.js"))
#: What the review page loads.
REVIEW = [p for p in SCRIPTS if p.parent.name == "review" or p.name == "theme.js"]
#: What all of it may weigh, in bytes, before compression and without htmx.
LIMIT = 40_000


def served(script: Path) -> str:
    path = script.relative_to(Path(settings.BASE_DIR) / "static").as_posix()
    response = Client().get(f"/static/{path}")
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_scripts_of_the_review_page_are_small() -> None:
    assert len(REVIEW) > 4
    assert sum(len(served(script).encode()) for script in REVIEW) <= LIMIT


def test_comments_indentation_and_empty_lines_go() -> None:
    source = """/*
 * What it is.
 */
let a = 1; // stays

  // why
  if (a) {
    go(`x`);
  }
"""
    assert lean(source) == "let a = 1; // stays\nif (a) {\ngo(`x`);\n}\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_is_served_is_the_source_line_by_line(script: Path) -> None:
    lines = [line.strip() for line in script.read_text().split("\n")]
    code = [line for line in lines if line and not line.startswith(("*", "/*", "//"))]
    assert served(script) == "".join(f"{line}\n" for line in code)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_string_spans_lines_and_no_comment_shares_one_with_code(script: Path) -> None:
    for line in script.read_text().split("\n"):
        code = line.strip()
        assert code.count("`") % 2 == 0, line
        assert code.startswith(("*", "/*", "//")) or "/*" not in code, line
