#!/bin/sh
# Every key that the reader of studies accepts stands in docs/study-file.md, as `key`
# or as "key:" of an example.
#   keys.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
keys=$(awk '/_keys\[\] *= *\{|[^_]keys\[\] *= *\{/ { on = 1 }
            on { print } /;/ { on = 0 }' src/study/*.c |
  sed 's/.*= *{/{/' | grep -o '"[a-z_ ]*"' | tr -d '"' | sort -u)
n=0 bad=0
IFS='
'
for key in $keys; do
  n=$((n + 1))
  grep -q -e "\`$key\`" -e "[{, \`]$key:" -e "^$key:" docs/study-file.md ||
    { echo "docs/study-file.md does not say what '$key' is"; bad=$((bad + 1)); }
done
[ $n -gt 50 ] || { echo "only $n keys were found in src/study"; bad=$((bad + 1)); }

# Those of analysis plans: of analyses, of the data, of the plan itself, and the kinds.
keys=$({
  grep -oE '^ +\{"[a-z0-9 -]+", (TEXT|NAMES|NUMBER|COUNT|DAY|SHARE|CHOICE|YES_NO|VALUE|CURVE)' src/analysis/options.c
  awk '/known\[\] = \{|plan_keys\[\] = \{/ { on = 1 } on { print } /;/ { on = 0 }' src/analysis/source.c src/analysis/plan.c
  grep -oE '^ +\{"[a-z_]+",' src/analysis/kinds.c
} | grep -oE '"[a-z0-9_ -]+"' | tr -d '"' | sort -u)
m=0
for key in $keys; do
  n=$((n + 1)) m=$((m + 1))
  grep -q -e "\`$key\`" -e "[{, \`]$key:" -e "^$key:" docs/analysis.md ||
    { echo "docs/analysis.md does not say what '$key' is"; bad=$((bad + 1)); }
done
[ $m -gt 100 ] || { echo "only $m keys were found in src/analysis"; bad=$((bad + 1)); }
echo "$((n - bad)) of $n keys documented"
exit $((bad > 0))
