"""The commands: exit codes, what they say, and the JSON that scripts read."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import ManagementUtility, call_command
from django.db import connections

from annotations.actions.suggest import request_suggestions
from annotations.management.commands import suggest, worker
from annotations.models import Annotation, Article, Corpus, Review, Suggestion, User
from annotations.suggesters import SuggesterMissing
from tests.cast import NEWS, FakeSuggester, StoreArticle
from tests.formats.inception import project, zipped

PASSWORD = "ferry at noon"


@dataclass
class Answer:
    """What a command left behind: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line, which has to be one JSON object."""
        answer = json.loads(self.out.splitlines()[-1])
        assert isinstance(answer, dict)
        return answer


type Manage = Callable[..., Answer]


@pytest.fixture
def manage(db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Manage:
    """Runs a command as the shell would, in this process and its transaction."""
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def manage(*arguments: object, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = 0
        try:
            ManagementUtility(["manage.py", *map(str, arguments)]).execute()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return manage


@pytest.fixture
def ferry(tmp_path: Path) -> Path:
    file = tmp_path / "in" / "ferry.txt"
    file.parent.mkdir()
    file.write_text(NEWS, encoding="utf-8")
    return file


COMMANDS = ["create_corpus", "add_member", "import_corpus", "suggest", "export_corpus"]


@pytest.mark.parametrize("command", [*COMMANDS, "worker", "serve"])
def test_a_command_tells_how_it_is_used(manage: Manage, command: str) -> None:
    answer = manage(command, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"usage: manage.py {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_misuse_is_code_two_with_the_usage(manage: Manage, command: str) -> None:
    answer = manage(command, "--no-such-option")
    assert answer.code == 2
    assert answer.err.startswith("usage:")


@pytest.mark.parametrize(
    "arguments",
    [
        ("add_member", "nowhere", "ida", "--role", "viewer"),
        ("import_corpus", "nowhere", "."),
        ("suggest", "nowhere"),
        ("export_corpus", "nowhere", "--format", "jsonl", "--output", "x"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_corpus_that_is_not_there_is_refused_and_the_others_are_named(
    manage: Manage, corpus: Corpus, arguments: tuple[str, ...]
) -> None:
    answer = manage(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert "There is no corpus “nowhere”. There are: harbour." in answer.err


# ── create_corpus ────────────────────────────────────────────────────────────────────────────────


def test_create_corpus_makes_a_corpus_with_a_preset_scheme(manage: Manage) -> None:
    answer = manage(
        "create_corpus",
        "news",
        "--name",
        "The news",
        "--scheme",
        "conll",
        "--language",
        "de",
        "--json",
    )
    assert (answer.code, answer.json) == (
        0,
        {"slug": "news", "name": "The news", "scheme": "conll"},
    )
    corpus = Corpus.objects.get()
    assert (corpus.name, corpus.language) == ("The news", "de")
    assert corpus.scheme.labels.count() == 4


def test_create_corpus_needs_a_slug_only(manage: Manage) -> None:
    answer = manage("create_corpus", "news")
    assert (answer.code, answer.out) == (0, "Made the corpus “news” with ontonotes labels.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("harbour",), "already"),
        (("two words",), "two words"),
        (("x" * 61,), "60"),
        (("../etc",), "../etc"),
        (("news", "--name", "x" * 121), "120"),
        (("news", "--language", "x" * 11), "10"),
    ],
)
def test_create_corpus_refuses_what_cannot_be_a_corpus(
    manage: Manage, corpus: Corpus, arguments: tuple[str, ...], words: str
) -> None:
    answer = manage("create_corpus", *arguments)
    assert answer.code == 1
    assert words in answer.err
    assert Corpus.objects.count() == 1


def test_create_corpus_knows_its_schemes(manage: Manage) -> None:
    assert manage("create_corpus", "news", "--scheme", "muc").code == 2


# ── add_member ───────────────────────────────────────────────────────────────────────────────────


def test_add_member_makes_the_account_where_there_is_none(manage: Manage, corpus: Corpus) -> None:
    answer = manage(
        "add_member",
        "harbour",
        "ida",
        "--role",
        "curator",
        "--password-stdin",
        "--json",
        stdin=f"{PASSWORD}\n",
    )
    assert (answer.code, answer.json) == (
        0,
        {"username": "ida", "role": "curator", "account_made": True},
    )
    assert User.objects.get(username="ida").check_password(PASSWORD)
    assert PASSWORD not in answer.out


def test_add_member_without_a_password_makes_an_account_that_nobody_can_use(
    manage: Manage, corpus: Corpus
) -> None:
    assert manage("add_member", "harbour", "ida", "--role", "viewer").code == 0
    assert not User.objects.get(username="ida").has_usable_password()


def test_add_member_changes_the_role_and_leaves_the_password(
    manage: Manage, corpus: Corpus, annotator: User
) -> None:
    answer = manage("add_member", "harbour", "ada", "--role", "curator", "--json")
    assert answer.json["account_made"] is False
    before = annotator.password
    annotator.refresh_from_db()
    assert annotator.password == before
    assert corpus.memberships.get(user=annotator).role == "curator"


def test_add_member_sets_another_password_when_it_is_given_one(
    manage: Manage, corpus: Corpus, annotator: User
) -> None:
    manage("add_member", "harbour", "ada", "--role", "curator", "--password-stdin", stdin=PASSWORD)
    annotator.refresh_from_db()
    assert annotator.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "123456789012", "password123", "ida-ida-ida"])
def test_add_member_refuses_a_weak_password_and_makes_nobody(
    manage: Manage, corpus: Corpus, password: str
) -> None:
    answer = manage(
        "add_member",
        "harbour",
        "ida-ida-ida",
        "--role",
        "viewer",
        "--password-stdin",
        stdin=password,
    )
    assert answer.code == 1
    assert "password" in answer.err
    assert not User.objects.filter(username="ida-ida-ida").exists()


@pytest.mark.parametrize("username", ["gold", "suggestions", "a/b", ""])
def test_add_member_refuses_a_name_that_cannot_be_one(
    manage: Manage, corpus: Corpus, username: str
) -> None:
    answer = manage("add_member", "harbour", username, "--role", "viewer")
    assert answer.code == 1
    assert f"no account “{username}”" in answer.err


def test_add_member_does_not_take_the_last_owner_away(manage: Manage, corpus: Corpus) -> None:
    answer = manage("add_member", "harbour", "olga", "--role", "viewer")
    assert answer.code == 1
    assert "A corpus needs an owner." in answer.err


def test_add_member_needs_a_role_that_there_is(manage: Manage, corpus: Corpus) -> None:
    assert manage("add_member", "harbour", "ida").code == 2
    assert manage("add_member", "harbour", "ida", "--role", "king").code == 2


# ── import_corpus ────────────────────────────────────────────────────────────────────────────────


def test_import_corpus_takes_files_and_folders_and_tells_of_each(
    manage: Manage, corpus: Corpus, ferry: Path
) -> None:
    deep = ferry.parent / "deep"
    (deep / ".git").mkdir(parents=True)
    (deep / "tern.txt").write_text("Tern Island is quiet.\n")
    (deep / ".git" / "config").write_text("not news\n")
    (deep / ".DS_Store").write_text("not news\n")
    answer = manage("import_corpus", "harbour", ferry, ferry.parent, "--json")
    assert answer.code == 0
    assert {key: answer.json[key] for key in ("stored", "known", "refused")} == {
        "stored": 2,
        "known": 1,
        "refused": 0,
    }
    assert [(f["name"], f.get("stored", 0)) for f in answer.json["files"]] == [
        ("ferry.txt", 1),
        ("tern.txt", 1),
        ("ferry.txt", 0),
    ]
    assert "ferry.txt: 1 stored" in answer.out.splitlines()


def test_import_corpus_takes_a_zip_of_zips(manage: Manage, corpus: Corpus, tmp_path: Path) -> None:
    week = tmp_path / "week.zip"
    week.write_bytes(zipped(("monday.zip", zipped(("ferry.txt", NEWS.encode())))))
    answer = manage("import_corpus", "harbour", week, "--json")
    assert [(f["name"], f["stored"]) for f in answer.json["files"]] == [("monday.zip/ferry.txt", 1)]


def test_import_corpus_takes_an_inception_project_and_says_what_it_left_out(
    manage: Manage, corpus: Corpus, tmp_path: Path
) -> None:
    archive = tmp_path / "harbour.zip"
    archive.write_bytes(project())
    answer = manage("import_corpus", "harbour", archive, "--new-labels", "--json")
    assert answer.code == 0
    assert (answer.json["stored"], answer.json["left_out"], answer.json["refused"]) == (3, 16, 0)
    assert "harbour.zip: 14 left out" in answer.out.splitlines()
    quotes = sorted(Annotation.objects.values_list("quote", flat=True))
    assert quotes == ["Ines Okafor", "Ola Brandt", "Port Alder"]


def test_import_corpus_takes_the_documents_where_only_java_has_the_annotations(
    manage: Manage, corpus: Corpus, tmp_path: Path
) -> None:
    archive = tmp_path / "harbour.zip"
    archive.write_bytes(project("harbour/", with_format=False))
    answer = manage("import_corpus", "harbour", archive)
    assert answer.code == 0
    assert "export the project again with UIMA CAS XMI" in answer.out
    assert Article.objects.count() == 3
    assert not Annotation.objects.exists()


def test_import_corpus_goes_on_after_a_file_that_it_refuses(
    manage: Manage, corpus: Corpus, ferry: Path
) -> None:
    (ferry.parent / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    answer = manage("import_corpus", "harbour", ferry.parent)
    assert answer.code == 0
    assert "1 of 2 files were refused." in answer.err
    assert "a.png: a.png looks like" in answer.out
    assert Article.objects.count() == 1


def test_import_corpus_fails_when_it_stored_nothing(
    manage: Manage, corpus: Corpus, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    answer = manage("import_corpus", "harbour", picture)
    assert answer.code == 1
    assert "Nothing was stored: a.png looks like" in answer.err


def test_import_corpus_begins_nothing_when_a_path_is_wrong(
    manage: Manage, corpus: Corpus, ferry: Path
) -> None:
    answer = manage("import_corpus", "harbour", ferry, ferry.parent / "no-such")
    assert answer.code == 1
    assert "no-such" in answer.err
    assert not Article.objects.exists()


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    file = tmp_path / "corpus.jsonl"
    spans = [{"start": 0, "end": 10, "label": "GPE", "state": "added"}]
    file.write_text(json.dumps({"text": "Port Alder.", "spans": spans, "status": "finished"}))
    return file


def test_import_corpus_gives_annotations_to_whom_it_is_told(
    manage: Manage, corpus: Corpus, annotated: Path
) -> None:
    assert manage("import_corpus", "harbour", annotated, "--layer", "carl").code == 0
    assert Review.objects.get().annotator.username == "carl"
    assert Annotation.objects.get().quote == "Port Alder"


def test_import_corpus_may_take_annotations_as_suggestions(
    manage: Manage, corpus: Corpus, annotated: Path
) -> None:
    assert manage("import_corpus", "harbour", annotated, "--layer", "suggestions").code == 0
    assert Suggestion.objects.get().quote == "Port Alder"
    assert not Review.objects.exists()


def test_import_corpus_refuses_a_layer_of_nobody(
    manage: Manage, corpus: Corpus, annotated: Path
) -> None:
    answer = manage("import_corpus", "harbour", annotated, "--layer", "nobody")
    assert answer.code == 1
    assert "There is no account “nobody”" in answer.err


# ── suggest ──────────────────────────────────────────────────────────────────────────────────────


def test_suggest_works_off_what_waits(
    manage: Manage, store: StoreArticle, machine: FakeSuggester
) -> None:
    store(wait=True)
    store("Port Alder.\n")
    answer = manage("suggest", "harbour", "--json")
    assert (answer.code, answer.json["done"], answer.json["failed"]) == (0, 2, 0)
    assert Suggestion.objects.count() == 9
    assert manage("suggest", "harbour", "--json").json["done"] == 0


def test_suggest_again_asks_for_all(
    manage: Manage, store: StoreArticle, machine: FakeSuggester
) -> None:
    store()
    manage("suggest", "harbour")
    machine.version = "2.0"
    answer = manage("suggest", "harbour", "--again", "--json")
    assert answer.json["done"] == 1
    assert Suggestion.objects.count() == 16


def test_suggest_tells_how_many_failed(
    manage: Manage, store: StoreArticle, machine: FakeSuggester
) -> None:
    store("a poison\n")
    store("Port Alder.\n")
    machine.poisons = ("poison",)
    answer = manage("suggest", "harbour", "--json")
    assert (answer.code, answer.json["done"], answer.json["failed"]) == (0, 1, 1)


def test_suggest_fails_with_the_reason_when_no_article_got_any(
    manage: Manage, store: StoreArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_args: object) -> FakeSuggester:
        raise SuggesterMissing("No spaCy pipeline is installed.")

    monkeypatch.setattr("annotations.actions.suggest.load_suggester", missing)
    store()
    answer = manage("suggest", "harbour", "--json")
    assert answer.code == 1
    assert "No spaCy pipeline is installed." in answer.err


def test_suggest_returns_when_the_articles_that_others_hold_are_done_too(
    manage: Manage,
    store: StoreArticle,
    corpus: Corpus,
    machine: FakeSuggester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = store()
    request_suggestions(corpus=corpus, articles=[held.pk])
    Article.objects.filter(pk=held.pk).update(suggestion_state="running", lease_holder="other")
    waited: list[float] = []

    def other_worker_finishes(seconds: float) -> None:
        waited.append(seconds)
        Article.objects.filter(pk=held.pk).update(suggestion_state="done", lease_holder="")

    clock = SimpleNamespace(sleep=other_worker_finishes, monotonic=time.monotonic)
    monkeypatch.setattr(suggest, "time", clock)
    answer = manage("suggest", "harbour", "--json")
    assert len(waited) == 1
    assert answer.json["done"] == 1


# ── export_corpus ────────────────────────────────────────────────────────────────────────────────


def test_export_corpus_writes_the_file_and_the_report(
    manage: Manage, article: Article, tmp_path: Path
) -> None:
    target = tmp_path / "out.jsonl"
    answer = manage("export_corpus", "harbour", "--format", "jsonl", "--output", target, "--json")
    assert (answer.code, answer.json["articles"]) == (0, 1)
    assert json.loads(target.read_text(encoding="utf-8"))["text"] == NEWS
    assert f"Wrote 1 articles with 0 of 0 mentions to {target}." in answer.out


def test_export_corpus_tells_what_it_left_out(
    manage: Manage, article: Article, tmp_path: Path
) -> None:
    answer = manage("export_corpus", "harbour", "--format", "conll", "--output", tmp_path / "out")
    assert "1 articles left out: Nobody has reviewed the article" in answer.out


def test_export_corpus_of_finished_articles_only(
    manage: Manage, article: Article, tmp_path: Path
) -> None:
    target = tmp_path / "out.jsonl"
    manage("export_corpus", "harbour", "--format", "jsonl", "--output", target, "--finished-only")
    assert target.read_text() == ""


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--format", "jsonl", "--layer", "nobody"), 1),
        (("--format", "docx"), 2),
        ((), 2),
    ],
)
def test_export_corpus_refuses_what_it_does_not_know(
    manage: Manage, article: Article, tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    target = tmp_path / "out.jsonl"
    answer = manage("export_corpus", "harbour", "--output", target, *options)
    assert answer.code == code
    assert not target.exists()


def test_export_corpus_says_when_it_cannot_write(
    manage: Manage, article: Article, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    answer = manage(
        "export_corpus", "harbour", "--format", "jsonl", "--output", tmp_path / "file" / "x.jsonl"
    )
    assert answer.code == 1
    assert answer.err.strip()


# ── worker and serve ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["8000", "nowhere", "host:", ":8000", "host:http"])
def test_serve_refuses_what_is_no_address(manage: Manage, address: str) -> None:
    answer = manage("serve", address)
    assert answer.code == 1
    assert f"“{address}” is no address" in answer.err


def test_a_worker_warms_up_and_works_off_the_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, object]] = []
    monkeypatch.setattr(worker, "_warm_up", lambda: None)
    monkeypatch.setattr(
        worker, "call_command", lambda name, **options: called.append((name, options))
    )
    call_command("worker")
    assert called == [("dj_queue", {"mode": "async"})]


def test_a_worker_without_a_pipeline_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(*_args: object) -> FakeSuggester:
        raise SuggesterMissing("No spaCy pipeline is installed.")

    monkeypatch.setattr(worker, "load_suggester", missing)
    worker._warm_up()
    assert "No spaCy pipeline is installed." in caplog.text


def test_from_a_shell_the_exit_code_is_the_same() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "create_corpus", "two words"],
        cwd=site.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "two words" in ended.stderr
