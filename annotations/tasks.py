"""What runs in the background: thin shells around actions.

Each task looks in the database for what there is to do, so that running one twice, or late,
does no harm, and one that was lost is made up for by the next.
"""

from django.tasks import task

from annotations.actions import export, memory, staging, suggest, upload
from annotations.models import Upload


@task(queue_name="suggestions")
def suggest_waiting() -> dict[str, int]:
    """Make suggestions for every article that awaits them."""
    return dict(suggest.suggest_waiting())


@task
def read_upload(upload_id: int) -> None:
    """Read the files of an upload for its preview."""
    upload.read_upload(upload_id)


@task
def store_upload(upload_id: int) -> None:
    """Store the confirmed files of an upload, remember what they decide, ask for suggestions."""
    upload.store_upload(upload_id)
    memory.remember_reviews()
    if suggest.someone_waits():
        suggest_waiting.enqueue()


@task
def run_export(export_id: int) -> None:
    """Write an export's file."""
    export.run_export(export_id)


@task
def take_over() -> None:
    """Put to work again what a worker left behind when it was killed."""
    if suggest.someone_waits():
        suggest_waiting.enqueue()
    for upload_id in upload.abandoned(Upload.State.READING):
        read_upload.enqueue(upload_id)
    for upload_id in upload.abandoned(Upload.State.STORING):
        store_upload.enqueue(upload_id)
    for export_id in export.abandoned():
        run_export.enqueue(export_id)
    staging.sweep()
    memory.remember_reviews()
