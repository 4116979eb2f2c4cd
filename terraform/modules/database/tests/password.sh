#!/usr/bin/env bash
# What password.sh prints and asks yc for. yc is a stand-in: it knows one secret, with a password that a shell, a URL and a
# file of settings would each misread.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "password.sh: $*" >&2
  exit 1
}

stand_in=$(mktemp -d)
trap 'rm -r "$stand_in"' EXIT
cat >"$stand_in/yc" <<'YC'
#!/usr/bin/env bash
[[ ${YC_IAM_TOKEN-none} == "$EXPECTED_TOKEN" ]] || exit 1
[[ "$*" == 'lockbox payload get --id e6q00000000000000000 --version-id e6q00000000000000001 --key postgresql_password' ]] || exit 1
printf '%s\n' 'aZ9 $(id)`"'\''%40@/:?#&\é'
YC
chmod +x "$stand_in/yc"
PATH=$stand_in:$PATH
unset YC_TOKEN YC_IAM_TOKEN
export EXPECTED_TOKEN=none

source=(e6q00000000000000000 e6q00000000000000001 postgresql_password)
[[ $(./password.sh password "${source[@]}"; echo .) == 'aZ9 $(id)`"'\''%40@/:?#&\é.' ]] || fail 'a password is printed as it is, and no line end'

connection=$(./password.sh connection "${source[@]}" airflow c-c9q.rw.mdb.yandexcloud.net 6432 airflow; echo .)
[[ $connection =~ ^postgresql://airflow:(%[0-9a-f]{2})+@c-c9q\.rw\.mdb\.yandexcloud\.net:6432/airflow\.$ ]] || fail "an address has the password as %xx alone, and no line end: $connection"
encoded=${connection#*:*:} encoded=${encoded%%@*}
[[ $(printf '%b' "${encoded//\%/\\x}") == 'aZ9 $(id)`"'\''%40@/:?#&\é' ]] || fail 'the password of an address is the password'

# yc acts as Terraform does, and by its own profile where Terraform has no token of IAM.
YC_TOKEN=t1.terraform EXPECTED_TOKEN=t1.terraform ./password.sh password "${source[@]}" >/dev/null || fail 'the token of the provider is the token of yc'
YC_TOKEN=t1.terraform YC_IAM_TOKEN=t1.person EXPECTED_TOKEN=t1.person ./password.sh password "${source[@]}" >/dev/null || fail 'a token that was given to yc stays'
YC_TOKEN=y0_oauth ./password.sh password "${source[@]}" >/dev/null || fail 'what is no token of IAM is not given to yc as one'

# What it prints when it fails, the provider shows.
refused() {
  local status=0 output
  output=$(./password.sh "$@" 2>/dev/null) || status=$?
  ((status != 0)) && [[ -z $output ]]
}
refused password e6q99999999999999999 e6q00000000000000001 postgresql_password || fail 'a secret that may not be read ends it, and nothing is printed'
refused connection "${source[@]}" || fail 'an address wants a user, a host, a port and a database'
refused || fail 'it says how it is used'
PATH=/usr/bin:/bin refused password "${source[@]}" || fail 'without yc it says so'
echo '  password.sh... pass'
