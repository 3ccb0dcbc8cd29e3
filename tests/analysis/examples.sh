#!/bin/sh
# Every example of docs/analysis.md runs, and those of examples/ print what is stored.
#   examples.sh RESPITE SOURCE_ROOT
set -u
respite=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root"/examples/*.csv "$work"
bad=0 n=0

# A block is a plan, or analyses of the data of examples/two_arms.yaml.
awk -v dir="$work" '
  /^```yaml$/ { on = 1; file = sprintf("%s/doc%02d.yaml", dir, ++k); next }
  /^```$/ { on = 0; close(file); next }
  on { print > file }' "$root/docs/analysis.md"
for plan in "$work"/doc*.yaml; do
  n=$((n + 1))
  if grep -q '^- ' "$plan"; then
    sed '/^analyses:/q; /^multiplicity/d' "$root/examples/two_arms.yaml" >"$work/whole.yaml"
    sed 's/^/  /' "$plan" >>"$work/whole.yaml"
    mv "$work/whole.yaml" "$plan"
  fi
  for how in --json --quiet; do
    "$respite" analyze --plan "$plan" $how >"$work/out" 2>"$work/err" || {
      echo "an example does not run:"; cat "$plan" "$work/err"; bad=$((bad + 1)); }
  done
  if grep -q -i -w nan "$work/out"; then echo "NaN where words belong:"; cat "$plan"; bad=$((bad + 1)); fi
done
[ $n -gt 12 ] || { echo "only $n examples were found"; bad=$((bad + 1)); }

for plan in "$root"/examples/*.yaml; do
  n=$((n + 1))
  "$respite" analyze --plan "$plan" >"$work/out" 2>"$work/err" || { cat "$work/err"; bad=$((bad + 1)); }
  diff "${plan%.yaml}.txt" "$work/out" || { echo "$plan prints something else"; bad=$((bad + 1)); }
done
echo "$((n - bad)) of $n examples as expected"
exit $((bad > 0))
