"""CoNLL with two columns, token and tag with a tab between, as doccano reads it.

Its parser refuses any line without exactly one tab and makes an example of every stretch between
blank lines, so a line for the start of a document would become an example. All else is as in
`annotations.formats.conll`, whose reader reads both.
"""

from typing import ClassVar

from annotations.formats.conll import ColumnWriter


class Writer(ColumnWriter):
    """Token and tag."""

    name: ClassVar[str] = "conll2"
    title: ClassVar[str] = "CoNLL, token and tag (IOB2, two columns)"
    document_start: ClassVar[str] = ""
    separator: ClassVar[str] = "\t"
