#!/bin/sh
# Every shipped study loads; a sweep gives the same bytes for any threads and packing,
# and its levels have the same people.
#   sweep.sh RESPITE SOURCE_ROOT
set -eu
respite=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
bad=0
for study in $(find studies -name '*.yaml' ! -path '*/populations/*' ! -path '*/products/*' | sort); do
  "$respite" check "$study" >"$work/out" 2>&1 || { cat "$work/out"; bad=1; }
done

run() { # NAME [options]
  name=$1
  shift
  "$respite" run studies/questions/timing.yaml --trials 10 --quiet --json --out "$work/$name" "$@" >"$work/$name.json"
}
run one -j1
run two -j2
run packed -j2 --lanes 3 --shuffle
for other in two packed; do
  for f in one.json one/adam one/sweep.csv one/figures; do
    diff -rq "$work/$f" "$work/$other${f#one}" || bad=1
  done
done

# ADSL holds what a person is: the same at every level.
awk -F, 'NR > 1 {print $2 "," $(NF-5) "," $(NF-4) "," $(NF-3) "," $(NF-2) "," $(NF-1) "," $NF}' \
  "$work/one/adam/adsl.csv" | sort -u >"$work/people"
n=$(cut -d, -f1 "$work/people" | sort -u | wc -l)
[ "$n" = "$(wc -l <"$work/people")" ] || { echo "a participant differs along the sweep"; bad=1; }
[ "$n" = 60 ] || { echo "$n participants instead of 60"; bad=1; }
exit $bad
