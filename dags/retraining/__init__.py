"""Retraining of credit scoring models: everything that a DAG does, without Airflow.

Read ``pipeline/`` first: one file per task, in the order in which they run.
Every other module is one noun. Heavy libraries are imported by the modules that need them,
and those modules are imported by the tasks that need them, so that no task pays for another's imports.
"""

import os

# onnxruntime's own telemetry is on by default, and sends to its vendor. It looks once, when it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
