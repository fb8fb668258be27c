"""Changing one's keys, and the order in which the review page walks."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from annotations.domain.keys import Keymap
from annotations.models import Article, Corpus, User

URL = "/accounts/keys/"


def typed(**changed: str) -> dict[str, str]:
    fields = {name: " ".join(keys) for name, keys in Keymap().keys.items()}
    return fields | {name.replace("_", "-"): keys for name, keys in changed.items()}


@pytest.fixture
def editor(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def test_a_person_changes_a_key_and_the_review_page_knows(
    editor: Client, annotator: User, suggested: Article
) -> None:
    assert editor.post(URL, typed(accept="Space", flag="")).status_code == 302
    annotator.refresh_from_db()
    assert annotator.review_settings["keys"] == {"accept": ["Space"], "flag": []}
    page = editor.get(reverse("annotations:article-review", args=["harbour", suggested.number]))
    found = re.search(r'<script id="desk-data" type="application/json">(.*?)</script>', page.text)
    assert found is not None
    acts = json.loads(found[1])["keys"]
    assert acts["Space"] == "accept"
    assert "Enter" not in acts
    assert "<kbd>Space</kbd> accept" in page.text


def test_a_conflict_is_told_beside_both_fields_and_what_was_typed_is_kept(
    editor: Client, annotator: User
) -> None:
    response = editor.post(URL, typed(flag="x"))
    assert response.status_code == 422
    assert response.text.count("would share it") == 2
    assert 'name="flag" value="x"' in response.text
    annotator.refresh_from_db()
    assert annotator.review_settings == {}


def test_a_letter_that_sets_a_label_of_ones_corpus_is_refused_by_name(
    editor: Client, corpus: Corpus
) -> None:
    response = editor.post(URL, typed(flag="m"))
    assert response.status_code == 422
    assert "it sets MONEY in “Harbour news”" in response.text


def test_the_usual_keys_come_back(editor: Client, annotator: User) -> None:
    editor.post(URL, typed(accept="Space"))
    editor.post(URL, {"usual": "1"})
    annotator.refresh_from_db()
    assert annotator.keymap == Keymap()


def test_the_order_is_kept_and_another_word_is_refused(
    editor: Client, annotator: User, suggested: Article
) -> None:
    assert editor.post("/accounts/review-order/", {"order": "doubt"}).status_code == 204
    page = editor.get(reverse("annotations:article-review", args=["harbour", suggested.number]))
    assert 'data-order="doubt"' in page.text
    assert editor.post("/accounts/review-order/", {"order": "random"}).status_code == 400


def test_settings_that_mean_nothing_break_no_page(
    editor: Client, annotator: User, suggested: Article
) -> None:
    annotator.review_settings = {"keys": {"accept": 7, "fly": ["z"]}, "order": "upwards"}
    annotator.save()
    page = editor.get(reverse("annotations:article-review", args=["harbour", suggested.number]))
    assert page.status_code == 200
    assert editor.get(URL).status_code == 200
