"""Walls of the house that import-linter cannot see."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "annotations"
#: The methods by which rows come and go.
WRITES = {
    "save",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "delete",
    "update",
    "create_user",
    "create_superuser",
}
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not {"actions", "migrations", "formats", "domain", "suggesters"}
    & set(path.relative_to(PACKAGE).parts)
)


def is_write(call: ast.Call) -> bool:
    """True for a call that may change rows; ``some_dict.update(…)`` isn't one."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITES:
        return False
    return call.func.attr != "update" or "objects" in ast.unparse(call.func.value)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_actions_write(module: Path) -> None:
    calls = (n for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.Call))
    assert [f"line {c.lineno}: {ast.unparse(c.func)}" for c in calls if is_write(c)] == []


def test_no_model_overrides_save_and_no_signal_is_connected() -> None:
    for module in sorted((PACKAGE / "models").glob("*.py")):
        names = {
            n.name
            for n in ast.walk(ast.parse(module.read_text()))
            if isinstance(n, ast.FunctionDef)
        }
        assert not names & {"save", "delete"}, module
    assert not [p for p in PACKAGE.rglob("*.py") if "django.db.models.signals" in p.read_text()]


@pytest.mark.parametrize("library", ["spacy", "thinc", "trafilatura", "lxml"])
def test_the_web_process_starts_without(library: str) -> None:
    code = (
        "import sys, newsroom.wsgi, django.urls; "
        "list(django.urls.get_resolver().url_patterns); "
        f"sys.exit({library!r} in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
        check=False,
    )
    assert ended.returncode == 0


def test_every_package_of_ours_is_linted_for_its_layers() -> None:
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
