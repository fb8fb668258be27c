"""How a person likes the review page."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.actions import settings as actions
from annotations.domain.keys import Keymap, UnusableKey
from annotations.domain.review_order import ReviewOrder
from annotations.forms import KeysForm, OrderForm
from annotations.views.common import Request


@require_http_methods(["GET", "POST"])
def key_settings(request: Request) -> HttpResponse:
    """One's own keys for the review page."""
    if request.method == "GET":
        form = KeysForm(request.user.keymap)
        return render(request, "annotations/key_settings.html", {"form": form})
    if "usual" in request.POST:
        actions.set_keys(user=request.user, choices={})
        messages.success(request, "The usual keys are back.")
        return redirect("key-settings")
    form = KeysForm(Keymap(), request.POST)
    if form.is_valid():
        try:
            actions.set_keys(user=request.user, choices=form.choices)
        except UnusableKey as refusal:
            for act in refusal.acts:
                form.add_error(act, str(refusal))
        else:
            messages.success(request, "Your keys are saved.")
            return redirect("key-settings")
    return render(request, "annotations/key_settings.html", {"form": form}, status=422)


@require_POST
def review_order(request: Request) -> HttpResponse:
    """In which order the review page walks from now on."""
    form = OrderForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Which order?")
    actions.set_order(user=request.user, order=ReviewOrder(form.cleaned_data["order"]))
    return HttpResponse(status=204)
