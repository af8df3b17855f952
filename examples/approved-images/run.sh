#!/usr/bin/env bash
# Tells the story of the README on a copy of this directory: a registry on
# loopback, an approval by two reports, lint before and after, the fix, exports.
# IMGPOLICY and REGISTRY name the programs, where they are built already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'exec 3>&- || true; rm -rf "$work"' EXIT
if [ -z "${IMGPOLICY:-}" ]; then
  (cd "$here/../.." && go build -o "$work/imgpolicy" ./cmd/imgpolicy)
  IMGPOLICY=$work/imgpolicy
fi
if [ -z "${REGISTRY:-}" ]; then
  (cd "$here/../.." && go build -o "$work/registry" ./testdata/registry)
  REGISTRY=$work/registry
fi
mkdir "$work/acme"
cp -R "$here/org" "$here/programs" "$here/reports" "$work/acme"
cd "$work/acme"

# The registry ends with its standard input, which is this script's to close.
mkfifo "$work/in"
"$REGISTRY" upstream/tool 1.4.2 <"$work/in" >"$work/address" &
exec 3>"$work/in"
until [ -s "$work/address" ]; do sleep 0.05; done
read -r host digest <"$work/address"
grep -rl registry.test:5000 org programs | while read -r file; do
  sed "s/registry\.test:5000/$host/g" "$file" >"$work/text" && cat "$work/text" >"$file"
done

# The port is another one each time, and the output is not to be.
plain() {
  sed -E -e "s/$host/registry.test:5000/g" -e "s/${host/:/-}/registry.test-5000/g" -e "s/${host/:/_}/registry.test_5000/g" \
    -e '/"file": "evidence/{n;s/[0-9a-f]{64}/<of that file>/;}' -e 's/^(\+ *"sha256": ")[0-9a-f]{64}/\1<its SHA-256>/'
}
# run shows a command, what it prints and how it ends.
run() {
  printf '\n$ %s\n' "$*" | plain
  shift
  local code=0
  { "$IMGPOLICY" "$@" --now 2026-11-26 2>&1 || code=$?; echo "exit code $code"; } | plain
}
heading() { printf '\n== %s\n' "$*"; }
tool="$host/upstream/tool:1.4.2"
app=programs/payments/checkout

heading "An application that uses what is approved"
run imgpolicy lint $app/clean
heading "One with an exception, which the organization delegates"
run imgpolicy lint $app/excepted
run imgpolicy explain $app/excepted/Dockerfile
heading "One with each kind of finding"
run imgpolicy lint --format compact $app/findings
heading "A new image, which nobody has approved yet"
run imgpolicy lint $app/new
heading "A report about another image is no evidence"
approve=(approve "$tool" --catalog org/catalog.json --report reports/grype.json --scope program:payments --expires 90d
  --by security@acme.example --ticket SEC-1234 --license MIT --copy --insecure-registry "$host")
run imgpolicy "${approve[@]}" --report reports/other.json
heading "Two scanners about the image itself are"
run imgpolicy "${approve[@]}" --report reports/trivy.json
run imgpolicy lint $app/new
heading "The fix is offline: the catalog has the digest"
run imgpolicy fix --diff $app/new
run imgpolicy fix $app/new
run imgpolicy lint $app/new
heading "What an auditor asks"
run imgpolicy catalog list --catalog org/catalog.json --expiring 14d
run imgpolicy report --config $app/clean/.imgpolicy.yaml .
heading "The same decisions where others make them"
for form in rego buildkit-source-policy hosts-toml; do
  run imgpolicy export --to $form --config $app/.imgpolicy.yaml "out/$form"
done
(cd out && find . -type f | LC_ALL=C sort) | plain
