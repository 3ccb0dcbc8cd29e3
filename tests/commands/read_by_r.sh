#!/bin/sh
# R's haven and survival read what is exported: read_by_r.sh RESPITE SOURCE_ROOT
set -eu
respite=$1 root=$2
if ! command -v Rscript >/dev/null ||
   ! Rscript -e 'quit(status = !all(sapply(c("haven", "survival"), requireNamespace, quietly = TRUE)))' >/dev/null 2>&1; then
  echo "skipped: R with haven and survival is not installed (script/setup long)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$respite" run "$root/studies/liu2021.yaml" --trials 2 --quiet --out "$work/run" >/dev/null
for form in adam xpt; do
  "$respite" convert "$work/run" --to $form -o "$work/$form" --quiet
done
"$respite" analyze "$work/run" --endpoint TTREBOND --json >"$work/analysis.json"
Rscript "$root/tests/commands/read_by_r.R" "$work/adam" "$work/xpt" "$work/analysis.json"
