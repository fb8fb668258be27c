"""W3C Web Annotation: valid JSON-LD whose selectors select the mention in the text beside it."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyld import jsonld

from annotations.domain.articles import AnnotatedArticle, CorpusCard, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.formats.base import WriteReport
from annotations.formats.w3c import CONTEXT, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
REAL = Path(__file__).parents[3] / "shared/samples/formats/w3c-web-annotation"

OA = "http://www.w3.org/ns/oa#"
AS = "http://www.w3.org/ns/activitystreams#"
DC = "http://purl.org/dc/terms/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#: The terms that are written, with what the vocabulary (https://www.w3.org/TR/annotation-vocab/)
#: says that they mean.
TERMS: dict[str, Any] = {
    "id": {"@type": "@id", "@id": "@id"},
    "type": {"@type": "@id", "@id": "@type"},
    "Annotation": f"{OA}Annotation",
    "TextualBody": f"{OA}TextualBody",
    "TextPositionSelector": f"{OA}TextPositionSelector",
    "TextQuoteSelector": f"{OA}TextQuoteSelector",
    "AnnotationCollection": f"{AS}OrderedCollection",
    "AnnotationPage": f"{AS}OrderedCollectionPage",
    "Software": f"{AS}Application",
    "tagging": f"{OA}tagging",
    "motivation": {"@type": "@vocab", "@id": f"{OA}motivatedBy"},
    "purpose": {"@type": "@vocab", "@id": f"{OA}hasPurpose"},
    "body": {"@type": "@id", "@id": f"{OA}hasBody"},
    "target": {"@type": "@id", "@id": f"{OA}hasTarget"},
    "source": {"@type": "@id", "@id": f"{OA}hasSource"},
    "selector": {"@type": "@id", "@id": f"{OA}hasSelector"},
    "exact": f"{OA}exact",
    "prefix": f"{OA}prefix",
    "suffix": f"{OA}suffix",
    "start": {"@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger", "@id": f"{OA}start"},
    "end": {"@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger", "@id": f"{OA}end"},
    "value": f"{RDF}value",
    "format": f"{DC}format",
    "creator": {"@type": "@id", "@id": f"{DC}creator"},
    "name": "http://xmlns.com/foaf/0.1/name",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "first": {"@type": "@id", "@id": f"{AS}first"},
    "last": {"@type": "@id", "@id": f"{AS}last"},
    "partOf": {"@type": "@id", "@id": f"{AS}partOf"},
    "items": {"@type": "@id", "@id": f"{AS}items", "@container": "@list"},
    "total": {
        "@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger", "@id": f"{AS}totalItems"
    },
    "startIndex": {
        "@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger", "@id": f"{AS}startIndex"
    },
}  # fmt: skip

IRI = {"type": "string", "pattern": r"^[^\s]+$"}
#: What the Recommendation demands (https://www.w3.org/TR/annotation-model/), in sections 3.1 to
#: 3.3, 4.2 and 5; its "must"s as required keys and types.
ANNOTATION = {
    "type": "object",
    "required": ["id", "type", "target"],
    "properties": {
        "@context": {"const": CONTEXT},
        "id": IRI,
        "type": {"const": "Annotation"},
        "motivation": {
            "enum": [
                "assessing", "bookmarking", "classifying", "commenting", "describing", "editing",
                "highlighting", "identifying", "linking", "moderating", "questioning", "replying",
                "tagging",
            ]
        },
        "creator": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "type": {"enum": ["Person", "Organization", "Software"]},
                "name": {"type": "string", "minLength": 1},
            },
            "additionalProperties": False,
        },
        "body": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "value"],
                "properties": {
                    "type": {"const": "TextualBody"},
                    "value": {"type": "string"},
                    "format": {"type": "string", "pattern": "^[a-z]+/[a-z]+$"},
                    "purpose": {"const": "tagging"},
                },
                "additionalProperties": False,
            },
        },
        "target": {
            "type": "object",
            "required": ["source", "selector"],
            "properties": {
                "source": IRI,
                "selector": {
                    "type": "array",
                    "items": {
                        "oneOf": [
                            {
                                "required": ["type", "start", "end"],
                                "properties": {
                                    "type": {"const": "TextPositionSelector"},
                                    "start": {"type": "integer", "minimum": 0},
                                    "end": {"type": "integer", "minimum": 0},
                                },
                                "additionalProperties": False,
                            },
                            {
                                "required": ["type", "exact"],
                                "properties": {
                                    "type": {"const": "TextQuoteSelector"},
                                    "exact": {"type": "string"},
                                    "prefix": {"type": "string"},
                                    "suffix": {"type": "string"},
                                },
                                "additionalProperties": False,
                            },
                        ]
                    },
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}  # fmt: skip
COLLECTION = {
    "type": "object",
    "required": ["@context", "id", "type", "total"],
    "properties": {
        "@context": {"const": CONTEXT},
        "id": IRI,
        "type": {"const": "AnnotationCollection"},
        "label": {"type": "string"},
        "total": {"type": "integer", "minimum": 0},
        "last": IRI,
        "first": {
            "type": "object",
            "required": ["id", "type", "items"],
            "properties": {
                "id": IRI,
                "type": {"const": "AnnotationPage"},
                "partOf": IRI,
                "startIndex": {"const": 0},
                "items": {"type": "array", "minItems": 1, "items": ANNOTATION},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
schema = jsonschema.Draft202012Validator(COLLECTION)

type Spans = Counter[tuple[str, int, int, str, str]]


def write(articles: list[AnnotatedArticle], folder: Path) -> tuple[dict[str, Any], WriteReport]:
    report = Writer().write(iter(articles), folder, CorpusCard("coast", "Coast"))
    return json.loads((folder / "annotations.jsonld").read_bytes()), report


def items(collection: dict[str, Any]) -> list[dict[str, Any]]:
    return collection["first"]["items"] if "first" in collection else []


def meant(articles: list[AnnotatedArticle]) -> Spans:
    return Counter(
        (f"texts/article-{a.id}.txt", m.start, m.end, m.label, a.text[m.start : m.end])
        for a in articles
        for m in a.mentions
    )


def selected(annotation: dict[str, Any], folder: Path) -> tuple[str, int, int, str, str]:
    """What an annotation selects, by both selectors, in the text that lies beside it."""
    target = annotation["target"]
    text = (folder / target["source"]).read_bytes().decode()
    selectors = {one["type"]: one for one in target["selector"]}
    position, quote = selectors["TextPositionSelector"], selectors["TextQuoteSelector"]
    words = text[position["start"] : position["end"]]
    assert words == quote["exact"]
    around = quote["prefix"] + quote["exact"] + quote["suffix"]
    assert text[position["start"] - len(quote["prefix"]) :].startswith(around)
    [body] = annotation["body"]
    return target["source"], position["start"], position["end"], body["value"], words


#: What relative addresses are resolved against.
BASE = "https://corpus.example/"


def loader(url: str, _options: object) -> dict[str, Any]:
    assert url == CONTEXT
    return {
        "contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
        "document": {"@context": TERMS},
    }  # fmt: skip


def test_an_annotation_has_the_documented_keys(tmp_path: Path) -> None:
    mention = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.9, "tagger 1.0")
    collection, report = write([cast.article("Ulm slept", mention, id=7)], tmp_path)
    assert list(collection) == ["@context", "id", "type", "label", "first", "last", "total"]
    assert (collection["label"], collection["total"]) == ("Coast, layer gold", 1)
    assert collection["last"] == collection["first"]["id"]
    assert collection["first"]["partOf"] == collection["id"]
    [annotation] = items(collection)
    assert annotation.pop("id").startswith("urn:uuid:")
    assert annotation == {
        "type": "Annotation",
        "motivation": "tagging",
        "creator": {"type": "Software", "name": "tagger 1.0"},
        "body": [
            {"type": "TextualBody", "purpose": "tagging", "format": "text/plain", "value": "GPE"}
        ],
        "target": {
            "source": "texts/article-7.txt",
            "selector": [
                {"type": "TextPositionSelector", "start": 0, "end": 3},
                {"type": "TextQuoteSelector", "exact": "Ulm", "prefix": "", "suffix": " slept"},
            ],
        },
    }
    assert report.files == ["annotations.jsonld", "texts/article-7.txt"]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_the_selectors_select_every_mention(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    collection, report = write([made()], tmp_path)
    schema.validate(collection)
    assert Counter(selected(one, tmp_path) for one in items(collection)) == meant([made()])
    assert (tmp_path / "texts/article-1.txt").read_bytes().decode() == made().text
    assert report.mentions_in == report.mentions_out == collection["total"]


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_whatever_is_written_is_valid_and_selects_its_words(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    collection, report = write(articles, tmp_path)
    schema.validate(collection)
    assert Counter(selected(one, tmp_path) for one in items(collection)) == meant(articles)
    ids = [one["id"] for one in items(collection)]
    assert len(set(ids)) == len(ids) == report.mentions_out == collection["total"]
    assert report.articles == len(articles)


def found_by_json_ld(collection: dict[str, Any]) -> tuple[Spans, dict[str, Any]]:
    """The mentions as a JSON-LD processor finds them, and all that it understands, expanded."""
    [expanded] = jsonld.expand(collection, {"documentLoader": loader, "base": BASE})
    found: Spans = Counter()
    for page in expanded.get(f"{AS}first", []):
        for annotation in page[f"{AS}items"][0]["@list"]:
            assert annotation["@type"] == [f"{OA}Annotation"]
            assert annotation[f"{OA}motivatedBy"] == [{"@id": f"{OA}tagging"}]
            [target] = annotation[f"{OA}hasTarget"]
            [source] = target[f"{OA}hasSource"]
            position, quote = target[f"{OA}hasSelector"]
            [body] = annotation[f"{OA}hasBody"]
            found[
                source["@id"].removeprefix(BASE),
                position[f"{OA}start"][0]["@value"],
                position[f"{OA}end"][0]["@value"],
                body[f"{RDF}value"][0]["@value"],
                quote[f"{OA}exact"][0]["@value"],
            ] += 1
    return found, expanded


def test_a_json_ld_processor_finds_the_same_mentions(tmp_path: Path) -> None:
    articles = [cast.news(id=1), cast.torture(id=2), cast.nested(id=3)]
    collection, _ = write(articles, tmp_path)
    found, expanded = found_by_json_ld(collection)
    assert found == meant(articles)
    # Nothing was written that the vocabulary doesn't know: expansion drops such keys.
    compacted = jsonld.compact([expanded], CONTEXT, {"documentLoader": loader, "base": BASE})
    assert set(compacted) == set(collection)
    assert all(
        set(one) == set(written)
        for one, written in zip(compacted["first"]["items"], items(collection), strict=True)
    )


def test_offsets_count_code_points(tmp_path: Path) -> None:
    collection, _ = write([cast.article("👩‍👩 😀 Ulm", Mention(6, 9, "GPE"))], tmp_path)
    position, quote = items(collection)[0]["target"]["selector"]
    assert (position["start"], position["end"]) == (6, 9)
    assert quote["prefix"] == "👩‍👩 😀 "


def test_the_words_around_a_mention_are_cut_at_no_character_that_people_see(
    tmp_path: Path,
) -> None:
    around = "👩‍👩‍👧‍👦e\u0301" * 9
    text = f"{around}Ulm{around}"
    mention = Mention(len(around), len(around) + 3, "GPE")
    collection, _ = write([cast.article(text, mention)], tmp_path)
    quote = items(collection)[0]["target"]["selector"][1]
    family = "👩‍👩‍👧‍👦e\u0301"
    assert quote["prefix"] == "e\u0301" + family * 3
    assert quote["suffix"] == family * 3
    assert 20 < len(quote["suffix"]) <= len(quote["prefix"]) <= 32


def test_who_made_a_mention_is_told_where_it_is_known(tmp_path: Path) -> None:
    article = cast.article(
        "abc",
        Mention(0, 1, "X", MentionState.ACCEPTED, 0.5, "tagger"),
        Mention(1, 2, "X"),
        Mention(2, 3, "X", MentionState.SUGGESTED),
    )
    collection, _ = write([article], tmp_path)
    assert [one.get("creator") for one in items(collection)] == [{"name": "tagger"}, None, None]


def test_the_same_corpus_gives_the_same_bytes_and_another_other_identifiers(
    tmp_path: Path,
) -> None:
    def ids(folder: str, article: AnnotatedArticle, slug: str = "coast") -> set[str]:
        (tmp_path / folder).mkdir()
        Writer().write([article], tmp_path / folder, CorpusCard(slug, "Coast"))
        collection = json.loads((tmp_path / folder / "annotations.jsonld").read_bytes())
        return {collection["id"], *(one["id"] for one in items(collection))}

    first = ids("a", cast.news())
    ids("b", cast.news())
    same = [(tmp_path / name / "annotations.jsonld").read_bytes() for name in "ab"]
    assert same[0] == same[1]
    assert len(first) == 9
    assert not first & ids("c", cast.news(layer="ada"))
    assert not first & ids("d", cast.news(), "other")
    assert first & ids("e", cast.news(id=2)) == {json.loads(same[0])["id"]}


def test_articles_are_written_whatever_their_status(tmp_path: Path) -> None:
    _, report = write(
        [cast.news(status=status, id=n) for n, status in enumerate(ReviewStatus)], tmp_path
    )
    assert (report.articles, report.articles_left_out) == (3, {})


def test_a_corpus_without_mentions_or_articles_is_a_valid_collection(tmp_path: Path) -> None:
    for articles in ([], [cast.empty()]):
        collection, report = write(articles, tmp_path)
        schema.validate(collection)
        assert list(collection) == ["@context", "id", "type", "label", "total"]
        assert collection["total"] == report.mentions_out == 0


def test_the_schema_of_these_tests_refuses_what_is_wrong(tmp_path: Path) -> None:
    collection, _ = write([cast.news()], tmp_path)
    for break_it in (
        lambda one: one.pop("target"),
        lambda one: one.pop("id"),
        lambda one: one.update(motivation="liking"),
        lambda one: one["target"]["selector"][0].update(start=-1),
        lambda one: one["target"]["selector"][1].pop("exact"),
        lambda one: one["body"][0].update(format=6),
        lambda one: one.update(creator=6),
    ):
        broken = json.loads(json.dumps(collection))
        break_it(items(broken)[0])
        assert not schema.is_valid(broken)


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not on this machine")
def test_real_annotations_have_selectors_of_the_same_shape() -> None:
    real = json.loads((REAL / "annotations.w3c.json").read_bytes())
    selectors = jsonschema.Draft202012Validator(
        ANNOTATION["properties"]["target"]["properties"]["selector"]  # type: ignore[index]
    )
    tried = [one["target"]["selector"] for one in real if "selector" in one["target"]]
    assert len(tried) == 3
    for one in tried:
        selectors.validate(one)


def test_writing_is_not_much_slower_than_json(tmp_path: Path) -> None:
    text = "Ada met Ben in Ulm on Monday.\n" * 5_000
    article = cast.article(text, *(Mention(30 * n, 30 * n + 3, "PERSON") for n in range(5_000)))
    collection, _ = write([article], tmp_path)
    started = time.perf_counter()
    json.dumps([text, collection])
    plain = time.perf_counter() - started
    started = time.perf_counter()
    Writer().write([article], tmp_path)
    assert time.perf_counter() - started < max(0.5, 10 * plain)
