"""Bad files by the page: one clear line each, the good part offered, nothing stored unasked."""

import io
import json
import zipfile
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotations.models import Annotation, Article, Corpus, Upload, UploadFile, User
from tests.formats.test_docx import document, paragraph
from tests.formats.test_docx import parts as docx_parts
from tests.formats.test_pdf import ENCRYPTED, column, pdf

pytestmark = pytest.mark.usefixtures("immediate_tasks", "machine")

URL = "/corpora/harbour/upload/"
TEXT = "Ada Berg sailed the Gull to Port Alder on Monday."
OTHER = "Nobody else saw the Gull that night."
THIRD = "The harbour master went home early."
ADA = {"start": 0, "end": 8, "label": "PERSON", "state": "added"}
PASSWORDS = "root:x:0:0"


def lines(*rows: object) -> bytes:
    """JSON Lines; a string is a line as it stands."""
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    return "".join(f"{text}\n" for text in texts).encode()


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def spoilt(data: bytes, member: bytes) -> bytes:
    """An archive with some bytes of one member changed."""
    start = data.index(member) + len(member) + 3
    return data[:start] + bytes(9) + data[start + 9 :]


def entities(root: str, kind: str) -> str:
    """A document type with entities that point elsewhere, or that multiply."""
    if kind == "outside":
        return f'<!DOCTYPE {root} [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    many = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE {root} [<!ENTITY e0 "ha">{many}<!ENTITY e "&e11;">]>'


def nitf(kind: str) -> bytes:
    body = "<nitf><body><body.content><p>&e;</p></body.content></body></nitf>"
    return (entities("nitf", kind) + body).encode()


def tei(kind: str) -> bytes:
    body = "<text><body><p>&e;</p></body></text>"
    return (
        f'{entities("TEI", kind)}<TEI xmlns="http://www.tei-c.org/ns/1.0">{body}</TEI>'
    ).encode()


def rss(kind: str) -> bytes:
    item = "<item><title>x</title><description>&e;</description></item>"
    body = f'<rss version="2.0"><channel>{item}</channel></rss>'
    return (entities("rss", kind) + body).encode()


def with_outside_relations() -> bytes:
    name = "word/_rels/document.xml.rels"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    outside = "".join(
        f'<Relationship Id="x{kind}" Type="{office}/{kind}" Target="file:///etc/passwd" '
        'TargetMode="External"/>'
        for kind in ("attachedTemplate", "image", "subDocument")
    )
    links = docx_parts("")[name].replace("</Relationships>", f"{outside}</Relationships>")
    return document(paragraph(TEXT), **{name: links})


def rows(*ids: int) -> str:
    """`articles.csv` of the exact tables."""
    header = "id,text_sha256,title,source,byline,url,published_on,language,status,layer,text"
    return "\r\n".join(
        [header, *(f'{n},"","","","","",,"en","open","gold","{TEXT} {n}"' for n in ids), ""]
    )


MENTIONS = "article,start,end,label,text,state,score,source\r\n"


class Bad(NamedTuple):
    """A bad file: what the page says of it, how many articles it offers, before and if asked."""

    name: str
    data: bytes
    says: str
    offers: int = 0
    if_asked: int = 0


CASES = {
    "ragged CSV, too many": Bad(
        "a.csv",
        f"title,text\nA,{TEXT}\nB,{OTHER},and more\nC,{THIRD}\n".encode(),
        "the row has 3 fields, but there are 2 columns. A text with “,” in it has to stand in "
        "quotation marks (line 3)",
        if_asked=1,
    ),
    "ragged CSV, too few": Bad(
        "a.csv",
        f"title,text,day\nA,{TEXT},\nB,{OTHER},\nC\n".encode(),
        "the row has 1 fields, but there are 3 columns. A text with a line break in it has to "
        "stand in quotation marks (line 4)",
        if_asked=2,
    ),
    "broken JSON in the middle": Bad(
        "a.jsonl",
        lines({"text": TEXT}, {"text": OTHER}, '{"text": oops', {"text": THIRD}),
        "This is not JSON: Expecting value (line 3, column 10)",
        if_asked=2,
    ),
    "broken JSON with other keys": Bad(
        "a.jsonl",
        lines({"body": TEXT}, '{"body": "x', {"body": THIRD}),
        "(line 2, column 10)",
    ),
    "a broken task of Prodigy": Bad(
        "a.jsonl",
        lines({"text": TEXT, "answer": "accept", "spans": []}, '{"text": oops'),
        "This is not JSON: Expecting value (line 2, column 10)",
        if_asked=1,
    ),
    "a broken line of doccano": Bad(
        "a.jsonl",
        lines({"text": TEXT, "label": []}, '{"text": oops'),
        "This is not JSON: Expecting value (line 2, column 10)",
        if_asked=1,
    ),
    "a broken task of Label Studio": Bad(
        "a.json",
        b'[{"id": 1, "data": {"text": "%b"}, "annotations": []},\n{"id": oops}]' % TEXT.encode(),
        "This is not JSON: Expecting value (record 2)",
        if_asked=1,
    ),
    "NaN": Bad(
        "a.jsonl",
        lines({"text": TEXT}, '{"text": "y.", "meta": {"score": NaN}}'),
        "This is not JSON: NaN is not a number (line 2)",
        if_asked=1,
    ),
    "ids that occur twice": Bad(
        "a.jsonl",
        lines({"id": 7, "text": TEXT}, {"id": 7, "text": OTHER}),
        "Article 2 of the file has the id 7, as article 1 has; it gets a number of its own.",
        offers=2,
    ),
    "ids that occur twice, far down": Bad(
        "a.jsonl",
        lines(*({"id": n % 8 + 1, "text": f"{TEXT} {n}"} for n in range(9))),
        "Article 9 of the file has the id 1, as article 1 has; it gets a number of its own.",
        offers=9,
    ),
    "ids that occur twice in exact tables": Bad(
        "a.zip",
        zipped(("articles.csv", rows(1, 1)), ("mentions.csv", MENTIONS)),
        "articles.csv has two articles with the id 1 (line 3)",
    ),
    "offsets beyond the text": Bad(
        "a.jsonl",
        lines({"text": TEXT, "spans": [ADA, {"start": 28, "end": 999, "label": "GPE"}]}),
        "line 1: GPE 28–999 was left out: it lies beyond the text, which has 49 characters",
        offers=1,
    ),
    "words that stand elsewhere": Bad(
        "a.jsonl",
        lines({"text": TEXT, "spans": [ADA, {**ADA, "end": 3, "text": "Tom"}]}),
        "line 1: PERSON 0–3 “Tom” was left out: the file says “Tom”, the text there is “Ada”",
        offers=1,
    ),
    "overlapping spans where none may": Bad(
        "a.jsonl",
        lines({"text": TEXT, "spans": [ADA, {**ADA, "start": 4, "end": 15, "label": "GPE"}]}),
        "GPE “Berg sailed”: in article 1 it overlaps PERSON “Ada Berg”, which this corpus does "
        "not allow",
        offers=1,
        if_asked=1,
    ),
    "unknown labels": Bad(
        "a.jsonl",
        lines({"text": TEXT, "spans": [{**ADA, "label": "Skipper"}]}),
        "Skipper (1)",
        offers=1,
    ),
    "a truncated zip": Bad(
        "a.zip",
        zipped(("a.txt", TEXT * 9), ("b.txt", OTHER * 9))[:-30],
        "a.zip is not a complete zip archive. Pack it anew, or upload its files.",
    ),
    "a zip with a damaged member": Bad(
        "a.zip",
        spoilt(zipped(("a.txt", TEXT), ("b.txt", OTHER)), b"b.txt"),
        "it is damaged and cannot be unpacked.",
        offers=1,
    ),
    **{
        f"{what} in {name}": Bad(name, make(kind), "entities")
        for kind, what in (("outside", "XXE"), ("many", "an entity bomb"))
        for name, make in (("a.nitf", nitf), ("a.tei", tei), ("a.rss", rss))
    },
    "DOCX with external relations": Bad(
        "a.docx", with_outside_relations(), "on which the document was made", offers=1
    ),
    "an encrypted PDF": Bad(
        "a.pdf",
        pdf(column("x"), more=ENCRYPTED.format("7a" * 32)),
        "a.pdf is encrypted. Save it without a password and upload it again.",
    ),
    "a scanned PDF": Bad(
        "a.pdf",
        pdf([]),
        "a.pdf holds no text, only pictures of it perhaps. Recognise its text with an OCR program",
    ),
    "a feed with no entries": Bad(
        "a.rss",
        b'<rss version="2.0"><channel><title>x</title></channel></rss>',
        "a.rss holds no entry of a feed that could be annotated.",
    ),
}  # fmt: skip


@pytest.fixture
def uploader(client: Client, curator: User, corpus: Corpus) -> Client:
    client.force_login(curator)
    client.raise_request_exception = False
    return client


def everything() -> dict[str, int]:
    """How many rows every table has, but those of uploads, sessions and tasks."""
    own = {"Upload", "UploadFile", "Session"}
    return {
        model.__name__: model.objects.count()
        for model in apps.get_models()
        if model.__name__ not in own and model._meta.app_label != "dj_queue"
    }


def words(page: str) -> str:
    return page.replace("&#x27;", "'").replace("&quot;", '"')


def sent(client: Client, bad: Bad) -> str:
    """The preview of a bad file beside a good one."""
    files = [SimpleUploadedFile(bad.name, bad.data), SimpleUploadedFile("b.txt", THIRD.encode())]
    response = client.post(URL, {"files": files}, follow=True)
    assert response.status_code == 200
    return words(response.text)


def bad_files() -> list[UploadFile]:
    return [file for file in UploadFile.objects.order_by("position") if file.name != "b.txt"]


def offered() -> int:
    """How many articles of the bad file would be stored."""
    return sum(f.preview["articles"] for f in bad_files() if f.state == "read")


@pytest.fixture(params=sorted(CASES))
def bad(request: pytest.FixtureRequest) -> Bad:
    return CASES[request.param]


def test_a_bad_file_has_its_line_and_its_good_part_is_offered_and_nothing_stored(
    uploader: Client, bad: Bad
) -> None:
    before = everything()
    page = sent(uploader, bad)
    assert bad.says in page
    assert PASSWORDS not in page
    assert offered() == bad.offers
    assert everything() == before
    if bad.if_asked:
        [file] = bad_files()
        assert 'name="part"' in page
        page = asked(uploader, file)
        assert offered() == bad.if_asked
        assert everything() == before
        assert bad.says.removesuffix(".") in page or "was left out" in page


def asked(client: Client, file: UploadFile) -> str:
    """The preview after somebody asked for the part of a file that holds."""
    address = f"/corpora/harbour/uploads/{file.upload_id}/files/{file.pk}/"
    response = client.post(address, {"included": "on", "part": "on"}, follow=True)
    assert response.status_code == 200
    return words(response.text)


def stored(client: Client) -> set[str]:
    """The texts in the corpus after what was read has been stored."""
    upload = Upload.objects.get()
    response = client.post(f"/corpora/harbour/uploads/{upload.pk}/store/", follow=True)
    assert response.status_code == 200
    return set(Article.objects.values_list("text_row__text", flat=True))


def test_storing_takes_the_good_file_beside_it_and_all_of_the_bad_one_or_nothing(
    uploader: Client, bad: Bad
) -> None:
    sent(uploader, bad)
    texts = stored(uploader)
    assert THIRD in texts
    # What overlaps is refused when it is stored, as the page said.
    whole = 0 if bad.offers == bad.if_asked else bad.offers
    assert len(texts) == 1 + whole
    assert {file.stored_count for file in bad_files()} <= {0, whole}


@pytest.mark.parametrize("name", sorted(name for name, bad in CASES.items() if bad.if_asked))
def test_the_part_that_holds_is_stored_if_asked_for(uploader: Client, name: str) -> None:
    bad = CASES[name]
    sent(uploader, bad)
    [file] = bad_files()
    asked(uploader, file)
    texts = stored(uploader)
    assert len(texts) == 1 + bad.if_asked
    assert TEXT in texts
    file.refresh_from_db()
    assert (file.state, file.stored_count) == ("stored", bad.if_asked)


def test_of_overlapping_mentions_the_first_is_stored_if_that_is_asked_for(
    uploader: Client,
) -> None:
    sent(uploader, CASES["overlapping spans where none may"])
    [file] = bad_files()
    address = f"/corpora/harbour/uploads/{file.upload_id}/"
    assert "overlaps · needs a choice" in words(uploader.get(address).text)
    page = asked(uploader, file)
    assert "needs a choice" not in page
    assert (
        "GPE 4–15 “Berg sailed” was left out: in article 1 it overlaps PERSON “Ada Berg”, which "
        "this corpus does not allow"
    ) in page
    stored(uploader)
    assert list(Annotation.objects.values_list("quote", "label__name")) == [("Ada Berg", "PERSON")]


def test_a_part_that_was_asked_for_can_be_given_back(uploader: Client) -> None:
    sent(uploader, CASES["NaN"])
    [file] = bad_files()
    asked(uploader, file)
    address = f"/corpora/harbour/uploads/{file.upload_id}/files/{file.pk}/"
    uploader.post(address, {"included": "on"})
    file.refresh_from_db()
    assert (file.state, file.chosen.get("part", "")) == ("refused", "")
    assert offered() == 0


def test_the_text_of_a_scanned_pdf_can_be_typed(uploader: Client) -> None:
    page = sent(uploader, CASES["a scanned PDF"])
    assert 'name="option-0"' in page
    [file] = bad_files()
    address = f"/corpora/harbour/uploads/{file.upload_id}/files/{file.pk}/"
    uploader.post(address, {"included": "on", "option-0": TEXT})
    assert stored(uploader) == {TEXT, THIRD}
