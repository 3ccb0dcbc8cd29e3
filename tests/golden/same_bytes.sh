#!/bin/sh
# Promise 1: the same study and seed give the same hash and the same ADaM bytes for
# any threads, packing and instruction set, equal to the committed hash.
#   same_bytes.sh RESPITE SOURCE_ROOT [once]
# "once" compares one run with the committed hash: for slow builds.
set -eu
respite=$1 root=$2 once=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

run() { # NAME ENV [options]
  name=$1 isa=$2
  shift 2
  RESPITE_ISA=$isa "$respite" run studies/liu2021.yaml --trials 6 --seed 7 --quiet \
    --json --out "$work/$name" "$@" >"$work/$name.json"
  grep -o '"hash": *"[0-9a-f]*"' "$work/$name.json" | grep -o '[0-9a-f]\{64\}'
}

want=$(cat tests/golden/liu2021.hash)
bad=0
expect() { # NAME HASH
  if [ "$2" != "$want" ]; then
    echo "$1: hash $2, expected $want"
    bad=1
  fi
  if ! diff -rq "$work/one/adam" "$work/$1/adam"; then
    echo "$1: adam/ differs from that of one thread"
    bad=1
  fi
}
expect one "$(run one '' -j1)"
[ -z "$once" ] || exit $bad
expect two "$(run two '' -j2)"
expect packed "$(run packed '' -j2 --lanes 3 --shuffle)"
expect base "$(run base base -j2)"
expect avx2 "$(run avx2 avx2 -j2)"
expect avx512 "$(run avx512 avx512 -j2)" # the widest there is, where the machine has none
exit $bad
