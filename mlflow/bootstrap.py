"""Prepares an MLflow server for this platform: experiments, registered model, webhook, users. Safe to run again.

    python mlflow/bootstrap.py --tracking-uri http://127.0.0.1:5000 --webhook-url http://127.0.0.1:8082/webhooks/mlflow

The webhook's secret comes from MLFLOW_WEBHOOK_SECRET. On a server with users (`--app-name basic-auth`) it needs an
administrator's MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, and makes two users, where they are named: who
serves (READER_USERNAME, READER_PASSWORD) may read model and experiments, who trains (EDITOR_USERNAME, EDITOR_PASSWORD)
may edit them. Their passwords become these. Every line printed is something done or found done.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# A missing server is waited for below; the client's own retries would only make each look slower.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

EXPERIMENTS = {
    "credit-scoring-retraining": "One run per DAG run of credit_scoring_retraining, one nested run per candidate.",
    "credit-scoring-monitoring": "One run per look at the live model: drift, quality, and what was concluded.",
}
MODEL_DESCRIPTION = (
    "Probability that a client defaults next month. Every version is a model package (mlflow/contract). "
    "The alias champion answers live traffic, challenger is the newest version that passed the gates."
)
WEBHOOK = "serving-alias-moved"
WEBHOOK_DESCRIPTION = "Hurries the replicas, which poll the alias anyway."
# An alias that moves is "created" again. Tags are not sent: serving reads them when it looks at the alias.
WEBHOOK_EVENTS = ["model_version_alias.created"]
_POLL_SECONDS = 0.5
_CALL_SECONDS = 20

Post = Callable[[str, str, dict[str, str]], int]
"""Sends a body to a path of the server by a method, and returns the status."""


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


def ensure_experiment(client: Any, name: str, description: str) -> tuple[str, str]:
    """Creates the experiment, or describes it anew; returns its id and what was done."""
    experiment = client.get_experiment_by_name(name)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(name)
    client.set_experiment_tag(experiment_id, "mlflow.note.content", description)
    return (
        experiment_id,
        f"experiment {name}: {'is there' if experiment else 'created'} (id {experiment_id})",
    )


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


@dataclass(frozen=True)
class User:
    """Who may do what: ``permission`` on the model and on each experiment."""

    name: str
    password: str
    permission: str


def users(environment: Mapping[str, str]) -> list[User]:
    """Those that the environment names; SystemExit with one clear line where one lacks its password."""
    found = []
    for role, permission in (("READER", "READ"), ("EDITOR", "EDIT")):
        name, password = (
            environment.get(f"{role}_USERNAME", ""),
            environment.get(f"{role}_PASSWORD", ""),
        )
        if bool(name) != bool(password):
            sys.exit(f"{role}_USERNAME and {role}_PASSWORD go together: one of them is not set")
        if name:
            found.append(User(name, password, permission))
    return found


def ensure_user(post: Post, user: User, model: str, experiment_ids: list[str]) -> str:
    """Creates the user or gives it this password, then sets its permissions; returns what was done."""
    there = (
        post(
            "POST",
            "/api/2.0/mlflow/users/create",
            {"username": user.name, "password": user.password},
        )
        == 409
    )
    if there:
        post(
            "PATCH",
            "/api/2.0/mlflow/users/update-password",
            {"username": user.name, "password": user.password},
        )
    resources = [
        ("registered_model", model),
        *(("experiment", each) for each in experiment_ids),
    ]
    for kind, resource in resources:
        grant = {
            "username": user.name,
            "resource_type": kind,
            "resource_id": resource,
            "permission": user.permission,
        }
        post("POST", "/api/3.0/mlflow/users/permissions/grant", grant)
    return f"user {user.name}: {'is there' if there else 'created'}, {user.permission} on {len(resources)} resources"


def poster(tracking_uri: str) -> Post:
    """Calls to the server's API of users, as the administrator: MLflow's own client of it needs the server's packages.

    A call returns its status, 2xx or 409 (there already). All else is a SystemExit with one clear line.
    """
    name, password = (
        os.environ.get("MLFLOW_TRACKING_USERNAME", ""),
        os.environ.get("MLFLOW_TRACKING_PASSWORD", ""),
    )
    authorization = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    def post(method: str, path: str, body: dict[str, str]) -> int:
        request = urllib.request.Request(
            f"{tracking_uri.rstrip('/')}{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={
                "Authorization": authorization,
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_CALL_SECONDS) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            message = error.read().decode(errors="replace")
            if "RESOURCE_ALREADY_EXISTS" in message:
                return 409
            sys.exit(f"MLflow at {tracking_uri} refused {path}: {error.code} {message[:300]}")
        except OSError as error:
            sys.exit(f"MLflow at {tracking_uri} did not answer {path}: {error}")

    return post


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tracking-uri",
        default=os.environ.get("MLFLOW_TRACKING_URI"),
        help="or MLFLOW_TRACKING_URI",
    )
    parser.add_argument(
        "--model",
        default=os.environ.get("MODEL_NAME", "credit-scoring"),
        help="or MODEL_NAME",
    )
    parser.add_argument("--webhook-url", help="serving's receiver; without it no webhook is made")
    parser.add_argument(
        "--timeout-seconds",
        type=float,
        default=60,
        help="how long to wait for the server",
    )
    options = parser.parse_args(arguments)
    if not options.tracking_uri:
        parser.error("--tracking-uri or MLFLOW_TRACKING_URI is needed")
    secret = os.environ.get("MLFLOW_WEBHOOK_SECRET", "")
    if options.webhook_url and not secret:
        parser.error("--webhook-url needs MLFLOW_WEBHOOK_SECRET: an unsigned webhook would be refused by serving")
    wanted_users = users(os.environ)
    wait_for_server(options.tracking_uri, options.timeout_seconds)

    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(options.tracking_uri)
    try:
        experiment_ids = []
        for name, description in EXPERIMENTS.items():
            experiment_id, done = ensure_experiment(client, name, description)
            experiment_ids.append(experiment_id)
            print(done)
        print(ensure_model(client, options.model))
        if options.webhook_url:
            print(ensure_webhook(client, options.webhook_url, secret))
        for user in wanted_users:
            print(ensure_user(poster(options.tracking_uri), user, options.model, experiment_ids))
    except MlflowException as error:
        sys.exit(f"MLflow at {options.tracking_uri} refused: {error}")


if __name__ == "__main__":
    main()
