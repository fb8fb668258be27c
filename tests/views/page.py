"""Reading answers: the blocks and marks of a review page, as its contract describes them."""

import json
from dataclasses import dataclass
from html.parser import HTMLParser

from django.http import HttpResponse


@dataclass
class Mark:
    """A highlight, or a piece of one."""

    text: str
    ids: list[str]
    label: str
    state: str
    is_current: bool


class ReviewHtml(HTMLParser):
    """The blocks' text and the marks of a page or a fragment."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.blocks: dict[int, str] = {}
        self.starts: dict[int, int] = {}
        self.zones: dict[int, str] = {}
        self.marks: list[Mark] = []
        self.revision: int | None = None
        self._block: int | None = None
        self._in_mark = False
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "data-block" in values:
            self._block = int(values["data-block"])
            self.blocks[self._block] = ""
            self.starts[self._block] = int(values["data-start"])
            self.zones[self._block] = values["data-zone"]
        elif tag == "mark":
            current = values.get("aria-current") == "true"
            ids = values["data-mention"].split()
            self.marks.append(Mark("", ids, values["data-label"], values["data-state"], current))
            self._in_mark = True
        if "data-revision" in values:
            self.revision = int(values["data-revision"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._in_mark = False
        elif tag == "div":
            self._block = None

    def handle_data(self, data: str) -> None:
        if self._block is not None:
            self.blocks[self._block] += data
            if self._in_mark:
                self.marks[-1].text += data

    def states(self) -> dict[str, str]:
        """State by id of each mark's innermost mention."""
        return {mark.ids[-1]: mark.state for mark in self.marks}


def said(response: HttpResponse, event: str = "annotations:decided") -> dict[str, object]:
    """What the answer tells the page's script."""
    headers = (response.headers.get(name, "{}") for name in ("HX-Trigger", "HX-Trigger-After-Swap"))
    told: dict[str, object] = {k: v for one in headers for k, v in json.loads(one).items()}[event]
    return told
