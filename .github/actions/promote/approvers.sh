#!/usr/bin/env bash
# Prints who has agreed to this run, as reviewer of its environment; nothing where the environment has no reviewers.
set -euo pipefail

curl --fail --silent --show-error --retry 3 --max-time 20 --header "Authorization: Bearer $GH_TOKEN" \
  --header 'Accept: application/vnd.github+json' \
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID/approvals" |
  node -e '
    const reviews = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const names = reviews.filter(({ state }) => state === "approved").map(({ user }) => user.login);
    console.log([...new Set(names)].join(", "));
  '
