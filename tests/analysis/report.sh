#!/bin/sh
# The report of a plan, and one set of numbers however the data are kept.
#   report.sh RESPITE SOURCE_ROOT
set -u
respite=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
wrong() { echo "$*"; bad=$((bad + 1)); }
cd "$root" || exit 1

for plan in two_arms competing viral_load reservoir liu2021_gunst2025 triplex; do
  "$respite" analyze --plan examples/$plan.yaml --json --out "$work/$plan" >"$work/json" 2>"$work/err" ||
    wrong "$plan: $(cat "$work/err")"
  cmp "$work/json" "$work/$plan/results.json" || wrong "$plan: results.json is not what --json prints"
  page=$work/$plan/report.html
  grep -q '<h2 id="methods">' "$page" || wrong "$plan: no methods"
  for said in "$(sed -n 's/^analysis: //p' examples/$plan.yaml)" "$("$respite" --version | cut -d' ' -f2)" \
    "$(sha256sum <examples/$plan.yaml | cut -d' ' -f1)"; do
    grep -q -F -e "$said" "$page" || wrong "$plan: the report does not say '$said'"
  done
  data=$(sed -n 's/^  file: //p' examples/$plan.yaml)
  [ -z "$data" ] || grep -q "$(sha256sum <"examples/$data" | cut -d' ' -f1)" "$page" || wrong "$plan: no hash of $data"
  if grep -q -E '(src|href)="http|<script|@import' "$page"; then wrong "$plan: something is fetched"; fi
  if grep -q -i -E '>[^<]*\b(nan|-nan)\b' "$page"; then wrong "$plan: NaN in the report"; fi
done
grep -q 'Nelson-Aalen estimates (Aalen 1978)' "$work/two_arms/report.html" || wrong "the methods do not say what was done"
grep -q 'covariates: arm, log10_intact; strata: nnrti; proportionality: km' "$work/two_arms/report.html" || wrong "the methods leave out what was asked"
grep -q -E '>[0-9.]+ \([0-9.]+ to [0-9.]+\), p (=|&lt;) ?[0-9.]+<' "$work/two_arms/report.html" || wrong "hazard ratios of the forest have no p"
[ "$(grep -c '<svg' "$work/two_arms/report.html")" -ge 1 ] || wrong "no figure"

# A run, its ADaM tables and those as transport files: the same numbers.
"$respite" run studies/liu2021.yaml --trials 5 --out "$work/run" --quiet >"$work/out" 2>&1 || wrong "$(cat "$work/out")"
"$respite" convert "$work/run" --to xpt --out "$work/xpt" --quiet >"$work/out" 2>&1 || wrong "$(cat "$work/out")"
cat >"$work/plan.yaml" <<'END'
analysis: One set of numbers
analyses:
  - {kind: curves, endpoint: time_to_rebound, days: [28]}
  - {kind: compare, endpoint: TTREBOND}
  - {kind: cox, endpoint: time_to_rebound}
  - {kind: viral_load}
  - {kind: kinetics}
END
for data in run run/adam xpt; do
  "$respite" analyze "$work/$data" --plan "$work/plan.yaml" --json >"$work/out" 2>"$work/err" || wrong "$(cat "$work/err")"
  sed '/"data": \[/,/^ \]/d; /"study":/d' "$work/out" >"$work/$(echo $data | tr / _).json"
done
grep -q '"kind": "kinetics"' "$work/run.json" || wrong "no numbers"
cmp "$work/run.json" "$work/run_adam.json" || wrong "a run and its tables differ"
cmp "$work/run.json" "$work/xpt.json" || wrong "a run and its transport files differ"

# The log-rank test is the one that is printed without a plan.
"$respite" analyze "$work/run" --endpoint time_to_rebound --json >"$work/out"
p=$(sed -n 's/.*"logrank_p": \([0-9.e-]*\).*/\1/p' "$work/out")
[ -n "$p" ] && grep -q "\"p\": $p" "$work/run.json" || wrong "another log-rank test without a plan: $p"
# What is wrong is said, and leaves nothing.
refused() { # STATUS PATTERN ARGUMENTS...
  status=$1 pattern=$2
  shift 2
  "$respite" "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  [ $got = "$status" ] && cat "$work/out" "$work/err" | grep -q -e "$pattern" ||
    wrong "$got, not $status with '$pattern': $* $(head -3 "$work/err")"
}
refused 64 'no data: give a file' analyze --plan "$work/plan.yaml"
refused 64 'takes one data set' analyze --plan "$work/plan.yaml" "$work/run" "$work/xpt"
refused 64 'give one with --plan' analyze "$work/run" --out "$work/none"
refused 66 'no/such' analyze "$work/run" --plan no/such.yaml
refused 66 'no/such' analyze no/such --plan "$work/plan.yaml"
refused 65 "did you mean 'analyses'" analyze "$work/run" --plan tests/analysis/misspelt.yaml --out "$work/none"
refused 74 "$work/plan.yaml" analyze "$work/run" --plan "$work/plan.yaml" --out "$work/plan.yaml/in"
refused 65 'a plan reads any table' analyze examples/two_arms.csv
refused 0 'a study of' check studies/liu2021.yaml
sed 's/75 %, 21/40 %, 21/' examples/liu2021_gunst2025.yaml >"$work/rising.yaml"
refused 65 'rising.yaml:19:13: shares: 0.5 at day 21' analyze --plan "$work/rising.yaml"
refused 0 'an analysis plan, One set of numbers; no errors' check "$work/plan.yaml"
refused 65 "did you mean 'analyses'" check tests/analysis/misspelt.yaml
[ ! -e "$work/none" ] || wrong "a refused plan left files"
echo "$bad wrong"
exit $((bad > 0))
