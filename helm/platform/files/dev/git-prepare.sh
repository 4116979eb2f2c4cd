# The bare repository that Airflow follows, with a first commit: a branch that is not there could not be followed.
set -eu
repository=/srv/git/dags.git
[ -d "$repository" ] || git init --quiet --bare --initial-branch=main "$repository"
cd "$repository"
if ! git rev-parse --verify --quiet refs/heads/main > /dev/null; then
  file=$(printf 'Push the folders dags and mlflow/contract here.\n' | git hash-object -w --stdin)
  folder=$(printf '100644 blob %s\tREADME\n' "$file" | git mktree)
  tree=$(printf '040000 tree %s\tdags\n' "$folder" | git mktree)
  commit=$(GIT_AUTHOR_NAME=platform GIT_AUTHOR_EMAIL=platform@localhost GIT_COMMITTER_NAME=platform \
    GIT_COMMITTER_EMAIL=platform@localhost git commit-tree "$tree" -m 'Nothing pushed yet')
  git update-ref refs/heads/main "$commit"
fi
