"""Prepares an MLflow server for this platform: experiment, registered model, webhook. Safe to run again.

    python mlflow/bootstrap.py --tracking-uri http://127.0.0.1:5000 --webhook-url http://127.0.0.1:8082/webhooks/mlflow

The webhook's secret comes from MLFLOW_WEBHOOK_SECRET. Every line printed is something done or found done.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

# A missing server is waited for below; the client's own retries would only make each look slower.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

EXPERIMENT = "credit-scoring-retraining"
EXPERIMENT_DESCRIPTION = "One run per DAG run of credit_scoring_retraining, one nested run per candidate."
MODEL_DESCRIPTION = (
    "Probability that a client defaults next month. Every version is a model package (mlflow/contract). "
    "The alias champion answers live traffic, challenger is the newest version that passed the gates."
)
WEBHOOK = "serving-alias-moved"
WEBHOOK_DESCRIPTION = "Hurries the replicas, which poll the alias anyway."
# An alias that moves is "created" again. Tags are not sent: serving reads them when it looks at the alias.
WEBHOOK_EVENTS = ["model_version_alias.created"]
_POLL_SECONDS = 0.5


def wait_for_server(tracking_uri: str, timeout_seconds: float) -> None:
    """Returns when the server says that it is healthy; SystemExit with one clear line when time is up."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            with urllib.request.urlopen(f"{tracking_uri.rstrip('/')}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                sys.exit(f"MLflow at {tracking_uri} did not answer within {timeout_seconds:g} s: {error}")
            time.sleep(_POLL_SECONDS)


def ensure_experiment(client: Any) -> str:
    """Creates the experiment, or describes it anew; returns what was done."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    client.set_experiment_tag(experiment_id, "mlflow.note.content", EXPERIMENT_DESCRIPTION)
    return f"experiment {EXPERIMENT}: {'is there' if experiment else 'created'} (id {experiment_id})"


def ensure_model(client: Any, name: str) -> str:
    """Creates the registered model, or describes it anew; returns what was done."""
    there = bool(client.search_registered_models(f"name = '{name}'"))
    if there:
        client.update_registered_model(name, MODEL_DESCRIPTION)
    else:
        client.create_registered_model(name, description=MODEL_DESCRIPTION)
    return f"registered model {name}: {'is there' if there else 'created'}"


def ensure_webhook(client: Any, url: str, secret: str) -> str:
    """Creates the webhook, or updates URL, events and secret of the one there; returns what was done.

    Always updated: a secret cannot be read back to compare it.
    """
    wanted = {
        "url": url,
        "events": WEBHOOK_EVENTS,
        "description": WEBHOOK_DESCRIPTION,
        "secret": secret,
        "status": "ACTIVE",
    }
    found = [webhook for webhook in client.list_webhooks(max_results=100) if webhook.name == WEBHOOK]
    for webhook in found[1:]:
        client.delete_webhook(webhook.webhook_id)
    if found:
        client.update_webhook(found[0].webhook_id, **wanted)
    else:
        client.create_webhook(WEBHOOK, **wanted)
    return f"webhook {WEBHOOK}: {'updated' if found else 'created'}, {', '.join(WEBHOOK_EVENTS)} to {url}"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracking-uri", default=os.environ.get("MLFLOW_TRACKING_URI"), help="or MLFLOW_TRACKING_URI")
    parser.add_argument("--model", default=os.environ.get("MODEL_NAME", "credit-scoring"), help="or MODEL_NAME")
    parser.add_argument("--webhook-url", help="serving's receiver; without it no webhook is made")
    parser.add_argument("--timeout-seconds", type=float, default=60, help="how long to wait for the server")
    options = parser.parse_args(arguments)
    if not options.tracking_uri:
        parser.error("--tracking-uri or MLFLOW_TRACKING_URI is needed")
    secret = os.environ.get("MLFLOW_WEBHOOK_SECRET", "")
    if options.webhook_url and not secret:
        parser.error("--webhook-url needs MLFLOW_WEBHOOK_SECRET: an unsigned webhook would be refused by serving")
    wait_for_server(options.tracking_uri, options.timeout_seconds)

    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(options.tracking_uri)
    try:
        print(ensure_experiment(client))
        print(ensure_model(client, options.model))
        if options.webhook_url:
            print(ensure_webhook(client, options.webhook_url, secret))
    except MlflowException as error:
        sys.exit(f"MLflow at {options.tracking_uri} refused: {error}")


if __name__ == "__main__":
    main()
