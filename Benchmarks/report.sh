#!/bin/bash
# Runs all benchmarks of disk images on one raw disk and writes their tables into docs/performance.md, between its markers.
#
#   Benchmarks/report.sh [RAW-IMAGE]      see common.sh for the variables
set -eu -o pipefail
folder=$(cd "$(dirname "$0")" && pwd)
page=$folder/../docs/performance.md
table=$(mktemp)
trap 'rm -f "$table"' EXIT
for part in qcow2 formats one-pass; do
    "$folder/$part.sh" "$@"
    echo
done >"$table"
awk -v table="$table" '
    /<!-- formats: end -->/ { inside = 0 }
    !inside { print }
    /<!-- formats: begin -->/ { inside = 1; print ""; while ((getline line < table) > 0) print line }
' "$page" >"$page.partial"
mv "$page.partial" "$page"
