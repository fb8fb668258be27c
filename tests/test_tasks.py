"""Background tasks: each looks in the database for what there is to do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations import tasks
from annotations.actions import upload
from annotations.actions.export import Selection, request_export
from annotations.formats.base import Source
from annotations.models import Article, Corpus, Export, Suggestion, Upload, User
from tests.cast import NEWS, FakeSuggester, StoreArticle

pytestmark = pytest.mark.usefixtures("immediate_tasks")


@pytest.fixture
def uploaded(corpus: Corpus, curator: User) -> Upload:
    sources = [Source("ferry.txt", NEWS.encode())]
    return upload.start_upload(corpus=corpus, user=curator, sources=sources)


def test_an_upload_is_read_then_stored_then_suggested(
    uploaded: Upload, machine: FakeSuggester
) -> None:
    tasks.read_upload.enqueue(uploaded.pk)
    upload.confirm(upload=uploaded)
    tasks.store_upload.enqueue(uploaded.pk)
    assert Article.objects.get().suggestion_state == "done"
    assert Suggestion.objects.count() == 8


def test_each_task_may_run_twice(uploaded: Upload, machine: FakeSuggester) -> None:
    for task in (tasks.read_upload, tasks.store_upload):
        for _ in range(2):
            task.enqueue(uploaded.pk)
        upload.confirm(upload=uploaded)
    tasks.store_upload.enqueue(uploaded.pk)
    tasks.suggest_waiting.enqueue()
    assert Suggestion.objects.count() == 8


def test_what_a_killed_worker_left_is_taken_over(
    uploaded: Upload,
    store: StoreArticle,
    corpus: Corpus,
    owner: User,
    machine: FakeSuggester,
) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    article = store("Port Alder.\n")
    Article.objects.filter(pk=article.pk).update(
        suggestion_state="running", lease_holder="killed", lease_until=long_ago
    )
    upload.read_upload(uploaded.pk)
    upload.confirm(upload=uploaded)
    Upload.objects.update(lease_until=long_ago)
    export = request_export(corpus=corpus, user=owner, format_name="jsonl", selection=Selection())
    Export.objects.update(state="running", lease_until=long_ago, created_at=long_ago)
    reading = upload.start_upload(
        corpus=corpus, user=owner, sources=[Source("tern.txt", b"Tern Island.\n")]
    )
    Upload.objects.filter(pk=reading.pk).update(created_at=long_ago)

    tasks.take_over.enqueue()

    assert set(Article.objects.values_list("suggestion_state", flat=True)) == {"done"}
    assert Upload.objects.get(pk=uploaded.pk).state == "stored"
    assert Upload.objects.get(pk=reading.pk).state == "ready"
    assert Export.objects.get(pk=export.pk).state == "done"


def test_what_a_living_worker_holds_is_left_to_it(
    uploaded: Upload, store: StoreArticle, machine: FakeSuggester
) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    article = store("Port Alder.\n")
    Article.objects.filter(pk=article.pk).update(suggestion_state="running", lease_until=soon)
    Upload.objects.update(lease_until=soon)
    tasks.take_over.enqueue()
    assert Article.objects.get().suggestion_state == "running"
    assert Upload.objects.get().state == "reading"
