"""What holds for every answer of the site, and whether it is well."""

import json
import re

import pytest
from dj_queue.models import Process
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Article, User


@pytest.mark.parametrize("path", ["/accounts/login/", "/healthz", "/nowhere/", "/corpora/none/"])
def test_every_answer_carries_the_headers_that_keep_scripts_and_frames_out(
    client: Client, stranger: User, path: str
) -> None:
    if "corpora" in path:
        client.force_login(stranger)
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_no_page_holds_a_script_or_style_of_its_own(
    client: Client, owner: User, suggested: Article
) -> None:
    client.force_login(owner)
    names = ("corpus-detail", "article-list", "upload", "export", "members", "guideline", "labels")
    paths = [reverse(f"annotations:{name}", args=["harbour"]) for name in names]
    names = ("article-review", "article-comments")
    paths += [reverse(f"annotations:{name}", args=["harbour", suggested.number]) for name in names]
    for path in [*paths, reverse("annotations:corpus-list")]:
        text = client.get(path).text
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        for tag in text.split("<script")[1:]:
            attributes = tag.split(">")[0]
            assert " src=" in attributes or 'type="application/json"' in attributes, path


def test_healthz_answers_while_the_process_lives(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


def test_readyz_is_503_while_no_worker_lives_and_says_so(client: Client, db: None) -> None:
    response = client.get("/readyz")
    body = json.loads(response.content)
    assert response.status_code == 503
    assert body["database"] is True
    assert body["migrations"] is True
    assert body["worker_heartbeat_age"] is None


def test_readyz_is_200_with_a_live_worker(client: Client, db: None) -> None:
    Process.objects.create(
        kind="Worker", name="w", pid=1, hostname="h", last_heartbeat_at=timezone.now()
    )
    assert client.get("/readyz").status_code == 200


def test_a_wrong_password_is_told_like_an_unknown_user(client: Client, owner: User) -> None:
    answers = [
        client.post("/accounts/login/", {"username": name, "password": "wrong"})
        for name in (owner.username, "nobody")
    ]
    with_name_removed = [
        re.sub(rf"{name}|csrfmiddlewaretoken.*|X-CSRFToken.*", "", answer.text)
        for name, answer in zip((owner.username, "nobody"), answers, strict=True)
    ]
    assert with_name_removed[0] == with_name_removed[1]


def test_signing_in_does_not_lead_to_another_site(client: Client, owner: User) -> None:
    response = client.post(
        "/accounts/login/?next=https://elsewhere.example/",
        {"username": "olga", "password": "olga of Port Alder"},
    )
    assert response.headers["Location"] == "/corpora/"
