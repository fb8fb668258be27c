"""Static files as they are served: by WhiteNoise, and our scripts without what only people read."""

import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from whitenoise.middleware import WhiteNoiseMiddleware

#: A comment that has its lines to itself.
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*$", re.MULTILINE | re.DOTALL)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise; our own scripts are served lean.

    The review page's scripts have to be small and still say why they do what they do. With DEBUG
    the sources themselves are served, line by line.
    """

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        if url.startswith(f"{self.static_prefix}js/") and not self.autorefresh:
            return super().get_static_file(str(_lean_copy(Path(path))), url)
        return super().get_static_file(path, url, stat_cache)


def lean(script: str) -> str:
    """A script without comments, indentation and empty lines.

    Meant for sources in which comments have lines of their own and no string spans lines.
    """
    lines = (line.strip() for line in _COMMENT.sub("", script).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Gone when the process ends."""
    return tempfile.TemporaryDirectory(prefix="newsroom-scripts-")


@cache
def _lean_copy(path: Path) -> Path:
    copy = Path(_folder().name) / "-".join(path.parts[-3:])
    copy.write_text(lean(path.read_text(encoding="utf-8")), encoding="utf-8")
    return copy
