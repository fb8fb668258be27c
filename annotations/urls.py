"""The addresses of a corpus and its articles; names are noun-verb."""

from django.urls import path

from annotations.views import (
    articles,
    comments,
    corpora,
    decisions,
    exports,
    history,
    presence,
    releases,
    reviews,
    uploads,
)

app_name = "annotations"

_article = "<slug:slug>/articles/<int:number>"

urlpatterns = [
    path("", corpora.corpus_list, name="corpus-list"),
    path("new/", corpora.corpus_create, name="corpus-create"),
    path("<slug:slug>/", corpora.corpus_detail, name="corpus-detail"),
    path("<slug:slug>/guideline/", corpora.guideline, name="guideline"),
    path("<slug:slug>/labels/", corpora.labels, name="labels"),
    path("<slug:slug>/members/", corpora.members, name="members"),
    path("<slug:slug>/members/<int:user_id>/remove/", corpora.member_remove, name="member-remove"),
    path("<slug:slug>/upload/", uploads.upload, name="upload"),
    path("<slug:slug>/uploads/<int:upload_id>/", uploads.upload_preview, name="upload-preview"),
    path(
        "<slug:slug>/uploads/<int:upload_id>/files/<int:file_id>/",
        uploads.upload_choose,
        name="upload-choose",
    ),
    path("<slug:slug>/uploads/<int:upload_id>/store/", uploads.upload_store, name="upload-store"),
    path(
        "<slug:slug>/uploads/<int:upload_id>/discard/",
        uploads.upload_discard,
        name="upload-discard",
    ),
    path("<slug:slug>/articles/", articles.article_list, name="article-list"),
    path("<slug:slug>/articles/suggest/", articles.suggest_failed, name="suggest-failed"),
    path(f"{_article}/review/", reviews.article_review, name="article-review"),
    path(f"{_article}/review/card/", reviews.article_card, name="article-card"),
    path(f"{_article}/review/changes/", reviews.article_changes, name="article-changes"),
    path(
        f"{_article}/review/suggestions/", reviews.article_suggestions, name="article-suggestions"
    ),
    path(f"{_article}/review/decide/", decisions.article_decide, name="article-decide"),
    path(f"{_article}/review/add/", decisions.article_add, name="article-add"),
    path(f"{_article}/review/undo/", decisions.article_undo, name="article-undo"),
    path(f"{_article}/review/redo/", decisions.article_redo, name="article-redo"),
    path(f"{_article}/review/finish/", decisions.article_finish, name="article-finish"),
    path(f"{_article}/review/reopen/", decisions.article_reopen, name="article-reopen"),
    path(f"{_article}/review/history/", history.article_history, name="article-history"),
    path(f"{_article}/review/restore/", history.article_restore, name="article-restore"),
    path(f"{_article}/review/presence/", presence.article_presence, name="article-presence"),
    path(f"{_article}/comments/", comments.article_comments, name="article-comments"),
    path(f"{_article}/comments/add/", comments.article_comment, name="article-comment"),
    path(
        f"{_article}/comments/<int:comment_id>/reply/", comments.comment_reply, name="comment-reply"
    ),
    path(
        f"{_article}/comments/<int:comment_id>/settle/",
        comments.comment_settle,
        name="comment-settle",
    ),
    path(
        f"{_article}/comments/<int:comment_id>/reopen/",
        comments.comment_reopen,
        name="comment-reopen",
    ),
    path(f"{_article}/details/", articles.article_details, name="article-details"),
    path(f"{_article}/original/", articles.article_original, name="article-original"),
    path(f"{_article}/suggest/", articles.suggest_again, name="suggest-again"),
    path("<slug:slug>/export/", exports.export, name="export"),
    path("<slug:slug>/exports/<int:export_id>/", exports.export_result, name="export-result"),
    path(
        "<slug:slug>/exports/<int:export_id>/download/",
        exports.export_download,
        name="export-download",
    ),
    path("<slug:slug>/releases/", releases.release_list, name="release-list"),
    path(
        "<slug:slug>/releases/<int:release_id>/download/",
        releases.release_download,
        name="release-download",
    ),
    path(
        "<slug:slug>/releases/<int:release_id>/delete/",
        releases.release_delete,
        name="release-delete",
    ),
    path(
        "<slug:slug>/releases/<int:release_id>/compare/<int:other_id>/",
        releases.release_compare,
        name="release-compare",
    ),
]
