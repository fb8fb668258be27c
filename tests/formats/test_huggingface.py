"""The Hugging Face folder: what `datasets` itself finds in it, and a card that its readers take."""

import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seqeval.scheme import IOB2, Tokens

from annotations.domain.articles import AnnotatedArticle, CorpusCard, LabelCard, ReviewStatus
from annotations.domain.mentions import Mention
from annotations.formats import huggingface
from annotations.formats.base import SUGGESTIONS_LAYER, WriteReport
from annotations.formats.huggingface import Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
SPLITS = {"train": "train", "dev": "validation", "test": "test"}
CARD = CorpusCard(
    slug="harbour",
    name="Harbour “news”: {1}\n# x",
    description="Ferries, {islands} and councils.",
    labels=(LabelCard("PERSON", "People | whoever"), LabelCard("ORG"), LabelCard("LAW")),
    guideline="Mark *every* name.\n",
    policy="any",
    splits={1: "train", 2: "train", 3: "dev", 4: "test"},
)


def write(
    articles: list[AnnotatedArticle], folder: Path, card: CorpusCard = CARD
) -> tuple[Path, WriteReport]:
    target = folder / "corpus"
    for path in sorted(target.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    target.mkdir(exist_ok=True)
    report = Writer().write(iter(articles), target, card)
    assert report.files == sorted(
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()
    )
    return target, report


def front_matter(target: Path) -> dict[str, Any]:
    _, matter, _ = (target / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(matter)
    return found


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`datasets.load_dataset` without a network and with a cache of its own."""
    for name in ("HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE", "HF_DATASETS_DISABLE_PROGRESS_BARS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)

    def loaded(path: object, **options: Any) -> Any:
        return datasets.load_dataset(str(path), cache_dir=str(tmp_path / "cache"), **options)

    return loaded


def mentions_of(article: AnnotatedArticle) -> Counter[tuple[int, int, str, str]]:
    return Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)


def spans_in(row: dict[str, Any]) -> Counter[tuple[int, int, str, str]]:
    return Counter((s["start"], s["end"], s["label"], s["text"]) for s in row["spans"])


def tagged_in(
    row: dict[str, Any], names: list[str], text: str
) -> Counter[tuple[int, int, str, str]]:
    """The mentions of a row of tokens, as seqeval finds them, strictly by IOB2."""
    found: Counter[tuple[int, int, str, str]] = Counter()
    for entity in Tokens([names[tag] for tag in row["ner_tags"]], IOB2).entities:
        start, end = row["starts"][entity.start], row["ends"][entity.end - 1]
        found[start, end, entity.tag, text[start:end]] += 1
    return found


def test_datasets_finds_every_article_in_its_split(
    tmp_path: Path, load: Callable[..., Any]
) -> None:
    articles = [cast.news(id=1), cast.torture(id=2), cast.nested(id=3), cast.empty(id=4)]
    target, report = write(articles, tmp_path)
    by_split = {SPLITS[part]: [a for a in articles if CARD.splits[a.id] == part] for part in SPLITS}
    found = load(target)  # the default configuration
    assert {split: rows["id"][:] for split, rows in found.items()} == {
        split: [a.id for a in members] for split, members in by_split.items()
    }
    for split, members in by_split.items():
        for row, article in zip(found[split], members, strict=True):
            assert (row["text"], row["text_sha256"]) == (article.text, article.text_sha256)
            assert spans_in(row) == mentions_of(article)
            assert [(z["start"], z["end"], z["zone"]) for z in row["zones"]] == [
                (z.start, z.end, z.zone) for z in article.zones
            ]
    tokens = load(target, name="tokens")
    names = tokens["train"].features["ner_tags"].feature.names
    assert names[:7] == ["O", "B-PERSON", "I-PERSON", "B-ORG", "I-ORG", "B-LAW", "I-LAW"]
    tagged = 0
    for split, members in by_split.items():
        for row, article in zip(tokens[split], members, strict=True):
            assert row["tokens"] == [article.text[s:e] for s, e in article.tokens]
            inside = tagged_in(row, names, article.text)
            assert inside <= mentions_of(article)
            tagged += inside.total()
            if article.id != 3:
                assert inside == mentions_of(article)
    assert (report.mentions_in, report.mentions_out, report.misfits) == (25, 25, [])
    assert tagged == 20
    [note] = report.notes
    assert note.startswith("The configuration “tokens” lacks 5 mentions: 0 begin or end inside")
    assert note.endswith("5 yield to a longer one.")


def test_the_json_lines_say_the_same_as_the_parquet(
    tmp_path: Path, load: Callable[..., Any]
) -> None:
    articles = [cast.news(id=1, meta={}), cast.torture(id=2), cast.article("Ulm", id=3)]
    target, _ = write(articles, tmp_path)
    lines = {split: str(target / f"data/{split}.jsonl") for split in ("train", "validation")}
    for split in lines:
        parquet = pyarrow.parquet.read_table(target / f"data/{split}.parquet").to_pylist()
        raw = (target / f"data/{split}.jsonl").read_bytes()
        assert [json.loads(line) for line in raw.split(b"\n")[:-1]] == parquet
    found = load("json", data_files=lines)
    assert [spans_in(row) for row in found["train"]] == [mentions_of(a) for a in articles[:2]]


def test_the_real_article_comes_back(tmp_path: Path, load: Callable[..., Any]) -> None:
    article = cast.sample(id=1)
    target, _ = write([article], tmp_path)
    [row] = load(target, name="spans", split="train")
    assert (row["text"], spans_in(row)) == (article.text, mentions_of(article))


def test_a_corpus_of_one_article_has_one_split(tmp_path: Path, load: Callable[..., Any]) -> None:
    target, report = write([cast.news(id=4)], tmp_path)
    assert list(load(target, name="tokens")) == ["test"]
    assert report.files == [
        "README.md", "data/test.jsonl", "data/test.parquet", "tokens/test.parquet",
    ]  # fmt: skip
    assert report.notes == ["No article belongs to train or validation."]


@pytest.mark.parametrize("tokens", [True, False])
def test_articles_without_tokens_are_in_the_spans_only(
    tokens: bool, tmp_path: Path, load: Callable[..., Any]
) -> None:
    bare = cast.article("Ulm slept.", Mention(0, 3, "GPE"), id=1, tokens=())
    articles = [bare, cast.news(id=2)] if tokens else [bare]
    target, report = write(articles, tmp_path)
    assert load(target, name="spans")["train"]["id"][:] == [a.id for a in articles]
    assert (
        "The configuration “tokens” lacks articles that have not been split into tokens: 1."
        in report.notes
    )
    assert (target / "tokens").exists() is tokens
    if tokens:
        assert load(target, name="tokens")["train"]["id"][:] == [2]


def test_articles_that_are_not_finished_are_counted_but_not_written(tmp_path: Path) -> None:
    articles = [cast.news(status=ReviewStatus.OPEN), cast.news(status=ReviewStatus.UNREVIEWED)]
    target, report = write(articles, tmp_path)
    assert (report.articles, report.mentions_in) == (0, 0)
    assert sorted(report.articles_left_out.values()) == [1, 1]
    assert report.files == ["README.md"]
    assert "configs" not in front_matter(target)


def test_the_machines_layer_is_written_and_declared_as_such(tmp_path: Path) -> None:
    article = cast.news(status=ReviewStatus.UNREVIEWED, layer=SUGGESTIONS_LAYER)
    target, report = write([article], tmp_path)
    assert report.articles == 1
    assert front_matter(target)["annotations_creators"] == ["machine-generated"]


def test_a_mention_inside_a_token_is_counted_and_in_the_spans(tmp_path: Path) -> None:
    target, report = write([cast.article("The Ulmers.", Mention(4, 7, "GPE"))], tmp_path)
    [row] = pyarrow.parquet.read_table(target / "data/train.parquet").to_pylist()
    assert spans_in(row) == {(4, 7, "GPE", "Ulm"): 1}
    [row] = pyarrow.parquet.read_table(target / "tokens/train.parquet").to_pylist()
    assert row["ner_tags"] == [0, 0, 0]
    assert report.mentions_out == 1
    assert "1 begin or end inside a token" in report.notes[0]


def test_the_card_declares_what_is_there(tmp_path: Path) -> None:
    articles = [cast.news(id=1), cast.torture(id=2, language="de-CH"), cast.empty(id=4)]
    target, _ = write(articles, tmp_path)
    card = front_matter(target)
    assert card["pretty_name"] == CARD.name
    assert card["language"] == ["de", "en"]
    assert (card["license"], card["size_categories"]) == ("other", ["n<1K"])
    assert (card["multilinguality"], card["annotations_creators"]) == (
        ["multilingual"], ["expert-generated"],
    )  # fmt: skip
    assert card["task_ids"] == ["named-entity-recognition"]
    assert [config["config_name"] for config in card["configs"]] == ["spans", "tokens"]
    for config in card["configs"]:
        for files in config["data_files"]:
            assert (target / files["path"]).is_file()
    spans, tokens = card["dataset_info"]
    assert [(split["name"], split["num_examples"]) for split in spans["splits"]] == [
        ("train", 2), ("test", 1),
    ]  # fmt: skip
    assert spans["download_size"] == sum(
        path.stat().st_size for path in (target / "data").glob("*.parquet")
    )
    assert tokens["features"][-1]["sequence"]["class_label"]["names"]["1"] == "B-PERSON"
    body = (target / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    assert body.startswith("\n# Harbour “news”: {1} # x\n\nFerries, {islands} and councils.\n")
    assert "| PERSON | People \\| whoever | 5 | 0 | 0 |" in body
    assert "| LAW |  | 0 | 0 | 0 |" in body
    assert body.endswith("\n### Guideline\n\nMark *every* name.\n")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_survives_the_front_matter(name: str) -> None:
    matter = f"pretty_name: {huggingface._quoted(name)}\n"
    assert yaml.safe_load(matter) == {"pretty_name": name}


def test_the_hubs_own_card_reader_takes_the_card(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    target, _ = write([cast.news(id=1)], tmp_path)
    card = hub.DatasetCard.load(target / "README.md")
    assert card.data.pretty_name == CARD.name
    assert card.data.task_categories == ["token-classification"]
    assert hub.DatasetCardData(**card.data.to_dict()).to_dict() == card.data.to_dict()


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=4, unique_by=lambda article: article.id))
def test_whatever_is_written_is_complete(tmp_path: Path, articles: list[AnnotatedArticle]) -> None:
    target, report = write(articles, tmp_path, CorpusCard())
    left = [a for a in articles if a.layer != "suggestions" and a.status != "finished"]
    kept = {a.id: a for a in articles if a not in left}
    assert (report.articles, report.articles_left_out.total()) == (len(kept), len(left))
    assert report.mentions_in == report.mentions_out == sum(len(a.mentions) for a in kept.values())
    rows = [row for path in (target / "data").glob("*.parquet") for row in rows_of(path)]
    assert {row["id"]: (row["text"], spans_in(row)) for row in rows} == {
        number: (article.text, mentions_of(article)) for number, article in kept.items()
    }
    info = {info["config_name"]: info for info in front_matter(target)["dataset_info"]}
    names = info["tokens"]["features"][-1]["sequence"]["class_label"]["names"]
    tags = [names[str(number)] for number in range(len(names))]
    tagged = 0
    for path in (target / "tokens").glob("*.parquet"):
        for row in rows_of(path):
            article = kept[row["id"]]
            found = tagged_in(row, tags, article.text)
            assert found <= mentions_of(article)
            tagged += found.total()
    lacking = [note for note in report.notes if "mentions" in note]
    assert tagged == report.mentions_out - sum(
        int(note.split(" lacks ")[1].split(" ")[0]) for note in lacking
    ) - sum(len(a.mentions) for a in kept.values() if not a.tokens and a.text.strip())


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path) -> None:
    articles = [cast.news(id=1), cast.torture(id=2), cast.nested(id=3)]
    both = []
    for _ in range(2):
        target, report = write(articles, tmp_path)
        both.append([(target / name).read_bytes() for name in report.files])
    assert both[0] == both[1]


def many(count: int) -> Iterator[AnnotatedArticle]:
    for number in range(1, count + 1):
        text = f"{cast.NEWS}\n" * 10 + f"Boat {number} sank."
        yield cast.article(text, cast.mark(text, "Ines Okafor", "PERSON", 3), id=number)


def test_memory_stays_flat_and_rows_come_in_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface, "_GROUP_CHARACTERS", 30_000)
    card = CorpusCard(splits=dict.fromkeys(range(301), "dev"))
    Writer().write(many(3), tmp_path, card)  # loads what is loaded once
    before = pyarrow.total_allocated_bytes()
    tracemalloc.start()
    report = Writer().write(many(120), tmp_path, card)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.articles == 120
    table = pyarrow.parquet.ParquetFile(tmp_path / "data/validation.parquet")
    assert table.metadata.num_row_groups > 8
    assert table.metadata.num_rows == 120
    assert pyarrow.total_allocated_bytes() - before < 1_000_000
    assert peak < 4_000_000  # all rows at once take more than 10 MB


def test_writing_takes_less_than_ten_times_as_long_as_plain_json(tmp_path: Path) -> None:
    articles = list(many(100))
    started = time.process_time()
    with (tmp_path / "plain.jsonl").open("w", encoding="utf-8") as stream:
        for article in articles:
            row = huggingface._span_row(article)
            tokens = [article.text[s:e] for s, e in article.tokens]
            stream.write(json.dumps({**row, "tokens": tokens, "places": article.tokens}) + "\n")
    plain = time.process_time() - started
    started = time.process_time()
    Writer().write(articles, tmp_path)
    assert time.process_time() - started < 10 * plain + 0.5
    assert (tmp_path / "plain.jsonl").stat().st_size > 500_000
