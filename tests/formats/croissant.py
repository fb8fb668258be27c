"""mlcroissant, made fit for being imported under pytest."""

import sys

import mlcroissant
from absl import logging

# Its logging would close the stream that it was imported under, which is pytest's own, as soon as
# somebody sets logging up anew.
logging.get_absl_handler().python_handler.stream = sys.__stderr__

Dataset = mlcroissant.Dataset
