"""All addresses of the site."""

from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from annotations.views.health import healthz, readyz
from annotations.views.settings import key_settings, review_order

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="annotations:corpus-list"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(
        "accounts/login/",
        auth.LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path(
        "accounts/password/done/",
        RedirectView.as_view(pattern_name="annotations:corpus-list"),
        name="password_change_done",
    ),
    path("accounts/keys/", key_settings, name="key-settings"),
    path("accounts/review-order/", review_order, name="review-order"),
    path("corpora/", include("annotations.urls")),
]
