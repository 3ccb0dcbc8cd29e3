#!/bin/sh
# A folder of src/ may include only those above it in the list (DESIGN: the house).
# Public headers belong to a layer too.
set -eu
root=$1
layers="core num model yaml sbml sim dataset stats analysis clinic study campaign report cli"
bad=0
rank() {
  n=0
  for l in $layers; do
    n=$((n + 1))
    if [ "$l" = "$1" ]; then echo $n; return; fi
  done
  echo 0
}
owner() { # of a header respite/NAME.h
  case $1 in
  status | core) echo core ;;
  network | program) echo model ;;
  cox) echo stats ;;
  dpcr | dilution | kinetics | interval | competing | external) echo stats ;;
  xpt | import | export | wells) echo dataset ;;
  rank | regression | reservoir | recrudescence | design | prcc) echo stats ;;
  *) echo "$1" ;;
  esac
}
for file in $(find "$root/src" -name '*.[ch]'); do
  layer=${file#"$root/src/"}
  layer=${layer%%/*}
  mine=$(rank "$layer")
  for inc in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
    case $inc in
    respite/*) other=$(owner "$(basename "$inc" .h)") ;;
    */*) other=${inc%%/*} ;;
    *) continue ;;
    esac
    theirs=$(rank "$other")
    if [ "$theirs" = 0 ] || [ "$theirs" -gt "$mine" ]; then
      echo "$file includes $inc: $layer may not see $other"
      bad=1
    fi
    # Statistics and reports see data sets and plans, never a simulator.
    case $layer:$other in
    stats:model | stats:sim | analysis:model | analysis:sim)
      echo "$file includes $inc: $layer knows no simulator"; bad=1 ;;
    sim:model) ;;
    esac
  done
done
# The engine knows nothing of HIV.
if grep -rniE '\b(hiv|cd4|car[_ ]t|viral|reservoir)\b' "$root/src/model" "$root/src/sim" --include='*.[ch]' | grep -v hiv_car_t; then
  echo "model and sim must know nothing of HIV"
  bad=1
fi
exit $bad
