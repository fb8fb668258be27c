"""The secret key: made once, readable by its owner, never an example."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from newsroom.secret_key import secret_key


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    key = secret_key("", tmp_path / "data")
    path = tmp_path / "data" / "secret-key"
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key("", tmp_path / "data") == key


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key("", tmp_path), range(8)))
    assert len(keys) == 1


def test_a_named_file_that_is_missing_is_not_made_up_for(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        secret_key(str(tmp_path / "nowhere"), tmp_path)


@pytest.mark.parametrize("key", ["", "short", "a" * 60, "django-insecure-" + "x7" * 40])
def test_a_short_or_example_key_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key)
    with pytest.raises(ImproperlyConfigured, match="too short or an example"):
        secret_key(str(tmp_path / "key"), tmp_path)
