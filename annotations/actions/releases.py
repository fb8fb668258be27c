"""Releases: a corpus under a name, frozen; what changed between two of them; and their end."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from annotations.actions.export import GOLD, Selection, folder, request_export
from annotations.domain.articles import Packing
from annotations.domain.errors import AnnotationError
from annotations.models import Corpus, Export, Release, User

#: How many changed articles a comparison lists; it counts them all.
LISTED: Final = 200
_FILES: Final = ("corpus.jsonl", "annotations.jsonl")

type _Key = tuple[int, int, str]


class ReleaseNameTaken(AnnotationError):
    """The corpus has a release of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This corpus has a release “{name}” already, and a release never changes."
        )


class ReleaseNotReady(AnnotationError):
    """A release whose file is not written, or is gone."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The file of the release “{name}” is not there.")


class ReleaseInTheMaking(AnnotationError):
    """A release whose file is being written."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The package of the release “{name}” is being written. It can be deleted afterwards."
        )


@transaction.atomic
def make_release(
    *,
    corpus: Corpus,
    user: User,
    name: str,
    notes: str = "",
    packing: Packing,
    finished_only: bool = True,
) -> Release:
    """Freeze the gold layer under a name; `run_export` writes its package.

    Raises ReleaseNameTaken.
    """
    export = request_export(
        corpus=corpus,
        user=user,
        format_name="package",
        selection=Selection(GOLD, finished_only),
        packing=packing,
    )
    try:
        with transaction.atomic():
            return Release.objects.create(corpus=corpus, name=name, notes=notes, export=export)
    except IntegrityError:
        raise ReleaseNameTaken(name) from None


@transaction.atomic
def delete_release(*, release: Release) -> None:
    """Take a release back, with its export and its file; the corpus stays as it is.

    The file goes once the rows are gone for good; one that is gone already is no error.

    Raises ReleaseInTheMaking.
    """
    exports = Export.objects.filter(pk=release.export_id)
    # A worker takes an export by locking its row, so none begins with this one meanwhile.
    export = exports.select_for_update().first()
    if export is None:
        return
    if exports.filter(state=Export.State.RUNNING, lease_until__gte=Now()).exists():
        raise ReleaseInTheMaking(release.name)
    release.delete()
    export.delete()
    if export.path:
        remove = partial((folder() / export.path).unlink, missing_ok=True)
        # What a disk refuses is logged: the release is gone all the same.
        transaction.on_commit(remove, robust=True)


def file_of(release: Release) -> Path:
    """The package.

    Raises ReleaseNotReady.
    """
    path = folder() / release.export.path
    if release.export.state != Export.State.DONE or not path.is_file():
        raise ReleaseNotReady(release.name)
    return path


@dataclass(slots=True)
class Change:
    """What became of one article."""

    number: int
    title: str
    what: str
    added: int = 0
    removed: int = 0
    relabelled: int = 0


@dataclass(slots=True)
class Comparison:
    """What one release has and another one has not; mentions are counted by label."""

    articles_added: int = 0
    articles_removed: int = 0
    texts_changed: int = 0
    articles_changed: int = 0
    articles_same: int = 0
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    relabelled: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels_added: list[str] = field(default_factory=list)
    labels_removed: list[str] = field(default_factory=list)
    guideline_changed: bool = False
    moved: int = 0
    changes: list[Change] = field(default_factory=list)

    def note(self, change: Change) -> None:
        if len(self.changes) < LISTED:
            self.changes.append(change)


def compare(old: Release, new: Release) -> Comparison:
    """What changed from one release to another; both are read once, an article at a time.

    Raises ReleaseNotReady.
    """
    comparison = Comparison()
    with _opened(old) as before, _opened(new) as after:
        for one, other in _side_by_side(_records(before), _records(after)):
            _compare_articles(comparison, one, other)
        names = [
            [label["name"] for label in _json(package, "labels.json")["labels"]]
            for package in (before, after)
        ]
        comparison.labels_added = [name for name in names[1] if name not in names[0]]
        comparison.labels_removed = [name for name in names[0] if name not in names[1]]
        guidelines = [package.read("guidelines.md") for package in (before, after)]
        comparison.guideline_changed = guidelines[0] != guidelines[1]
        comparison.moved = _moved(_json(before, "splits.json"), _json(after, "splits.json"))
    return comparison


@contextmanager
def _opened(release: Release) -> Iterator[ZipFile]:
    with ZipFile(file_of(release)) as package:
        yield package


def _json(package: ZipFile, name: str) -> Any:
    return json.loads(package.read(name))


def _records(package: ZipFile) -> Iterator[dict[str, Any]]:
    name = next(name for name in _FILES if name in package.namelist())
    with package.open(name) as lines:
        for line in lines:
            yield json.loads(line)


def _side_by_side(
    before: Iterator[dict[str, Any]], after: Iterator[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """The articles of both by their numbers, in order; None where one lacks it."""
    one, other = next(before, None), next(after, None)
    while one or other:
        if other is None or (one is not None and one["id"] < other["id"]):
            yield one, None
            one = next(before, None)
        elif one is None or other["id"] < one["id"]:
            yield None, other
            other = next(after, None)
        else:
            yield one, other
            one, other = next(before, None), next(after, None)


def _compare_articles(
    comparison: Comparison, one: dict[str, Any] | None, other: dict[str, Any] | None
) -> None:
    if one is None or other is None:
        record = one or other or {}
        what = "removed" if other is None else "added"
        counts = comparison.removed if other is None else comparison.added
        counts.update(span["label"] for span in record["spans"])
        comparison.articles_removed += other is None
        comparison.articles_added += one is None
        change = Change(record["id"], record["title"], what)
        change.added, change.removed = (
            (0, len(record["spans"])) if other is None else (len(record["spans"]), 0)
        )
        comparison.note(change)
        return
    if one["text_sha256"] != other["text_sha256"]:
        comparison.texts_changed += 1
        comparison.note(Change(other["id"], other["title"], "another text"))
        return
    change = _compare_mentions(comparison, one, other)
    if change.added or change.removed or change.relabelled:
        comparison.articles_changed += 1
        comparison.note(change)
    else:
        comparison.articles_same += 1


def _compare_mentions(comparison: Comparison, one: dict[str, Any], other: dict[str, Any]) -> Change:
    before, after = _keys(one), _keys(other)
    gone, come = before - after, after - before
    change = Change(other["id"], other["title"], "changed")
    come_by_place: dict[tuple[int, int], list[_Key]] = {}
    for key in sorted(come):
        come_by_place.setdefault(key[:2], []).append(key)
    for key in sorted(gone):
        rivals = come_by_place.get(key[:2])
        if rivals:
            comparison.relabelled[key[2], rivals.pop(0)[2]] += 1
            change.relabelled += 1
        else:
            comparison.removed[key[2]] += 1
            change.removed += 1
    for key in (key for keys in come_by_place.values() for key in keys):
        comparison.added[key[2]] += 1
        change.added += 1
    return change


def _keys(record: dict[str, Any]) -> set[_Key]:
    return {(span["start"], span["end"], span["label"]) for span in record["spans"]}


def _moved(before: dict[str, Any], after: dict[str, Any]) -> int:
    """How many articles of both releases are in another part now."""
    parts = [
        {number: part for part, numbers in splits["parts"].items() for number in numbers}
        for splits in (before, after)
    ]
    return sum(1 for number, part in parts[0].items() if parts[1].get(number, part) != part)
