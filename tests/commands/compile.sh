#!/bin/sh
# --compile gives the bits of bytecode: shipped models and, where they are,
# twenty SBML cases and the benchmark, by each method, whole trajectories.  It says
# what is missing, and leaves nothing behind.
#   compile.sh RESPITE SHARED MODELS
set -u
respite=$1 shared=$2 models=$3
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
# All others that are shipped.  In the larger ones most genotypes are absent, and what is
# computed changes as they come and go.
before=$same shipped=0
for file in "$models"/*.rsp; do
  [ "$(basename "$file")" = hiv_car_t.rsp ] && continue
  grep -q '^model ' "$file" || continue
  shipped=$((shipped + 1))
  agree "$file" --solver hybrid --until 20 --every 0.5 --replicates 2
done
[ $((same - before)) = $shipped ] || wrong "of $shipped shipped models $((same - before)) agree"

# Whole implicit steps are printed for a small model: blocks that are full, that run out of
# participants and take new ones, with rates that are held at zero.
cat >"$work/virus.rsp" <<'MODEL'
model virus "target cells"
time day

parameter supply = 1e4 cell/day "new target cells" source "chosen" status assumed
parameter d_T = 0.01 1/day "loss" source "chosen" status assumed
parameter beta = 8e-6 1/(day cell) "infections" source "chosen" status assumed
parameter delta = 1 1/day "loss" source "chosen" status assumed
parameter c = 23 1/day "clearance" source "chosen" status assumed
parameter back = 1e-3 1/day "held" source "chosen" status assumed
parameter seed = 10 cell "infected at the start" source "chosen" status assumed
parameter half = 1e5 cell "half of the most" source "chosen" status assumed

species T cell "target cells"
species I cell "infected cells"
species V cell "virions"

initial T = supply / d_T
initial I = seed

reaction supply_T: -> T @ supply
reaction loss_T: T -> @ d_T * T
reaction infect: T -> I @ beta * T * V
reaction die: I -> @ delta * I * (1 + I / (I + half))
reaction shed: -> V @ max(c * I - back * V, 0 * c * I)
reaction clear: V -> @ c * V
MODEL
awk 'BEGIN { print "ID,beta,delta,c"
  for (i = 1; i <= 45; i++) printf "%d,%g,%g,%g\n", i, 4e-6 + 2e-7 * i, 0.5 + 0.03 * (i % 17), 3 + i }' >"$work/virus.csv"
before=$same
for lanes in 32 3; do
  agree "$work/virus.rsp" --participants "$work/virus.csv" --solver ode --until 200 --every 0.7 --lanes $lanes
  agree "$work/virus.rsp" --participants "$work/virus.csv" --solver ode --until 30 --every 0.01 --rtol 1e-9 --lanes $lanes
done
[ $((same - before)) = 4 ] || wrong "the printed model did not run: $(cat "$work/a.err")"
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

# A study too, by all that it writes.
"$respite" run "$models/../studies/liu2021.yaml" --trials 2 --set model=hiv_car_t_products \
  --out "$work/bytecode" >"$work/a" 2>"$work/a.err" || wrong "run: $(cat "$work/a.err")"
"$respite" run "$models/../studies/liu2021.yaml" --trials 2 --compile --set model=hiv_car_t_products \
  --out "$work/compiled" >"$work/b" 2>"$work/b.err" || wrong "run --compile: $(cat "$work/b.err")"
cmp "$work/a" "$work/b" || wrong "a study gives other numbers where it is compiled"
CC=no-such-compiler "$respite" run "$models/../studies/liu2021.yaml" --compile --out "$work/none" >"$work/a" 2>"$work/a.err"
[ $? = 69 ] || wrong "run: a missing compiler has status $?"
[ -e "$work/none" ] && wrong "a study that could not be compiled left files"

CC=no-such-compiler "$respite" simulate hiv_car_t --until 1 --compile >"$work/a" 2>"$work/a.err"
[ $? = 69 ] || wrong "a missing compiler has status $?"
grep -q "no-such-compiler.*set CC" "$work/a.err" || wrong "it says: $(cat "$work/a.err")"
[ -s "$work/a" ] && wrong "it printed results all the same"
TMPDIR="$work/nowhere" "$respite" simulate hiv_car_t --until 1 --compile >"$work/a" 2>"$work/a.err"
[ $? = 74 ] || wrong "a missing directory has status $?"
[ -z "$(ls -A "$TMPDIR")" ] || wrong "left behind: $(ls -A "$TMPDIR")"
exit $bad
