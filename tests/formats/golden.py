"""What each writer makes of one small corpus, kept as files: a change of a format shows as a diff.

``python -m tests.formats.golden`` writes ``tests/samples/formats/NAME/written/`` anew.

What is text is kept byte for byte. Parquet and DocBin are kept as what they say, since their
bytes also depend on the release of the library that compresses them; where a text names the size
or the SHA-256 of such a file, that number is masked. That they are the same bytes for the same
corpus within one installation is tested with their formats.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from annotations.domain.articles import CorpusCard, LabelCard
from annotations.formats import writer_for, writers
from tests.formats import cast

SAMPLES: Final = Path(__file__).parents[1] / "samples/formats"
ARTICLES: Final = (cast.news(id=1), cast.nested(id=2))
CARD: Final = CorpusCard(
    slug="harbour",
    name="Harbour news",
    description="Invented news of a port.",
    labels=(
        LabelCard("PERSON", "People, real and invented", hue=1, key="p"),
        LabelCard("ORG", "Companies and councils", hue=4, key="o"),
        LabelCard("GPE", "Places that are governed", hue=7, key="g"),
    ),
    guideline="Mark every name, and nothing else.\n",
    policy="any",
    licence="CC-BY-4.0",
    text_licence="The newspaper’s own",
    citation="Harbour (2031)",
    version="1.0.0",
    splits={1: "train", 2: "dev"},
    provenance={"program": "newsroom"},
)


def golden(name: str) -> dict[str, bytes]:
    """The files that are kept of a format, by their paths."""
    folder = SAMPLES / name / "written"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def written(name: str) -> dict[str, bytes]:
    """What a writer makes of the corpus now, as it is kept."""
    writer = writer_for(name)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        target = folder / f"corpus{writer.suffix}" if writer.suffix else folder
        writer.write(iter(ARTICLES), target, CARD)
        made = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        return _kept(made)


def _kept(made: dict[str, Path]) -> dict[str, bytes]:
    """The files that can be kept as they are, and the others as what they say."""
    exact = {file: path.read_bytes() for file, path in made.items() if path.suffix not in _SHOWN}
    changing = {file: path.read_bytes() for file, path in made.items() if path.suffix in _SHOWN}
    kept = exact
    # The second round masks what is said of the files that the first one changed.
    for _ in range(2):
        masks = [mask for file, data in changing.items() for mask in _masks(file, data)]
        kept = {file: _masked(data, masks) for file, data in exact.items()}
        changing |= {file: data for file, data in exact.items() if kept[file] != data}
    for file, path in made.items():
        if show := _SHOWN.get(path.suffix):
            kept[f"{file}.txt"] = "".join(f"{line}\n" for line in show(path)).encode()
    return kept


def _masks(file: str, data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What other files may say of a file whose bytes are not kept, with what is kept instead."""
    yield hashlib.sha256(data).hexdigest().encode(), f"<SHA-256 of {file}>".encode()
    yield f'"contentSize": "{len(data)} B"'.encode(), f'"contentSize": "<of {file}>"'.encode()


def _masked(data: bytes, masks: list[tuple[bytes, bytes]]) -> bytes:
    for said, mask in masks:
        data = data.replace(said, mask)
    # The sum of the sizes of the Parquet files, in the card.
    return re.sub(rb"(?m)^(  download_size): [0-9]+$", rb"\1: <bytes>", data)


def _parquet(path: Path) -> Iterator[str]:
    """The columns with their types, what else the file says of itself, and each row as JSON."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    for column in table.schema:
        yield f"{column.name}: {column.type}"
    for key, value in (table.schema.metadata or {}).items():
        yield f"{key.decode()}: {value.decode()}"
    for row in table.to_pylist():
        yield _as_json(row)


def _docbin(path: Path) -> Iterator[str]:
    """What stands in each doc, as JSON."""
    import spacy
    from spacy.tokens import DocBin

    vocab = spacy.blank("en").vocab
    for doc in DocBin().from_disk(path).get_docs(vocab):
        yield _as_json(
            {
                "text": doc.text,
                "tokens": [token.text_with_ws for token in doc],
                "ents": [[ent.start, ent.end, ent.label_] for ent in doc.ents],
                "spans": {
                    key: [[span.start, span.end, span.label_] for span in group]
                    for key, group in sorted(doc.spans.items())
                },
                "user_data": doc.user_data,
            }
        )


_SHOWN: Final = {".parquet": _parquet, ".spacy": _docbin}


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def main() -> None:
    """Write the files of every format anew."""
    for name in writers():
        folder = SAMPLES / name / "written"
        shutil.rmtree(folder, ignore_errors=True)
        for file, data in written(name).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    main()
