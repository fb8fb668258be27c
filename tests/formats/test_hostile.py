"""Files that are broken or cut off: every reader refuses in one sentence, or reads."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from annotations.domain.text import normalise
from annotations.formats import readers
from annotations.formats.base import FormatError, Source

SAMPLES = Path(__file__).parents[1] / "samples/formats"
#: Each try of these starts a process.
IN_A_CHILD = frozenset({"docx", "pdf", "feed"})


def samples(name: str) -> list[Source]:
    files = {p.name: p.read_bytes() for p in sorted((SAMPLES / name).iterdir()) if p.is_file()}
    return [
        Source(file, data, beside={k: v for k, v in files.items() if k != file})
        for file, data in files.items()
        if Path(file).suffix.lower() in readers()[name].suffixes
    ]


def broken(data: bytes, dice: random.Random) -> bytes:
    """The same bytes cut off, with some replaced, doubled or taken away."""
    kind = dice.randrange(5)
    at = dice.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + data[at : at + 40] * 3 + data[at:]
    if kind == 3:
        return data[:at] + data[at + dice.randrange(1, 60) :]
    digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57] or [at]
    where = dice.choice(digits)
    return data[:where] + dice.choice([b"-1", b"999999999999", b"1e400", b"0"]) + data[where + 1 :]


@pytest.mark.parametrize("name", readers())
def test_a_broken_file_is_refused_in_a_sentence_or_gives_sound_drafts(name: str) -> None:
    dice = random.Random(name)  # noqa: S311 - repeatable on purpose
    found = samples(name)
    for _ in range(3 if name in IN_A_CHILD else 60):
        sample = dice.choice(found)
        source = Source(
            sample.name,
            broken(sample.data, dice),
            beside={
                k: broken(v, dice) if dice.random() < 0.3 else v for k, v in sample.beside.items()
            },
        )
        reader = readers()[name]
        assert reader.recognises(source) in {True, False}
        reader.options(source)
        drafts = []
        with suppress(FormatError):
            drafts = list(reader.read(source))
        for draft in drafts:
            assert normalise(draft.text).text == draft.text
            assert all(0 <= m.start < m.end <= len(draft.text) for m in draft.mentions)
            assert len({m.key for m in draft.mentions}) == len(draft.mentions)
