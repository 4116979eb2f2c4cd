"""The retraining pipeline: one function per task of the DAG, each in a file of its name, in the order below.

Each takes the run and the settings, reads what earlier tasks left in the workspace, and returns a small
dict. None means that there is nothing to do and the task is skipped. Every one may run twice. Libraries are
imported inside, so that a task pays for what it uses only.
"""

from retraining.pipeline.bless import bless
from retraining.pipeline.evaluate import evaluate
from retraining.pipeline.export import export
from retraining.pipeline.gates import gates
from retraining.pipeline.ingest import ingest
from retraining.pipeline.plan_search import plan_search
from retraining.pipeline.promote import promote
from retraining.pipeline.register import register
from retraining.pipeline.search import search
from retraining.pipeline.train import train
from retraining.pipeline.validate import validate
from retraining.pipeline.validate_conversion import validate_conversion

__all__ = [
    "ingest",
    "validate",
    "plan_search",
    "search",
    "train",
    "export",
    "validate_conversion",
    "evaluate",
    "gates",
    "register",
    "bless",
    "promote",
]
