"""The site's addresses and one more: the least that a signed-in write can cost."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone

from annotations.models import User


def one_update(request: HttpRequest) -> HttpResponse:
    """One UPDATE behind the whole middleware, by a signed-in person."""
    User.objects.filter(pk=request.user.pk).update(last_login=timezone.now())
    return HttpResponse("done")


urlpatterns = [path("floor/", one_update), path("", include("newsroom.urls"))]
