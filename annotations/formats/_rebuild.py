"""Put the texts back into the annotations of this corpus: ``python rebuild.py TEXTS OUT.jsonl``.

TEXTS is a folder of text files, or a JSON Lines file whose lines have a "text". Every text is
found by the SHA-256 of its UTF-8 bytes, so the names of the files do not matter. Line ends are
unified and a leading byte order mark is dropped, as it was done when the corpus was made. Needs
Python alone.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path


def texts_of(source: Path) -> Iterator[str]:
    """Every text of a folder or of a JSON Lines file."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                yield path.read_bytes().decode("utf-8", "replace")
    else:
        with source.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)["text"]


def main(arguments: list[str]) -> int:
    """Write what could be rebuilt; 1 if some text was missing."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python rebuild.py TEXTS OUT.jsonl\n")
        return 2
    source, target = map(Path, arguments)
    found = {}
    for text in texts_of(source):
        plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        for one in (text, plain):
            found[hashlib.sha256(one.encode()).hexdigest()] = one
    missing = 0
    annotations = Path(__file__).with_name("annotations.jsonl")
    with annotations.open(encoding="utf-8", newline="\n") as lines, target.open("wb") as out:
        for line in lines:
            record = json.loads(line)
            whole_text = found.get(record["text_sha256"])
            if whole_text is None:
                missing += 1
                sys.stderr.write(f"article {record['id']}: no text {record['text_sha256']}\n")
                continue
            for span in record["spans"]:
                if whole_text[span["start"] : span["end"]] != span["text"]:
                    sys.exit(f"article {record['id']}: {span} does not hold in its text")
            whole = {"id": record.pop("id"), "text": whole_text, **record}
            out.write(json.dumps(whole, ensure_ascii=False).encode() + b"\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
