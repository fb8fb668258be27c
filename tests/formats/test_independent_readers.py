"""What programs that we did not write find in the files of every writer.

A row a format: export, read with somebody else's program, and the same (article, start, end, label,
words) come out, less the misfits that the writer reported. What these programs find beyond that,
and in random articles, is tested with each format. WebAnno TSV and Prodigy have no foreign reader
in Python: there the steps of INCEpTION's reader are stated anew, and spaCy joins Prodigy's tokens.
"""

import csv
import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import cassis
import jsonschema
import pandas
import pytest
import spacy
from datasets import load_dataset
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface
from nervaluate.loaders import ConllLoader
from pybrat.parser import BratParser
from seqeval.scheme import IOB2, Tokens
from spacy.tokens import DocBin

from annotations.domain.articles import AnnotatedArticle
from annotations.formats import writer_for, writers
from annotations.formats._uima import NAMED_ENTITY
from annotations.formats.base import WriteReport
from tests.formats import cast
from tests.formats.croissant import Dataset
from tests.formats.data_package import Package
from tests.formats.test_prodigy import doc_of
from tests.formats.test_tei import found_by_xpath
from tests.formats.test_w3c import found_by_json_ld
from tests.formats.test_webanno import as_inception_reads

type Found = Counter[tuple[int, int, int, str, str]]
#: The texts that were written, by the articles' numbers.
type Texts = dict[int, str]

ROOT: Final = Path(__file__).parents[2]


# --- One function a program ----------------------------------------------------------------------


def by_schema_and_datasets(folder: Path, texts: Texts) -> Found:
    """JSON Lines: each line by the published JSON Schema, then the spans by `datasets`."""
    schema = json.loads((ROOT / "docs/jsonl.schema.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    with (folder / "corpus.jsonl").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            validator.validate(json.loads(line))
    files, cache = str(folder / "corpus.jsonl"), str(folder / "cache")
    rows = load_dataset("json", data_files=files, split="train", cache_dir=cache)
    return in_rows(rows)


def by_datasets(folder: Path, texts: Texts) -> Found:
    """A Hugging Face folder, its default configuration."""
    splits = load_dataset(str(folder), cache_dir=str(folder / "cache")).values()
    return sum((in_rows(rows) for rows in splits), Counter())


def in_rows(rows: Any) -> Found:
    return Counter(
        (row["id"], span["start"], span["end"], span["label"], quoted(span, row["text"]))
        for row in rows
        for span in row["spans"]
    )


def quoted(span: dict[str, Any], text: str) -> str:
    """The words at the offsets, which have to be those that the file repeats."""
    words = text[span["start"] : span["end"]]
    assert words == span["text"]
    return words


def by_croissant(folder: Path, texts: Texts) -> Found:
    """The package's records."""
    found: Found = Counter()
    for record in Dataset(jsonld=str(folder / "croissant.json")).records("corpus"):
        text = record["corpus/text"].decode()
        for each in record["corpus/spans"] or []:
            start, end, label, words = (
                each[f"corpus/spans/{key}"] for key in ("start", "end", "label", "text")
            )
            assert text[start:end] == words.decode()
            found[record["corpus/id"], start, end, label.decode(), words.decode()] += 1
    return found


def by_pybrat(folder: Path, texts: Texts) -> Found:
    """brat's pairs of files."""
    found: Found = Counter()
    # It takes two labels on one span for an error, and brat does not.
    for example in BratParser(error="ignore").parse(folder):
        number = number_in(example.id)
        for entity in example.entities:
            start, end = entity.spans[0].start, entity.spans[-1].end
            words = example.text[start:end]
            # A span over a line end stands in pieces, joined by a space.
            assert entity.mention == re.sub("[\n\x85\u2028\u2029]", " ", words)
            found[number, start, end, entity.type, words] += 1
    return found


def by_seqeval(folder: Path, texts: Texts) -> Found:
    """CoNLL in four columns, strictly by IOB2, put back by the table of offsets."""
    sentences = [
        [row.split(" ") for row in block.split("\n")]
        for block in conll_of(folder).split("\n\n")
        if block and block != "-DOCSTART- -X- -X- O"
    ]
    read = (Tokens([row[-1] for row in rows], IOB2).entities for rows in sentences)
    names = ([(one.start, one.end - 1, one.tag) for one in each] for each in read)
    return by_offsets(folder, texts, names, map(len, sentences))


def by_nervaluate(folder: Path, texts: Texts) -> Found:
    """CoNLL in two columns."""
    data = conll_of(folder)
    sizes = (len(block.split("\n")) for block in data.split("\n\n") if block)
    names = ([(e.start, e.end, e.label) for e in each] for each in ConllLoader().load(data))
    return by_offsets(folder, texts, names, sizes)


def conll_of(folder: Path) -> str:
    return (folder / "corpus.conll").read_bytes().decode()


def by_offsets(
    folder: Path,
    texts: Texts,
    sentences: Iterator[list[tuple[int, int, str]]],
    sizes: Iterator[int],
) -> Found:
    """Names by the first and last token of their sentence, with the characters of both."""
    with (folder / "corpus.offsets.tsv").open(encoding="utf-8", newline="") as table:
        places = list(csv.DictReader(table, delimiter="\t"))
    found: Found = Counter()
    begin = 0
    for names, size in zip(sentences, sizes, strict=True):
        for first, last, label in names:
            one, other = places[begin + first], places[begin + last]
            assert one["article"] == other["article"]
            number, start, end = int(one["article"]), int(one["start"]), int(other["end"])
            found[number, start, end, label, texts[number][start:end]] += 1
        begin += size
    assert begin == len(places)
    return found


def by_pandas(folder: Path, texts: Texts) -> Found:
    """The spreadsheet, which has no offsets: they count as 0."""
    frame = pandas.read_csv(folder / "corpus.csv", keep_default_na=False)
    return Counter(
        (row["Article"], 0, 0, row["Label"], row["Words"]) for row in frame.to_dict("records")
    )


def by_frictionless(folder: Path, texts: Texts) -> Found:
    """The tables as `datapackage.json` describes them: types, keys, sizes and digests hold."""
    package = Package(str(folder / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    articles = {row["id"]: row["text"] for row in package.get_resource("articles").read_rows()}
    # A cell without a character is a missing value to it.
    assert articles == {number: text or None for number, text in texts.items()}
    found: Found = Counter()
    for row in package.get_resource("mentions").read_rows():
        number, words = row["article"], quoted(row, articles[row["article"]])
        found[number, row["start"], row["end"], row["label"], words] += 1
    return found


def by_spacy_at_offsets(folder: Path, texts: Texts) -> Found:
    """doccano's lines: spaCy cuts the characters, and finds them at the tokens there."""
    found: Found = Counter()
    for line in (folder / "corpus.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        doc = spacy.blank("en").make_doc(record["text"])
        for start, end, label in record["label"]:
            span = doc.char_span(start, end, label, alignment_mode="expand")
            words = doc.text[start:end]
            assert words in span.text
            found[record["id"], start, end, span.label_, words] += 1
    return found


def by_label_studio(folder: Path, texts: Texts) -> Found:
    """Every task is valid for the labelling interface; the SDK's converter gives the spans."""
    interface = LabelInterface((folder / "labeling_config.xml").read_text(encoding="utf-8"))
    tasks = json.loads((folder / "tasks.json").read_bytes())
    for task in tasks:
        assert all(interface.validate_annotation(one) for one in task["annotations"])
    converter = Converter(str(folder / "labeling_config.xml"), str(folder))
    converter.convert_to_json_min(str(folder / "tasks.json"), str(folder / "min"), is_dir=False)
    return Counter(
        (row["id"], span["start"], span["end"], label, quoted(span, row["text"]))
        for row in json.loads((folder / "min/result.json").read_bytes())
        for span in row.get("label", [])
        for label in span["labels"]
    )


def by_spacys_tokens(folder: Path, texts: Texts) -> Found:
    """Prodigy's tasks: the text and the spans are what their tokens make."""
    found: Found = Counter()
    for line in (folder / "corpus.jsonl").read_bytes().split(b"\n")[:-1]:
        task = json.loads(line)
        doc = doc_of(task)
        assert doc.text == task["text"]
        for span in task["spans"]:
            name = doc[span["token_start"] : span["token_end"] + 1]
            assert (name.start_char, name.end_char) == (span["start"], span["end"])
            found[task["id"], name.start_char, name.end_char, span["label"], name.text] += 1
    return found


def by_spacy(folder: Path, texts: Texts) -> Found:
    """The docs of all parts."""
    vocab = spacy.blank("en").vocab
    return Counter(
        (doc.user_data["article_id"], span.start_char, span.end_char, span.label_, span.text)
        for part in ("train", "dev", "test")
        for doc in DocBin().from_disk(folder / f"{part}.spacy").get_docs(vocab)
        for span in doc.spans["mentions"]
    )


def by_xpath(folder: Path, texts: Texts) -> Found:
    """TEI by XPath alone; that it is valid is tested with the format."""
    return Counter(
        (number_in(path.stem), *span)
        for path in folder.glob("*.xml")
        for span in found_by_xpath(path.read_bytes())[1].elements()
    )


def by_cassis_from_xmi(folder: Path, texts: Texts) -> Found:
    with (folder / "TypeSystem.xml").open("rb") as types:
        system = cassis.load_typesystem(types)
    return by_cassis(folder, texts, "*.xmi", lambda data: cassis.load_cas_from_xmi(data, system))


def by_cassis_from_json(folder: Path, texts: Texts) -> Found:
    return by_cassis(folder, texts, "*.json", cassis.load_cas_from_json)


def by_cassis(
    folder: Path, texts: Texts, pattern: str, load: Callable[[io.BytesIO], cassis.Cas]
) -> Found:
    found: Found = Counter()
    for path in folder.glob(pattern):
        with warnings.catch_warnings():
            # An offset that it cannot map fails. In an empty text it knows none, not even 0.
            warnings.simplefilter("error" if texts[number_in(path.stem)] else "ignore")
            cas = load(io.BytesIO(path.read_bytes()))
        assert cas.typecheck() == []
        for one in cas.select(NAMED_ENTITY):
            words = one.get_covered_text()
            found[number_in(path.stem), one.begin, one.end, one.value, words] += 1
    return found


def by_pyld(folder: Path, texts: Texts) -> Found:
    """Web Annotations: a JSON-LD processor finds the selectors, which are applied to the texts."""
    found: Found = Counter()
    spans, _ = found_by_json_ld(json.loads((folder / "annotations.jsonld").read_bytes()))
    for source, start, end, label, words in spans.elements():
        assert (folder / source).read_bytes().decode()[start:end] == words
        found[number_in(Path(source).stem), start, end, label, words] += 1
    return found


def by_inceptions_steps(folder: Path, texts: Texts) -> Found:
    found: Found = Counter()
    for path in folder.glob("*.tsv"):
        text, spans = as_inception_reads(path.read_bytes().decode())
        for start, end, label in spans.elements():
            found[number_in(path.stem), start, end, label, text[start:end]] += 1
    return found


def number_in(stem: str) -> int:
    return int(stem.rpartition("-")[2])


# --- The table ------------------------------------------------------------------------------------

READERS: Final[dict[str, Callable[[Path, Texts], Found]]] = {
    "jsonl": by_schema_and_datasets,
    "package": by_croissant,
    "brat": by_pybrat,
    "conll": by_seqeval,
    "conll2": by_nervaluate,
    "csv": by_pandas,
    "csv-exact": by_frictionless,
    "doccano": by_spacy_at_offsets,
    "huggingface": by_datasets,
    "labelstudio": by_label_studio,
    "prodigy": by_spacys_tokens,
    "spacy": by_spacy,
    "tei": by_xpath,
    "uima-json": by_cassis_from_json,
    "xmi": by_cassis_from_xmi,
    "w3c": by_pyld,
    "webanno": by_inceptions_steps,
}
#: How many mentions a format cannot carry and reports: tags a token have room for the longest of
#: those that overlap, and spaCy's own tokens do not end at every control character.
MISFITS: Final = {("conll", "nested"): 5, ("conll2", "nested"): 5, ("spacy", "controls"): 2}


def expected(name: str, articles: list[AnnotatedArticle], report: WriteReport) -> Found:
    """What went in, less the misfits, as far as the format says where it stands."""
    found = Counter(
        (a.id, m.start, m.end, m.label, m.span.of(a.text)) for a in articles for m in a.mentions
    )
    misfits = Counter((m.article, m.start, m.end, m.label, m.text) for m in report.misfits)
    assert misfits <= found
    found -= misfits
    if name == "csv":
        return Counter(
            (number, 0, 0, label, " ".join(words.split()))
            for number, _, _, label, words in found.elements()
        )
    return found


def test_every_writer_has_a_reader_that_is_not_ours() -> None:
    assert set(READERS) == set(writers())


@pytest.mark.parametrize(
    "made", [cast.sample, cast.torture, cast.controls, cast.nested, cast.empty]
)
@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_somebody_elses_program_finds_the_same_mentions(
    name: str, made: Callable[..., AnnotatedArticle], tmp_path: Path
) -> None:
    articles = [made(id=7), cast.news(id=8)]
    writer = writer_for(name)
    target = tmp_path / f"corpus{writer.suffix}" if writer.suffix else tmp_path
    report = writer.write(iter(articles), target)
    assert report.articles + report.articles_left_out.total() == len(articles)
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    assert len(report.misfits) == MISFITS.get((name, made.__name__), 0)
    found = READERS[name](tmp_path, {article.id: article.text for article in articles})
    assert found == expected(name, articles, report)
    assert found.total() == report.mentions_out
