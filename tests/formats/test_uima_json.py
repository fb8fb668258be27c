"""UIMA CAS JSON, read as other tools write it and written so that DKPro's own library reads it."""

import io
import json
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cassis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.formats import jsonl, xmi
from annotations.formats._uima import NAMED_ENTITY, TOKEN
from annotations.formats.base import FormatError, Source
from annotations.formats.uima_json import Reader, Writer
from tests.formats import cast

SAMPLES = Path(__file__).parents[1] / "samples/formats"
#: Files of other projects, where they are at hand.
OTHERS = Path(__file__).parents[3] / "shared/samples/formats"

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)

type Quoted = Counter[tuple[int, int, str, str]]


def source(data: bytes | str, name: str = "article.json", **options: str) -> Source:
    return Source(name, data if isinstance(data, bytes) else data.encode(), options=options)


def read(data: bytes | str, **options: str) -> ArticleDraft:
    [draft] = Reader().read(source(data, **options))
    return draft


def harbour() -> bytes:
    return (SAMPLES / "uima-json/harbour.json").read_bytes()


def written(article: AnnotatedArticle, folder: Path) -> bytes:
    report = Writer().write([article], folder)
    assert report.files == [f"article-{article.id}.json"]
    assert report.mentions_in == report.mentions_out == len(article.mentions)
    return (folder / report.files[0]).read_bytes()


def oracle(data: bytes) -> cassis.Cas:
    """The file as DKPro's library reads it; any offset that it cannot map fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return cassis.load_cas_from_json(io.BytesIO(data))


def quoted(article: AnnotatedArticle | ArticleDraft) -> Quoted:
    return Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)


def quoted_by(cas: cassis.Cas) -> Quoted:
    return Counter(
        (one.begin, one.end, one.value, one.get_covered_text()) for one in cas.select(NAMED_ENTITY)
    )


def cas_of(*structures: dict[str, Any], **sofa: Any) -> dict[str, Any]:
    """A CAS as small as it can be; ids of structures count from 2."""
    text = {"sofaNum": 1, "sofaID": "_InitialView", "sofaString": "Ulm slept.", **sofa}
    return {
        "%TYPES": {},
        "%FEATURE_STRUCTURES": [
            {"%ID": 1, "%TYPE": "uima.cas.Sofa", **text},
            *({"%ID": number, "@sofa": 1, **one} for number, one in enumerate(structures, 2)),
        ],
        "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": list(range(2, len(structures) + 2))}},
    }


# --- Reading ----------------------------------------------------------------------------------


def test_the_sample_says_the_same_as_its_twin_in_xmi() -> None:
    draft = read(harbour())
    [twin] = xmi.Reader().read(Source("harbour.xmi", (SAMPLES / "xmi/harbour.xmi").read_bytes()))
    assert quoted(draft) == quoted(twin)
    assert quoted(draft)[17, 20, "GPE", "Ulm"] == 1
    assert draft.text == twin.text
    assert (draft.notes, draft.changes) == (twin.notes, twin.changes)
    assert [one.reason for one in draft.unplaced] == [one.reason for one in twin.unplaced]
    assert draft.status is ReviewStatus.OPEN


def test_the_layers_and_their_strings_can_be_chosen() -> None:
    layer, feature = Reader().options(source(harbour()))
    assert [value for value, _ in layer.choices] == [NAMED_ENTITY, "webanno.custom.Office"]
    assert [value for value, _ in feature.choices] == ["value", "identifier", "grade", "role"]
    draft = read(harbour(), layer="webanno.custom.Office", feature="role")
    assert {mention.label for mention in draft.mentions} == {"person", "head of the town"}


def test_a_cas_is_told_from_other_json_by_its_keywords() -> None:
    assert Reader().recognises(source(harbour()))
    assert Reader().recognises(source(b'\xef\xbb\xbf\n {"%HEADER": {}, "%TYPES": {}}'))
    for other in (b"", b"\x00", b"[1]", b'{"text": "%TYPES"}', b'["%TYPES"]', b'{"id": 1}'):
        assert not Reader().recognises(source(other))


def test_structures_may_come_by_their_ids_and_offsets_as_anchors() -> None:
    cas = cas_of({"%TYPE": NAMED_ENTITY, "^begin": 0, "^end": 3, "value": "GPE"})
    cas["%FEATURE_STRUCTURES"] = {str(one.pop("%ID")): one for one in cas["%FEATURE_STRUCTURES"]}
    assert quoted(read(json.dumps(cas))) == {(0, 3, "GPE", "Ulm"): 1}


def test_what_has_no_place_in_the_text_is_passed_over() -> None:
    cas = cas_of(
        {"%TYPE": "a.Chain", "@first": 3},
        {"%TYPE": NAMED_ENTITY, "begin": 0, "end": 3, "value": "GPE", "score": 0.5, "list": [1]},
        {"%TYPE": "uima.cas.StringArray", "%ELEMENTS": ["x"]},
    )
    assert read(json.dumps(cas)).mentions == (Mention(0, 3, "GPE", MentionState.ADDED, 0.5),)


def test_controls_are_removed_and_offsets_follow() -> None:
    name = {"%TYPE": NAMED_ENTITY, "begin": 5, "end": 8, "value": "G\x00PE"}
    cas = cas_of(name, sofaString="a\x00\x0b\r\nUlm")
    draft = read(json.dumps(cas))
    assert (draft.text, quoted(draft)) == ("a\nUlm", {(2, 5, "GPE", "Ulm"): 1})
    assert len(draft.changes) == 3


@pytest.mark.parametrize(
    "path",
    sorted(OTHERS.glob("uima-json/*/data.json")) or [pytest.param(None, marks=pytest.mark.skip)],
)
def test_real_files_are_read_as_dkpros_library_reads_them(path: Path) -> None:
    data = path.read_bytes()
    cas = oracle(data)
    # Every annotation of these files gets a label, so that it is a name.
    labelled = data.replace(b'"uima.tcas.Annotation",', b'"uima.tcas.Annotation", "kind": "x",')
    draft = read(labelled, layer="uima.tcas.Annotation")
    assert Reader().recognises(source(data))
    assert draft.text == cas.sofa_string
    spans = cas.select("uima.tcas.Annotation")
    assert {(m.start, m.end, m.span.of(draft.text)) for m in draft.mentions} == {
        (one.begin, one.end, one.get_covered_text())
        for one in spans
        if one.type.name == "uima.tcas.Annotation"
    }
    assert draft.mentions


# --- Files made to break a reader -------------------------------------------------------------

PLACE = {"%TYPE": NAMED_ENTITY, "begin": 0, "end": 3, "value": "GPE"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "is not JSON"),
        ("{", r"is not JSON: .* \(line 1, column 2\)"),
        ("[]", "is no UIMA CAS"),
        ("{}", "holds no text"),
        ('{"%FEATURE_STRUCTURES": 3}', "is no list"),
        ('{"%FEATURE_STRUCTURES": [3]}', "is no UIMA CAS"),
        ('{"%FEATURE_STRUCTURES": [{}]}', "“%ID” is missing"),
        ('{"%FEATURE_STRUCTURES": {"x": {}}}', "“%ID” is missing"),
        ('{"%VIEWS": []}', "is no UIMA CAS"),
        ('{"%TYPES": NaN}', "NaN is not a number"),
        ("[" * 100_000, "nests too deeply"),
        (b"\xff\xfe", "is not UTF-8"),
        ('{"%TYPES": ' + "1" * 5000 + "}", "is not JSON"),
        (json.dumps(cas_of(sofaString=None)), "holds no text"),
        (json.dumps(cas_of(sofaString=" ")), "is empty"),
        (json.dumps(cas_of(sofaString="a" * 1_000_001)), "1,000,001 characters"),
        (json.dumps(cas_of(sofaNum="1")), "“sofaNum” is missing or not a whole number"),
        (json.dumps(cas_of({**PLACE, "begin": 0.5})), "“begin” is missing or not a whole number"),
        (json.dumps(cas_of({**PLACE, "end": 2**63})), "“end” is missing or not a whole number"),
        (json.dumps(cas_of({**PLACE, "value": "\ud83d"})), "half of a surrogate pair"),
    ],
)
def test_what_is_no_cas_is_refused(data: bytes | str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        read(data)
    assert Reader().options(source(data)) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["%ID", "%TYPE", "@sofa", "begin", "end", "value", "%SOFA", "%MEMBERS"]
                ),
                inner,
            )
        ),
    ),
    st.sampled_from(["%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"]),
)
def test_any_json_is_read_or_refused_but_never_crashes(value: object, key: str) -> None:
    cas = cas_of(PLACE)
    cas[key] = [*cas[key], value] if key == "%FEATURE_STRUCTURES" else value
    with suppress(FormatError):  # any other exception fails the test
        read(json.dumps(cas))


# --- Writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_dkpros_library_finds_the_same_text_and_names(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    cas = oracle(written(article, tmp_path))
    assert cas.sofa_string == article.text
    assert quoted_by(cas) == quoted(article)
    assert cas.typecheck() == []
    assert [(one.begin, one.end) for one in cas.select(TOKEN)] == list(article.tokens)


@reusing_the_folder
@given(cast.articles())
def test_any_article_comes_back(tmp_path: Path, article: AnnotatedArticle) -> None:
    data = written(article, tmp_path)
    if article.text:
        assert quoted_by(oracle(data)) == quoted(article)
    draft = read(data)
    assert (draft.text, draft.mentions, draft.zones) == (
        article.text, article.mentions, article.zones,
    )  # fmt: skip
    assert (draft.number, draft.status, draft.layer) == (article.id, article.status, article.layer)
    assert (draft.metadata.title, draft.unplaced) == (article.title, ())


def test_a_file_is_json_with_a_structure_a_line(tmp_path: Path) -> None:
    data = written(cast.article("😀 Ulm", Mention(2, 5, "GPE", score=0.5), id=7), tmp_path)
    cas = json.loads(data)
    assert list(cas) == ["%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"]
    assert cas["%FEATURE_STRUCTURES"][-1] == {
        "%ID": 13, "%TYPE": NAMED_ENTITY, "@sofa": 1, "begin": 3, "end": 6,
        "value": "GPE", "state": "added", "score": 0.5,
    }  # fmt: skip
    assert cas["%VIEWS"]["_InitialView"]["%MEMBERS"] == list(range(2, 14))
    assert data.count(b"\n") == len(cas["%FEATURE_STRUCTURES"]) + 3


def test_both_uima_formats_carry_the_same(tmp_path: Path) -> None:
    article = cast.torture()
    data = written(article, tmp_path)
    xmi.Writer().write([article], tmp_path)
    types = cassis.load_typesystem(tmp_path / xmi.TYPE_SYSTEM)
    twin = cassis.load_cas_from_xmi(tmp_path / "article-1.xmi", types)

    def told(cas: cassis.Cas) -> Counter[str]:
        return Counter(str(one) for one in cas.select_all_fs())

    assert told(oracle(data)) == told(twin)


def test_the_same_article_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    assert written(cast.news(), tmp_path) == written(cast.news(), tmp_path)


def test_writing_takes_less_than_ten_times_the_bare_encoding(tmp_path: Path) -> None:
    text = cast.NEWS * 10
    mentions = [cast.mark(text, "Tern Island", "LOC", nth) for nth in range(20)]
    articles = [cast.article(text, *mentions, id=number) for number in range(1, 31)]
    jsonl.Writer().write(articles, tmp_path / "corpus.jsonl")
    records = [json.loads(row) for row in (tmp_path / "corpus.jsonl").read_bytes().splitlines()]

    def best(action: Callable[[], object]) -> float:
        times = []
        for _ in range(7):
            began = time.process_time()
            action()
            times.append(time.process_time() - began)
        return min(times)

    bare = best(lambda: [json.dumps(record, ensure_ascii=False) for record in records])
    assert best(lambda: Writer().write(articles, tmp_path / "cas")) < 10 * bare
