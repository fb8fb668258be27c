"""frictionless, without what importing it changes for the whole process."""

import csv

import frictionless

_limit = csv.field_size_limit()

import frictionless.formats.csv.parser  # noqa: E402 - or it comes with the first table

# With it a cell may be as long as it likes, and tests of ours find out when that is too long.
csv.field_size_limit(_limit)

Package = frictionless.Package
