"""Releases: frozen under a name, and compared."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db.models import RestrictedError
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotations.actions.decide import decide_mention, finish
from annotations.actions.export import run_export
from annotations.actions.releases import (
    ReleaseInTheMaking,
    ReleaseNameTaken,
    ReleaseNotReady,
    compare,
    delete_release,
    file_of,
    make_release,
)
from annotations.domain.articles import Packing
from annotations.domain.decisions import Accept, Add, Decision, Reject, Relabel
from annotations.models import Article, Corpus, Export, Release, User
from tests.cast import NEWS, StoreArticle, mark

ALDER = mark(NEWS, "Port Alder", "GPE")


@pytest.fixture
def release(corpus: Corpus, curator: User) -> Callable[..., Release]:
    """Make a release and its package."""

    def release(name: str, **more: object) -> Release:
        fields = {"packing": Packing(), "finished_only": False, **more}
        made = make_release(corpus=corpus, user=curator, name=name, **fields)  # type: ignore[arg-type]
        run_export(made.export_id)
        made.export.refresh_from_db()
        assert made.export.state == "done", made.export.problem
        return made

    return release


def opened(release: Release) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(file_of(release).read_bytes()))


def test_a_release_stays_what_it_was(
    release: Callable[..., Release], suggested: Article, annotator: User
) -> None:
    finish(user=annotator, article=suggested, seen_revision=0)
    first = release("1.0.0", packing=Packing(formats=("conll",)))
    before = file_of(first).read_bytes()
    with opened(first) as package:
        assert "formats/conll/corpus.conll" in package.namelist()
        [line] = package.read("corpus.jsonl").splitlines()
        assert json.loads(line)["status"] == "finished"
        assert 'version: "1.0.0"' in package.read("CITATION.cff").decode()
        provenance = json.loads(package.read("provenance.json"))
    assert provenance["suggesters"][0]["name"] == "fake"
    assert provenance["share_accepted_unchanged"] == 1
    release("1.0.1")
    assert file_of(first).read_bytes() == before


def test_the_same_corpus_gives_the_same_package(
    release: Callable[..., Release], suggested: Article
) -> None:
    one, other = release("same"), release("same-again")
    names = [opened(r).read("corpus.jsonl") for r in (one, other)]
    assert names[0] == names[1]


def test_a_name_is_given_once(release: Callable[..., Release], suggested: Article) -> None:
    release("1.0.0")
    with pytest.raises(ReleaseNameTaken):
        release("1.0.0")
    assert Release.objects.count() == 1


def test_a_release_whose_file_is_gone_says_so(
    release: Callable[..., Release], suggested: Article
) -> None:
    made = release("1.0.0")
    file_of(made).unlink()
    with pytest.raises(ReleaseNotReady):
        file_of(made)


def test_two_releases_are_compared_article_by_article(
    release: Callable[..., Release],
    suggested: Article,
    annotator: User,
    store: StoreArticle,
) -> None:
    revision = count()

    def decided(*decisions: Decision) -> None:
        for decision in decisions:
            decide_mention(
                user=annotator, article=suggested, decision=decision, seen_revision=next(revision)
            )

    decided(Accept(ALDER.key), Accept(mark(NEWS, "Monday", "DATE").key))
    old = release("1.0.0")
    ferry = mark(NEWS, "Ferry", "PRODUCT")
    decided(
        Relabel(ALDER.key, "ORG"),
        Reject(mark(NEWS, "Monday", "DATE").key),
        Add(ferry.start, ferry.end, "PRODUCT"),
    )
    store("Another article.\n")
    new = release("1.1.0")
    found = compare(old, new)
    assert (found.articles_added, found.articles_removed, found.articles_changed) == (1, 0, 1)
    assert found.added == {"PRODUCT": 1}
    assert found.removed == {"DATE": 1}
    assert found.relabelled == {("GPE", "ORG"): 1}
    assert [(c.number, c.what, c.added, c.removed, c.relabelled) for c in found.changes] == [
        (1, "changed", 1, 1, 1),
        (2, "added", 0, 0, 0),
    ]
    back = compare(new, old)
    assert (back.articles_removed, back.added, back.removed) == (1, {"DATE": 1}, {"PRODUCT": 1})
    same = compare(new, new)
    assert (same.articles_same, same.changes) == (2, [])


def test_agreement_is_measured_where_two_people_finished(
    release: Callable[..., Release], suggested: Article, annotator: User, curator: User
) -> None:
    for person in (annotator, curator):
        finish(user=person, article=suggested, seen_revision=0)
    with opened(release("1.0.0")) as package:
        agreement = json.loads(package.read("agreement.json"))
    assert (agreement["articles"], agreement["annotators"]) == (1, 2)
    assert agreement["span_f1_exact"] == agreement["token_krippendorffs_alpha"] == 1


def test_an_export_that_is_a_release_is_kept(
    release: Callable[..., Release], suggested: Article
) -> None:
    made = release("1.0.0")
    with pytest.raises(RestrictedError):
        made.export.delete()


def test_a_deleted_release_takes_its_export_and_its_file_with_it_and_nothing_else(
    release: Callable[..., Release],
    suggested: Article,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old, new = release("1.0.0"), release("1.1.0")
    path = file_of(old)
    with django_capture_on_commit_callbacks() as after:
        delete_release(release=old)
        # A transaction that fails must not have lost the file.
        assert path.exists()
    assert list(Release.objects.values_list("name", flat=True)) == ["1.1.0"]
    assert list(Export.objects.values_list("pk", flat=True)) == [new.export_id]
    for callback in after:
        callback()
    assert not path.exists()
    assert file_of(new).exists()
    assert Article.objects.filter(pk=suggested.pk).exists()
    assert release("1.0.0").pk != old.pk


def test_a_release_whose_file_is_gone_can_be_deleted(
    release: Callable[..., Release],
    suggested: Article,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    made = release("1.0.0")
    file_of(made).unlink()
    with django_capture_on_commit_callbacks(execute=True):
        delete_release(release=made)
    assert not Release.objects.exists()


@pytest.mark.parametrize("state", [Export.State.WAITING, Export.State.FAILED])
def test_a_release_without_a_file_can_be_deleted_and_is_not_written_any_more(
    corpus: Corpus,
    curator: User,
    state: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    made = make_release(corpus=corpus, user=curator, name="1.0.0", packing=Packing())
    Export.objects.update(state=state)
    with django_capture_on_commit_callbacks(execute=True):
        delete_release(release=made)
    run_export(made.export_id)
    assert not Export.objects.exists()


def test_a_release_is_not_deleted_while_a_worker_writes_it(corpus: Corpus, curator: User) -> None:
    made = make_release(corpus=corpus, user=curator, name="1.0.0", packing=Packing())
    soon = timezone.now() + timedelta(seconds=30)
    Export.objects.update(state=Export.State.RUNNING, lease_until=soon)
    with pytest.raises(ReleaseInTheMaking, match="is being written"):
        delete_release(release=made)
    assert Release.objects.exists()
    # A worker that died does not hold it for ever.
    Export.objects.update(lease_until=soon - timedelta(minutes=2))
    delete_release(release=made)
    assert not Release.objects.exists()


def test_a_release_that_somebody_else_deleted_meanwhile_is_no_error(
    release: Callable[..., Release], suggested: Article
) -> None:
    made = release("1.0.0")
    delete_release(release=Release.objects.get(pk=made.pk))
    delete_release(release=made)
    assert not Release.objects.exists()
