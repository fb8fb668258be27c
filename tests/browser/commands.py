"""Management commands in one warm process: a fresh one for each would take seconds to import.

Reads requests from standard input, a JSON object a line: ``args`` as after ``manage.py``, and
``typed``, what the command reads. Answers each with one line: ``code``, ``out`` and ``err``.
"""

import io
import json
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout

from django.core.management import ManagementUtility


def main() -> None:
    """Answer requests until standard input ends."""
    requests, answers = sys.stdin, sys.stdout
    for line in requests:
        request = json.loads(line)
        answers.write(json.dumps(_run(request["args"], request["typed"])) + "\n")
        answers.flush()


def _run(args: list[str], typed: str) -> dict[str, object]:
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.StringIO(typed)
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            ManagementUtility(["manage.py", *args]).execute()
        except SystemExit as stop:
            code = stop.code
        except Exception:  # noqa: BLE001 - the next command gets its turn, as in a new process
            traceback.print_exc()
            code = 1
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    main()
