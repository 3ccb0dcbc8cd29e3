#!/bin/sh
# --compile gives the bits of bytecode: shipped models and, where they are,
# twenty SBML cases and the benchmark, by each method, whole trajectories.  It says
# what is missing, and leaves nothing behind.
#   compile.sh RESPITE SHARED
set -u
respite=$1 shared=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
bad=0 same=0
wrong() { echo "WRONG: $*"; bad=1; }

if ! ${CC:-cc} --version >"$work/cc" 2>&1; then
  echo "no C compiler: skipped"
  exit 77
fi

# agree MODEL SOLVER OPTION...
agree() {
  "$respite" simulate "$@" --csv --interpret >"$work/a" 2>"$work/a.err"
  a=$?
  "$respite" simulate "$@" --csv --compile >"$work/b" 2>"$work/b.err"
  b=$?
  if [ $a != $b ] || ! cmp -s "$work/a" "$work/b"; then
    wrong "$* differs ($a, $b): $(head -1 "$work/b.err")"
  elif [ $a = 0 ]; then
    same=$((same + 1))
  fi
}

for solver in ode hybrid ssa; do
  until=60
  [ $solver = ssa ] && until=0.05
  agree hiv_car_t --solver $solver --until $until --every 0.01 --replicates 3
done
# The larger models take the compiler minutes; one of them, with both products.
agree hiv_car_t_products --solver hybrid --until 20 --every 0.1 --replicates 2
bench=$shared/bench
if [ -e "$bench/m1.xml" ]; then
  for solver in ode hybrid; do
    agree "$bench/m1.xml" --participants "$bench/params_m1.csv" --first 20 --solver $solver --until 60 --every 1
  done
  agree "$bench/m2s.xml" --participants "$bench/params_m2s.csv" --first 2 --solver ssa --until 5 --every 0.1
else
  echo "no $bench: the benchmark is left out"
fi
if [ -d "$shared/sbml/semantic" ]; then
  solver=ode n=0
  for case in "$shared"/sbml/semantic/*/; do
    n=$((n + 1))
    [ $((n % 15)) = 1 ] || continue
    agree "$case/model.xml" --solver $solver --until 5 --every 0.25 --replicates 2
    case $solver in ode) solver=hybrid ;; hybrid) solver=ssa ;; *) solver=ode ;; esac
  done
else
  echo "no $shared/sbml: its cases are left out"
fi
echo "$same trajectories agree to the bit"
[ $same -ge 3 ] || wrong "too few runs succeeded"

CC=no-such-compiler "$respite" simulate hiv_car_t --until 1 --compile >"$work/a" 2>"$work/a.err"
[ $? = 69 ] || wrong "a missing compiler has status $?"
grep -q "no-such-compiler.*set CC" "$work/a.err" || wrong "it says: $(cat "$work/a.err")"
[ -s "$work/a" ] && wrong "it printed results all the same"
TMPDIR="$work/nowhere" "$respite" simulate hiv_car_t --until 1 --compile >"$work/a" 2>"$work/a.err"
[ $? = 74 ] || wrong "a missing directory has status $?"
[ -z "$(ls -A "$TMPDIR")" ] || wrong "left behind: $(ls -A "$TMPDIR")"
exit $bad
