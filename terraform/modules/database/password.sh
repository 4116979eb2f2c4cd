#!/bin/sh
# Reads the password of a user out of the Lockbox secret in which Connection Manager keeps it, with `yc`, and prints it
# without a line's end:
#   password.sh password   SECRET VERSION KEY                            as it is
#   password.sh connection SECRET VERSION KEY USER HOST PORT DATABASE    in the address of a database
# Nothing is printed before all is known: of a command that fails, the provider shows what it printed.
set -eu

# Who Terraform is, yc is: the token that the provider was given goes before yc's own profile.
case ${YC_TOKEN-} in
  t1.*) export YC_IAM_TOKEN="${YC_IAM_TOKEN-$YC_TOKEN}" ;;
esac

case "${1-} $#" in
  'password 4' | 'connection 8') ;;
  *)
    echo 'usage: password.sh password SECRET VERSION KEY | connection SECRET VERSION KEY USER HOST PORT DATABASE' >&2
    exit 2
    ;;
esac

command -v yc >/dev/null || {
  echo 'password.sh wants yc, logged in, on the PATH: https://yandex.cloud/en/docs/cli/quickstart' >&2
  exit 1
}
password=$(yc lockbox payload get --id "$2" --version-id "$3" --key "$4") && [ -n "$password" ] || {
  echo "The password of the database's user was not found: key $4 of version $3 of the Lockbox secret $2. Who applies this needs lockbox.payloadViewer there." >&2
  exit 1
}

if [ "$1" = password ]; then
  printf %s "$password"
else
  # Each byte as %xx: no character of a password means anything to a URL, a shell or a file of settings then.
  encoded=$(printf %s "$password" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
  printf 'postgresql://%s:%s@%s:%s/%s' "$5" "$encoded" "$6" "$7" "$8"
fi
