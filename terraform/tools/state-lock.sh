#!/usr/bin/env bash
# Asks a bucket whether it keeps locks: two Terraforms at one state, one of them killed. A store that does not know
# conditional writes takes both without a word, and the state of one is lost.
#   state-lock.sh BACKEND_HCL    as for `terraform init -backend-config`, with keys in AWS_ACCESS_KEY_ID and
#                                AWS_SECRET_ACCESS_KEY. It writes below state-lock/ in that bucket, and leaves an empty state.
set -euo pipefail

backend=$(realpath "${1:?usage: state-lock.sh BACKEND_HCL}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
export TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
holder=

# Also when the test fails: the one that holds the lock, and what waits below it.
clear_away() {
  [[ -z $holder ]] || kill -- "-$holder" 2>/dev/null || true
  rm -rf "$work"
}
trap clear_away EXIT

fail() {
  echo "state lock: $1" >&2
  [[ -z ${2:-} ]] || cat "$2" >&2
  exit 1
}

# The backend as environments have it, at a key of its own, and something that holds the lock for as long as a file is there.
cp "$here/../bootstrap/backend.tf" "$work/"
cat >"$work/holds.tf" <<'TF'
resource "terraform_data" "holds" {
  provisioner "local-exec" {
    command = "touch holding; while [ -e holding ]; do sleep 0.1; done"
  }
}
TF
cd "$work"
terraform init -input=false -no-color -backend-config="$backend" -backend-config=key=state-lock/terraform.tfstate >init.log 2>&1 || fail 'terraform init failed' init.log

hold() {
  set -m
  terraform apply -auto-approve -input=false -no-color -lock-timeout=0s >holder.log 2>&1 &
  holder=$!
  set +m
  for _ in {1..600}; do
    [[ ! -e holding ]] || return 0
    kill -0 "$holder" 2>/dev/null || fail 'the first apply ended before it held the lock' holder.log
    sleep 0.1
  done
  fail 'the first apply did not come to hold the lock within a minute' holder.log
}

# Who comes second is refused, and told by whom.
refused() {
  if terraform plan -input=false -no-color -lock-timeout=0s >second.log 2>&1; then
    fail "$1: a second Terraform was let in. This bucket keeps no locks: do not let two people near it"
  fi
  grep -q 'Error acquiring the state lock' second.log || fail "$1: it failed, but not at the lock" second.log
  grep -Eq "Who: +$(id -un)@" second.log || fail "$1: it does not say who holds the lock" second.log
}

hold
refused 'while another applies'
echo '  while one applies, a second is refused and told who holds the state... pass'

rm holding
wait "$holder" || fail 'the first apply failed' holder.log
holder=
terraform plan -input=false -no-color -lock-timeout=0s >after.log 2>&1 || fail 'the lock is still held after the apply' after.log
echo '  when it is done, the lock is gone... pass'

terraform destroy -auto-approve -input=false -no-color >destroy.log 2>&1 || fail 'terraform destroy failed' destroy.log
hold
kill -KILL -- "-$holder"
wait "$holder" 2>/dev/null || true
holder=
rm -f holding
refused 'after the holder was killed'
echo '  who is killed keeps the lock: nobody knows what it had changed... pass'

terraform force-unlock -force "$(sed -nE 's/^.*ID: +([-0-9a-f]{36})$/\1/p' second.log | head -1)" >unlock.log 2>&1 || fail 'terraform force-unlock failed' unlock.log
terraform plan -input=false -no-color -lock-timeout=0s >after.log 2>&1 || fail 'the lock is still held after force-unlock' after.log
echo '  terraform force-unlock takes it away... pass'

terraform destroy -auto-approve -input=false -no-color >destroy.log 2>&1 || fail 'terraform destroy failed' destroy.log
