"""A format is one module, one line in the registry, one sample and one section of the manual."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from annotations.formats import FORMATS, format_of, readers, writers
from annotations.formats.base import Source
from tests.formats import golden

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests/samples/formats"
MANUAL = (ROOT / "docs/formats.md").read_text(encoding="utf-8")


def sources(name: str) -> list[Source]:
    """The sample files of a format with those beside them."""
    folder = SAMPLES / name
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    reader = readers()[name]
    return [
        Source(file, data, beside={k: v for k, v in files.items() if k != file})
        for file, data in files.items()
        if Path(file).suffix.lower() in reader.suffixes and reader.may_own(file)
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_one_module_with_a_reader_or_a_writer(name: str) -> None:
    module = import_module(FORMATS[name])
    assert hasattr(module, "Reader") or hasattr(module, "Writer")
    assert module.__doc__


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_a_section_in_the_manual(name: str) -> None:
    headings = re.findall(r"^### .*\((.*)\)$", MANUAL, re.MULTILINE)
    assert any(f"`{name}`" in heading for heading in headings), name


@pytest.mark.parametrize("name", readers())
def test_the_sample_of_a_reader_is_recognised_and_read_without_a_loss(name: str) -> None:
    found = sources(name)
    assert found, f"{SAMPLES / name} holds no file that this reader reads"
    for source in found:
        assert format_of(source) == name
    first = found[0]
    drafts = list(readers()[name].read(first))
    assert any(draft.text.strip() for draft in drafts)
    for draft in drafts:
        for mention in draft.mentions:
            assert 0 <= mention.start < mention.end <= len(draft.text)


@pytest.mark.parametrize("name", writers())
def test_a_writer_says_what_it_loses(name: str) -> None:
    fidelity = writers()[name].fidelity
    assert all(loss.endswith(".") for loss in fidelity.losses)
    assert fidelity.losses or name == "jsonl"


@pytest.mark.parametrize("name", writers())
def test_a_writer_still_makes_exactly_the_files_that_are_kept_of_it(name: str) -> None:
    kept = golden.golden(name)
    assert kept, "python -m tests.formats.golden writes them"
    made = golden.written(name)
    assert sorted(made) == sorted(kept)
    for file in made:
        assert made[file].decode() == kept[file].decode(), file


@pytest.mark.parametrize("name", FORMATS)
def test_the_manual_names_who_else_reads_a_format_and_where_that_is_tested(name: str) -> None:
    rows = re.findall(rf"^\| `{name}` \| (.+) \| `(tests/\S+\.py)` \|$", MANUAL, re.MULTILINE)
    [(who, where)] = rows
    assert who
    assert (ROOT / where).is_file()
