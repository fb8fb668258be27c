"""What every writer promises, whatever it writes."""

import dataclasses
from pathlib import Path

import pytest

from annotations.formats import writer_for, writers
from tests.formats import cast

WITHOUT_TOKENS = [name for name in writers() if not writer_for(name).uses_tokens]


def written(name: str, folder: Path, *, tokens: bool) -> dict[str, bytes]:
    folder.mkdir()
    writer = writer_for(name)
    target = folder / f"corpus{writer.suffix}" if writer.suffix else folder
    articles = [cast.news(), cast.torture(), cast.nested(), cast.empty()]
    if not tokens:
        articles = [dataclasses.replace(article, tokens=()) for article in articles]
    writer.write(articles, target)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_some_writers_are_spared_the_tokens() -> None:
    assert {"brat", "doccano", "csv", "spacy"} <= set(WITHOUT_TOKENS)


@pytest.mark.parametrize("name", WITHOUT_TOKENS)
def test_a_writer_that_is_spared_the_tokens_writes_the_same_without_them(
    name: str, tmp_path: Path
) -> None:
    with_them = written(name, tmp_path / "with", tokens=True)
    assert with_them == written(name, tmp_path / "without", tokens=False)
