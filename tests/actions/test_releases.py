"""Releases: frozen under a name, and compared."""

import io
import json
import zipfile
from collections.abc import Callable
from itertools import count

import pytest
from django.db.models import RestrictedError

from annotations.actions.decide import decide_mention, finish
from annotations.actions.export import run_export
from annotations.actions.releases import (
    ReleaseNameTaken,
    ReleaseNotReady,
    compare,
    file_of,
    make_release,
)
from annotations.domain.articles import Packing
from annotations.domain.decisions import Accept, Add, Decision, Reject, Relabel
from annotations.models import Article, Corpus, Release, User
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
