"""The site's secret key: from a named file, or one made at the first start."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

#: Fifty characters of base 64 hold 300 random bits; Django asks for no fewer characters.
SHORTEST = 50


def secret_key(named_file: str, data_dir: Path) -> str:
    """The key in ``named_file``, or else in ``secret-key`` below ``data_dir``.

    Only the second is made where it is missing, readable by its owner alone: a key file that
    somebody named and that isn't there is a mistake to be told of.

    Raises ImproperlyConfigured for a named file that is missing, and for a key that is too short
    or one of the kind that stands in examples.
    """
    path = Path(named_file) if named_file else data_dir / "secret-key"
    if not named_file and not path.exists():
        _make(path)
    try:
        key = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key cannot be read: {error}.") from error
    if len(key) < SHORTEST or len(set(key)) < 5 or key.startswith("django-insecure"):
        raise ImproperlyConfigured(
            f"The secret key in {path} is too short or an example: it needs {SHORTEST} random "
            "characters. Remove the file to have one made, which signs everybody out."
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may start at once: the key is written aside, readable by its owner alone, and
    # put in place by a link, which fails for the second instead of replacing what the first may
    # have read already.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
