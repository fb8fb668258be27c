"""The corpus package: what it says of itself, read by programs that we did not write."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from annotations.domain.articles import (
    AnnotatedArticle,
    CorpusCard,
    LabelCard,
    Packing,
    ReviewStatus,
)
from annotations.formats.base import WriteReport
from annotations.formats.jsonl import Writer as JsonlWriter
from annotations.formats.jsonl import articles_in
from annotations.formats.package import Writer
from tests.formats import cast
from tests.formats.croissant import Dataset

ARTICLES = [
    cast.news(id=1),
    cast.torture(id=2),
    cast.nested(id=3),
    cast.empty(id=4),
    cast.article("Ulm slept.", id=5, status=ReviewStatus.OPEN),
]
CARD = CorpusCard(
    slug="harbour",
    name="Harbour: “news”",
    description="Invented news.",
    labels=(LabelCard("PERSON", "People"), LabelCard("ORG", "Bodies")),
    guideline="# Mark names",
    licence="CC-BY-4.0",
    citation="Harbour (2031)",
    version="1.0.0",
    splits={1: "train", 2: "dev", 3: "test"},
    agreement={"articles": 2, "span_f1_exact": 0.9},
    provenance={"program": "newsroom"},
    packing=Packing(formats=("conll", "spacy"), seed=7),
)


def written(target: Path, card: CorpusCard = CARD) -> WriteReport:
    target.mkdir(exist_ok=True)
    return Writer().write(ARTICLES, target, card)


def without_texts() -> CorpusCard:
    return CorpusCard(slug="harbour", name="Harbour", packing=Packing(texts=False))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_everything_in_it_is_listed_and_has_its_checksum(tmp_path: Path) -> None:
    report = written(tmp_path)
    found = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert report.files == found
    lines = (tmp_path / "checksums.sha256").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert sorted([*sums, "checksums.sha256"]) == found
    for name, digest in sums.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("card", [CARD, without_texts()], ids=["texts", "annotations"])
def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path, card: CorpusCard) -> None:
    written(tmp_path / "a", card)
    written(tmp_path / "b", card)
    sums = "checksums.sha256"
    assert (tmp_path / "a" / sums).read_bytes() == (tmp_path / "b" / sums).read_bytes()


def test_nothing_is_lost_and_the_counts_add_up(tmp_path: Path) -> None:
    report = written(tmp_path)
    assert list(articles_in(tmp_path / "corpus.jsonl")) == ARTICLES
    mentions = sum(len(article.mentions) for article in ARTICLES)
    assert report.mentions_in == report.mentions_out == mentions
    reports = read_json(tmp_path / "formats/reports.json")
    assert set(reports) == {"huggingface", "conll", "spacy"}
    for made in reports.values():
        assert made["mentions_in"] == made["mentions_out"] + len(made["misfits"])
        assert sum(made["articles_left_out"].values()) == 5 - made["articles"]


def spans_of(articles: list[AnnotatedArticle]) -> list[tuple[int, int, int, str, str]]:
    return sorted(
        (a.id, m.start, m.end, m.label, a.text[m.start : m.end])
        for a in articles
        for m in a.mentions
    )


def test_a_croissant_reader_finds_every_mention(tmp_path: Path) -> None:
    written(tmp_path)
    dataset = Dataset(jsonld=str(tmp_path / "croissant.json"))
    assert not dataset.metadata.issues.errors
    found = []
    for record in dataset.records("corpus"):
        text = record["corpus/text"].decode()
        for span in record["corpus/spans"] or []:
            start, end = span["corpus/spans/start"], span["corpus/spans/end"]
            assert text[start:end] == span["corpus/spans/text"].decode()
            label = span["corpus/spans/label"].decode()
            found.append((record["corpus/id"], start, end, label, text[start:end]))
    assert sorted(found) == spans_of(ARTICLES)


def test_the_hub_s_reader_loads_it(tmp_path: Path) -> None:
    written(tmp_path / "package")
    loaded = load_dataset(str(tmp_path / "package"), "spans", cache_dir=str(tmp_path / "cache"))
    found = [
        (row["id"], span["start"], span["end"], span["label"], span["text"])
        for split in loaded.values()
        for row in split
        for span in row["spans"]
    ]
    finished = [a for a in ARTICLES if a.status is ReviewStatus.FINISHED]
    assert sorted(found) == spans_of(finished)
    assert {name: [row["id"] for row in split] for name, split in loaded.items()}["test"] == [3]


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    written(tmp_path)
    labels = read_json(tmp_path / "labels.json")
    assert [label["name"] for label in labels["labels"]] == ["PERSON", "ORG"]
    splits = read_json(tmp_path / "splits.json")
    assert (splits["seed"], splits["parts"]["train"][0]) == (7, 1)
    assert sorted(i for ids in splits["parts"].values() for i in ids) == [1, 2, 3, 4, 5]
    assert read_json(tmp_path / "agreement.json") == {"articles": 2, "span_f1_exact": 0.9}
    provenance = read_json(tmp_path / "provenance.json")
    assert provenance["program"] == "newsroom"
    assert provenance["articles_by_status"] == {"finished": 4, "open": 1}
    assert "CC-BY-4.0" in (tmp_path / "LICENSE.txt").read_text()
    citation = (tmp_path / "CITATION.cff").read_text()
    assert 'title: "Harbour: \\u201cnews\\u201d"' in citation
    assert "cff-version: 1.2.0" in citation


def test_without_the_texts_no_text_is_in_it_and_the_way_back_is(tmp_path: Path) -> None:
    package, texts, rebuilt = tmp_path / "package", tmp_path / "texts", tmp_path / "out.jsonl"
    written(package, without_texts())
    everything = b"".join(p.read_bytes() for p in package.rglob("*") if p.is_file())
    assert b"We waited long enough" not in everything
    assert Dataset(jsonld=str(package / "croissant.json")).metadata.name == "Harbour"
    texts.mkdir()
    for number, article in enumerate(ARTICLES):
        (texts / f"{number}.txt").write_bytes(article.text.encode())
    run = [sys.executable, "-I", str(package / "rebuild.py"), str(texts), str(rebuilt)]
    subprocess.run(run, check=True)
    JsonlWriter().write(ARTICLES, tmp_path / "whole.jsonl")
    ours = [json.loads(line) for line in (tmp_path / "whole.jsonl").open(encoding="utf-8")]
    assert [json.loads(line) for line in rebuilt.open(encoding="utf-8")] == ours


def test_a_text_that_is_not_the_one_is_not_put_in(tmp_path: Path) -> None:
    package, texts, rebuilt = tmp_path / "package", tmp_path / "texts", tmp_path / "out.jsonl"
    written(package, without_texts())
    texts.mkdir()
    (texts / "other.txt").write_text(ARTICLES[0].text.replace("Monday", "Sunday"))
    run = [sys.executable, "-I", str(package / "rebuild.py"), str(texts), str(rebuilt)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "article 1: no text" in done.stderr
    assert rebuilt.read_bytes() == b""
