#!/bin/sh
# Installs a released qpiac: finds the package for this machine, compares its check sum, unpacks it, and
# puts it on the path of later steps. What `action.yml` runs; takes
#
#   QPIAC_VERSION      1.2.3, v1.2.3 or latest
#   QPIAC_REPOSITORY   OWNER/NAME, whose releases are meant
#   QPIAC_SHA256       the check sum to insist on; may be empty
#   RUNNER_TEMP, GITHUB_PATH, GITHUB_OUTPUT, GITHUB_SERVER_URL   as the runner sets them
set -eu

fail() {
  printf '::error title=qpiac was not installed::%s\n' "$1"
  exit 1
}

server=${GITHUB_SERVER_URL:-https://github.com}
releases=$server/${QPIAC_REPOSITORY:?}/releases

fetch() {
  case $server in
    https://*) set -- --proto '=https' --tlsv1.2 "$@" ;;
  esac
  curl --fail --silent --show-error --location --retry 3 --max-time 300 "$@"
}

case $(uname -s) in
  Linux) system=unknown-linux-musl ;;
  Darwin) system=apple-darwin ;;
  *) fail "there is no package for $(uname -s)" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) fail "there is no package for $(uname -m)" ;;
esac

version=${QPIAC_VERSION:-latest}
if [ "$version" = latest ]; then
  # GitHub leads from here to the page of the newest release, whose address ends with the tag.
  newest=$(fetch --output /dev/null --write-out '%{url_effective}' "$releases/latest") ||
    fail "$releases/latest cannot be read"
  version=${newest##*/}
fi
version=${version#v}
case $version in
  *[!0-9A-Za-z.+-]* | '') fail "this is no version: $version" ;;
  [0-9]*.[0-9]*.[0-9]*) ;;
  *) fail "this is no version: $version" ;;
esac

package=qpiac-v$version-$machine-$system.tar.gz
folder=$(mktemp -d "${RUNNER_TEMP:?}/qpiac.XXXXXX")
fetch --output "$folder/SHA256SUMS" "$releases/download/v$version/SHA256SUMS" ||
  fail "there is no release v$version in ${QPIAC_REPOSITORY}"
fetch --output "$folder/$package" "$releases/download/v$version/$package" ||
  fail "the release v$version has no $package"

if command -v sha256sum > /dev/null; then
  digest=$(sha256sum "$folder/$package")
else
  digest=$(shasum -a 256 "$folder/$package")
fi
digest=${digest%% *}
listed=$(awk -v name="$package" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")
for wanted in "$listed" "${QPIAC_SHA256:-$listed}"; do
  [ "$digest" = "$wanted" ] || fail "$package has the check sum $digest, and not ${wanted:-any that is listed}"
done

mkdir "$folder/bin"
tar -xzf "$folder/$package" -C "$folder/bin" qpiac
said=$("$folder/bin/qpiac" --version) || fail "$package holds nothing that runs here"
[ "$said" = "qpiac $version" ] || fail "$package says that it is $said"

echo "$folder/bin" >> "${GITHUB_PATH:?}"
{
  echo "version=$version"
  echo "path=$folder/bin/qpiac"
} >> "${GITHUB_OUTPUT:?}"
echo "qpiac $version, sha256 $digest"
