#!/bin/sh
# What a newcomer types, right and wrong: exit status and message of each.
#   run_all.sh RESPITE SOURCE_ROOT
set -u
respite=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root" || exit 1
bad=0
n=0

# expect STATUS PATTERN COMMAND...: the exit status, and a pattern in what it prints
expect() {
  status=$1 pattern=$2
  shift 2
  n=$((n + 1))
  "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  if [ $got != "$status" ] || ! cat "$work/out" "$work/err" | grep -q -e "$pattern"; then
    echo "not as expected ($got instead of $status, or no '$pattern'): $*"
    head -5 "$work/out" "$work/err"
    bad=$((bad + 1))
  fi
}

# Help shows an example, of every command.
expect 64 'respite run' "$respite"
for c in run simulate analyze reproduce check convert show; do
  expect 0 "^  respite $c " "$respite" $c --help
  expect 0 "^Example:" "$respite" help $c
done
expect 64 'unknown command' "$respite" help nothing
expect 64 'from 1 to 1048575' "$respite" run --trials 1e9 studies/liu2021.yaml
expect 64 'empty' "$respite" run studies/liu2021.yaml --out ''

# A file of another kind is named, with the command that takes it.
expect 65 'is a model; .*respite simulate' "$respite" run models/hiv_car_t.rsp
expect 65 'is a study; .*respite run' "$respite" simulate studies/liu2021.yaml --until 1
expect 65 'is a study; ' "$respite" analyze studies/liu2021.yaml
expect 66 'without a manifest' "$respite" show studies
expect 0 'Respite' "$respite" --help
expect 0 '^respite 0' "$respite" --version
expect 64 "did you mean 'run'" "$respite" rnu
expect 64 'did you mean --seed' "$respite" run --sede 1 studies/liu2021.yaml
expect 64 'whole number' "$respite" run --trials 0 studies/liu2021.yaml
expect 64 'whole number' "$respite" run --seed 1.5 studies/liu2021.yaml
expect 64 'one study' "$respite" run
expect 66 'cannot open' "$respite" run no/such/study.yaml
expect 0 'no errors' "$respite" check models/hiv_car_t.rsp
expect 0 'no errors' "$respite" check studies/liu2021.yaml studies/ati_controls.yaml
expect 0 'ASSUMED' "$respite" show hiv_car_t
expect 0 'endpoints' "$respite" show studies/liu2021.yaml
expect 0 '3+3 over the arms by' "$respite" show studies/questions/dose_escalation.yaml
expect 0 'ICANS), by icans_now, told at the next visit' "$respite" show studies/questions/dose_escalation.yaml
expect 0 'participants to simulate .* results; nothing was written' \
  "$respite" run studies/liu2021.yaml --trials 100 --dry-run --out "$work/dry"
[ ! -e "$work/dry" ] || { echo "a dry run left files"; bad=$((bad + 1)); }
expect 66 'neither a file nor a shipped model' "$respite" simulate hiv_cart_x --until 1

# A course of lymphodepletion is seen in the laboratory; without one nobody has a grade.
cat >"$work/blood.yaml" <<'END'
study: blood
title: neutrophils and platelets after lymphodepletion
model: hiv_car_t_products
population: {from: chronic_art_suppressed}
design: counterfactual
arms:
  - {name: course, participants: 40, schedule: [{day: 0, do: lymphodeplete, amount: 1}]}
  - {name: none, participants: 40}
visits: {days: [0, 7, 11, 28]}
assays: [neutrophils, platelets]
adverse events:
  - {term: low neutrophil count, grade: neutrophil_grade, reported: seen}
  - {term: low platelet count, grade: platelet_grade, reported: seen}
endpoints:
  - {name: below_1000, event: neutrophils < 1000 cell/uL, from: day 0}
follow_up: {start: day 0, until: 28 day}
END
expect 0 'below_1000' "$respite" run "$work/blood.yaml" --out "$work/blood"
for term in neutrophil platelet; do
  if [ "$(grep -c "course,.*low $term count" "$work/blood/adam/adae.csv")" -lt 20 ] ||
    grep -q ",none,.*low $term count" "$work/blood/adam/adae.csv"; then
    echo "low $term counts are not those of lymphodepletion"
    bad=$((bad + 1))
  fi
done

# An error names file, line and column, and writes nothing.
sed 's/participants: 6/particpants: 6/' studies/liu2021.yaml >"$work/wrong.yaml"
cp -r studies/populations studies/products "$work"
expect 65 "wrong.yaml:[0-9]*:[0-9]*: .*did you mean 'participants'" \
  "$respite" run "$work/wrong.yaml" --out "$work/none"
[ ! -e "$work/none" ] || { echo "a refused study left files"; bad=$((bad + 1)); }

cat >"$work/decay.rsp" <<'END'
model decay "exponential loss"
  time day
parameter k = 0.5 1/day "loss" source "a test" status assumed
species A cell "cells"
initial A = 1000 * one
parameter one = 1 cell "one cell" source "a test" status assumed
reaction loss: A -> @ k * A
observe cells = A in cell
END
"$respite" convert "$work/decay.rsp" "$work/decay.xml"
grep -q '<ci>k</ci>' "$work/decay.xml" || { echo "no SBML was written"; bad=$((bad + 1)); }
expect 64 'end it in .xml' "$respite" convert "$work/decay.rsp" "$work/decay.txt"
expect 64 'a model and the file to write' "$respite" convert "$work/decay.rsp"
expect 66 'neither a file nor a shipped model' "$respite" convert no_such "$work/none.xml"
[ ! -e "$work/none.xml" ] || { echo "a refused model left a file"; bad=$((bad + 1)); }
expect 0 '^time,A' "$respite" simulate "$work/decay.rsp" --solver ode --until 2 --every 1 --csv
expect 0 '^2,367.8' "$respite" simulate "$work/decay.rsp" --solver ode --until 2 --every 1 --csv --rtol 1e-8
expect 0 'A-mean,A-sd' "$respite" simulate "$work/decay.rsp" --until 2 --every 1 --replicates 50 --summary mean,sd
# Runs are added up in their own order, whatever order they end in.
sums() {
  "$respite" simulate "$work/decay.rsp" --until 9 --every 1 --replicates 200 --summary mean,sd --csv "$@"
}
sums >"$work/sums"
sums --lanes 3 --shuffle >"$work/sums.shuffled"
expect 0 identical diff -s "$work/sums" "$work/sums.shuffled"
expect 64 'expected ode, hybrid or ssa' "$respite" simulate "$work/decay.rsp" --solver euler --until 2
expect 64 'has no option --json' "$respite" simulate "$work/decay.rsp" --until 2 --json
expect 64 'has no option --dry-run' "$respite" simulate "$work/decay.rsp" --until 2 --dry-run
expect 64 'too many to keep' "$respite" simulate "$work/decay.rsp" --until 1e6 --every 0.1 --replicates 1e9
sed 's/1000 \* one/-1000 * one/' "$work/decay.rsp" >"$work/negative.rsp"
expect 70 '2 of 2 runs failed; run 1 stopped on day 0.*initial amount of A is -1000' \
  "$respite" simulate "$work/negative.rsp" --until 2 --replicates 2
if grep -q '^1,' "$work/out"; then echo "amounts of a run that never began"; bad=$((bad + 1)); fi
# Some fail: they are counted, the others' rows are as they are alone.
cat >"$work/partly.rsp" <<'END'
model partly "some stop on their way"
time day
parameter last = 100 day "until when the rate has a value" source "a test" status assumed
parameter k = 3 cell/day "rate" source "a test" status assumed
species A cell "a"
reaction drip: -> A @ k * sqrt(1 - t / last)
END
printf 'ID,last\na,100\nb,2\nc,50\nd,1\n' >"$work/partly.csv"
for solver in ode hybrid ssa; do
  expect 0 '2 of 4 runs failed; run . stopped on day [0-9.]*: .*the rate of drip is not a number at day' \
    "$respite" simulate "$work/partly.rsp" --participants "$work/partly.csv" --solver $solver --until 5 --every 1 --csv
  grep -v '^[bd],' "$work/out" >"$work/mixed"
  expect 0 '"participants":4,"failures":2' \
    "$respite" simulate "$work/partly.rsp" --participants "$work/partly.csv" --solver $solver --until 5 --every 1 --stats
  sed 's/,2$/,70/; s/,1$/,70/' "$work/partly.csv" >"$work/sound.csv"
  expect 0 '^d,5,' "$respite" simulate "$work/partly.rsp" --participants "$work/sound.csv" --solver $solver --until 5 --every 1 --csv
  if ! grep -v '^[bd],' "$work/out" | cmp -s - "$work/mixed"; then echo "$solver: a failure moved others"; bad=$((bad + 1)); fi
done
sed 's/k \* A/k * B/' "$work/decay.rsp" >"$work/broken.rsp"
expect 65 'broken.rsp:7:.*unknown' "$respite" check "$work/broken.rsp"
sed 's/@ k \* A/@ A/' "$work/decay.rsp" >"$work/units.rsp"
expect 65 'unit' "$respite" check "$work/units.rsp"

# What is no model or study is told so, with the way out.
: >"$work/empty.rsp"
: >"$work/empty.yaml"
mkdir "$work/folder.rsp"
printf 'study: x\nmodle: toy\n' >"$work/key.yaml"
printf 'model m\nparamter k = 1 1/day\n' >"$work/key.rsp"
head -c 2000 "$respite" >"$work/binary.rsp"
echo 'An in-silico clinic.' >"$work/words.rsp"
for c in check show; do
  expect 65 "empty.rsp has no statement 'model NAME" "$respite" $c "$work/empty.rsp"
  expect 65 'empty.yaml:1:1: a study needs' "$respite" $c "$work/empty.yaml"
  expect 66 'folder.rsp is a directory' "$respite" $c "$work/folder.rsp"
  expect 66 'no/such.rsp.: neither a file nor a shipped model' "$respite" $c no/such.rsp
  expect 66 "did you mean 'hiv_car_t'" "$respite" $c hiv_cart
  expect 65 "key.yaml:2:1: .*did you mean 'model'" "$respite" $c "$work/key.yaml"
  expect 65 "key.rsp:2:1: .*did you mean 'parameter'" "$respite" $c "$work/key.rsp"
  expect 65 'not a text file' "$respite" $c "$work/binary.rsp"
  expect 65 "words.rsp:1:1: found 'An'; expected a statement" "$respite" $c "$work/words.rsp"
  expect 65 'or name the model that includes this file' "$respite" $c models/art.rsp
  expect 64 "respite $c" "$respite" $c
done
if [ "$(id -u)" != 0 ]; then
  echo 'model m' >"$work/closed.rsp"
  chmod 000 "$work/closed.rsp"
  expect 66 'Permission denied' "$respite" check "$work/closed.rsp"
fi

# What is shown fits a terminal; only words without a blank may be longer.
for f in hiv_car_t studies/liu2021.yaml studies/ati_controls.yaml; do
  "$respite" show $f >"$work/shown"
  if LC_ALL=C.UTF-8 awk 'length > 80 && NF > 1 && !/^file / {print; n++} END {exit n > 0}' "$work/shown"; then :; else
    echo "lines of more than 80 characters: respite show $f"; bad=$((bad + 1))
  fi
done

# A full disk is an error, not a success.
if [ -w /dev/full ]; then
  "$respite" show hiv_car_t >/dev/full 2>"$work/err"
  [ $? = 74 ] || { echo "a full disk was not noticed"; bad=$((bad + 1)); }
fi

# A file that may not grow ends the run as a full disk does.
(ulimit -f 20; "$respite" run studies/liu2021.yaml --trials 20 --out "$work/small" >"$work/out" 2>"$work/err")
[ $? = 74 ] || { echo "a file that may not grow was not noticed"; bad=$((bad + 1)); }
[ ! -e "$work/small" ] || { echo "a file that may not grow left files"; bad=$((bad + 1)); }

# What cannot be written is said before anything is simulated, by the name of what is in the way.
: >"$work/file"
expect 74 "$work/file: Not a directory" "$respite" run studies/liu2021.yaml --out "$work/file/run"

# A run has begun when its folders are there; a slow machine takes longer over it.
wait_for() {
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -e "$1" ] || sleep 0.5
  done
}

# Ctrl-C in the middle: an own exit status, and nothing left, not even folders.
"$respite" run studies/liu2021.yaml --trials 100000 --out "$work/cut" >"$work/out" 2>"$work/err" &
wait_for "$work/cut/adam"
kill -TERM $!
wait $!
[ $? = 75 ] || { echo "an interrupted run has another exit status"; bad=$((bad + 1)); }
grep -q 'interrupted; nothing was written' "$work/err" || { echo "no word of the interruption"; bad=$((bad + 1)); }
[ ! -e "$work/cut" ] || { echo "an interrupted run left files"; bad=$((bad + 1)); }

# So does a terminal that is closed, unless nohup keeps the run alive.
"$respite" run studies/liu2021.yaml --trials 100000 --out "$work/hup" >"$work/out" 2>"$work/err" &
wait_for "$work/hup/adam"
kill -HUP $!
wait $!
[ $? = 75 ] || { echo "a closed terminal has another exit status"; bad=$((bad + 1)); }
[ ! -e "$work/hup" ] || { echo "a closed terminal left files"; bad=$((bad + 1)); }

# Two runs into one directory: the second is told so, the first is whole.
"$respite" run studies/liu2021.yaml --trials 100000 --out "$work/both" >"$work/out1" 2>"$work/err1" &
first=$!
wait_for "$work/both/adam"
expect 74 'another run is writing' "$respite" run studies/liu2021.yaml --trials 2 --out "$work/both"
kill -TERM $first
wait $first
expect 0 'time_to_rebound' "$respite" run studies/liu2021.yaml --trials 2 --out "$work/both"

# A closed stream is no file to write messages into; a name need not be UTF-8.
"$respite" run studies/liu2021.yaml --trials 2 --out "$work/closed" >&- 2>&- <&-
[ $? = 74 ] || { echo "a closed output has another exit status"; bad=$((bad + 1)); }
cmp "$work/both/adam/adsl.csv" "$work/closed/adam/adsl.csv" || bad=$((bad + 1))
odd=$work/$(printf 'caf\351')
expect 0 'time_to_rebound' "$respite" run studies/liu2021.yaml --trials 2 --out "$odd"
expect 0 '^command: respite run' "$respite" show "$odd"

# Tables are UTF-8, with or without a byte order mark; no row is lost in silence.
printf 'USUBJID,TRTP,PARAMCD,AVAL,CNSR\n1,caf\351,TT,5,0\n2,B,TT,6,0\n' >"$work/latin.csv"
expect 65 'latin.csv:2:6: this byte is not UTF-8' "$respite" analyze "$work/latin.csv" --json
printf 'USUBJID,TRTP,PARAMCD,AVAL,CNSR\n1,\033[31mA,TT,5,0\n' >"$work/escape.csv"
expect 65 'escape.csv:2:3: a control character' "$respite" analyze "$work/escape.csv"
for name in plain marked; do
  [ $name = plain ] || mark='\357\273\277'
  for f in studies/liu2021.yaml data/liu2021.csv; do
    printf "${mark:-}" >"$work/${f##*/}"
    cat "$f" >>"$work/${f##*/}"
  done
  sed 's#published:.*#published: liu2021.csv#' "$work/liu2021.yaml" >"$work/$name.yaml"
  expect 0 '"inside": null' "$respite" run "$work/$name.yaml" --trials 1 --json
done
sed "s/Liu2021/Liu$(printf '\351')/" data/liu2021.csv >"$work/liu2021.csv"
expect 65 'liu2021.csv:2:4: this byte is not UTF-8' "$respite" check "$work/plain.yaml"
expect 64 'from 0 to 9223372036854775807' "$respite" run --seed 9223372036854775808 studies/liu2021.yaml

# All participants failing is said beside the empty results.
expect 70 'all 36 participants failed in simulation (1 steps' \
  "$respite" run studies/liu2021.yaml --trials 3 --set solver.max_steps=1 --json
cat >"$work/unmade.yaml" <<'END'
study: unmade
model: hiv_car_t
product: {dose: 4e7 cell, failure: 60 %}
arms: [{name: CAR T, participants: 4, schedule: [{day: 0, do: infuse}, {day: 7, do: stop art}]}]
assays: [viral_load]
solver: {max_steps: 1}
END
expect 70 'all 4 participants failed in simulation (1 steps' \
  "$respite" run "$work/unmade.yaml" --set seed=2 --json
expect 0 '"levels": {' "$respite" run studies/liu2021.yaml --trials 1 --json --out "$work/grid"

# A path of --set that is nearly a key of a study.
expect 65 "has no parameter 'stoping'; did you mean 'stopping'" \
  "$respite" check studies/liu2021.yaml --set stoping.when="3 of 6 have time_to_rebound"
expect 0 'a study of 2 arms, 1 trial; no errors' \
  "$respite" check studies/liu2021.yaml --set trials=1 --set stopping=none

# A switch is one in a file of participants too.
printf 'who,follow_clones\na,0.5\n' >"$work/who.csv"
expect 65 'who.csv:2:2: follow_clones = 0.5: it takes 0 or 1' \
  "$respite" simulate hiv_car_t_full --participants "$work/who.csv" --until 1
expect 0 'range -1 .. 1 whole' "$respite" show hiv_car_t_epitopes

# A rule that the last to be enrolled meets is met, and ends nothing early.
cat >"$work/stop.yaml" <<'END'
study: stop
model: hiv_car_t
design: randomised
product: {dose: 4e7 cell}
arms:
  - {name: CAR T, participants: 2, schedule: [{day: 0, do: infuse}]}
assays: [cd4]
endpoints: [{name: seen, event: cd4 > 1 cell/uL, from: infuse}]
follow_up: {until: 2 week}
stopping: {when: 2 of 2 have seen}
END
expect 0 'rule met (2 of 2 have seen) in 100.0 % .*; enrolment ended early in 0.0 % .*, 2.0 of 2' \
  "$respite" run "$work/stop.yaml" --out "$work/stop"
expect 0 '"met_share": 1.0' "$respite" run "$work/stop.yaml" --json
expect 0 'enrolment ended early in 100.0 %' \
  "$respite" run "$work/stop.yaml" --set stopping.when="1 of 2 have seen" --out "$work/stop1"

# Whom no eligibility lets in are screened out; nothing failed.
cat >"$work/nobody.yaml" <<'END'
study: nobody
model: hiv_car_t
population: {covariates: {age: {value: 45, between: normal sd 10, range: 18..75}}}
arms:
  - {name: old, participants: 2, schedule: [{day: 28, do: stop art}], eligibility: [age > 80]}
assays: [viral_load]
END
expect 65 'old: 0 participants, 0 failed in simulation, 2000 screened out' \
  "$respite" run "$work/nobody.yaml" --out "$work/nobody"
expect 65 'nobody is enrolled, all 2000 were screened out (none of 1000 candidates was eligible)' \
  "$respite" run "$work/nobody.yaml" --json
expect 0 '^nobody.*,N,N,N,N,N,Y,,,,,,none of 1000 candidates was eligible,' cat "$work/nobody/adam/adsl.csv"
expect 0 'Of 2000 screened 2000 were screened out; 0 were enrolled' cat "$work/nobody/report.html"

# A small run leaves a whole directory, and its ADaM can be analysed again.
expect 0 'time_to_rebound' "$respite" run studies/liu2021.yaml --trials 2 --out "$work/run"
for f in manifest.json results.sqlite report.html figures/km.svg figures/grid.svg adam/adsl.csv adam/adtte.csv adam/advl.csv adam/adlb.csv adam/adae.csv adam/adev.csv; do
  [ -s "$work/run/$f" ] || { echo "the run left no $f"; bad=$((bad + 1)); }
done
if grep -q '/s, ' "$work/err"; then echo "progress where there is no terminal"; bad=$((bad + 1)); fi
expect 0 '^command: respite run' "$respite" show "$work/run"
if find "$work/run" -name '*.part' | grep -q .; then echo "parts were left"; bad=$((bad + 1)); fi
if grep -q -i -E '>[^<]*\b(nan|inf)\b' "$work/run/report.html"; then echo "NaN in the report"; bad=$((bad + 1)); fi
expect 0 '"logrank_p"' "$respite" analyze "$work/run/adam/adtte.csv" --json
# Arms of the same people: in pairs, and the test of two groups says that it is none of pairs.
expect 0 'paired, no CAR T less CAR T: 12 people are in both (of 12 and 12); later in ' \
  "$respite" analyze "$work/run"
expect 0 'log-rank chi-square .* unpaired: 12 people who are in several arms' "$respite" analyze "$work/run"
expect 0 '"in_several_arms": 12' "$respite" analyze "$work/run" --json
printf 'analysis: groups\ndata: {file: run}\nanalyses: [{kind: compare, endpoint: time_to_rebound}]\n' \
  >"$work/groups.yaml"
expect 0 '12 participants are in several groups' "$respite" analyze --plan "$work/groups.yaml" "$work/run"

# An endpoint goes by its code or by its name in the study; a run by its directory.
for e in TTREBOND time_to_rebound; do
  expect 0 'n 12, events' "$respite" analyze "$work/run" --endpoint $e
  expect 0 "\"endpoint\": \"$e\"" "$respite" analyze "$work/run" --endpoint $e --json
  cp "$work/out" "$work/$e.json"
done
sed 1,2d "$work/TTREBOND.json" >"$work/a"; sed 1,2d "$work/time_to_rebound.json" >"$work/b"
cmp "$work/a" "$work/b" || { echo "the name of an endpoint gives other figures than its code"; bad=$((bad + 1)); }
expect 65 "no endpoint 'time_to_rebond'; did you mean 'time_to_rebound'? it has .*time_to_1000 (TT1000)" \
  "$respite" analyze "$work/run" --endpoint time_to_rebond
expect 66 'holds neither adam/adtte.csv nor adtte.csv' "$respite" analyze studies

# Nobody at risk is no median that was not reached.
cat >"$work/risk.yaml" <<'END'
study: risk
model: hiv_car_t
design: randomised
arms:
  - {name: interrupts, participants: 2, schedule: [{day: 0, do: stop art}]}
  - {name: stays on ART, participants: 2, schedule: []}
assays: [viral_load]
endpoints: [{name: rebound, event: viral_load > 50 copies/mL, from: stop art}]
END
expect 0 'rebound: nobody at risk' "$respite" run "$work/risk.yaml" --out "$work/risk"
expect 0 'a study of 2 arms, 1 trial; no errors' "$respite" check "$work/risk.yaml"

# What the model makes of an antibody is said where it is given.
expect 0 'give vrc01: VRC01 into a vein. An upper bound' "$respite" show studies/bar2016.yaml
expect 0 '"study"' "$respite" run studies/bar2016.yaml --trials 1 --json --out "$work/bar"
if ! grep -q 'An upper bound' "$work/bar/report.html"; then echo "a report without the bound of antibodies"; bad=$((bad + 1)); fi

# A data set in other forms, analysed with the same figures: back from each of ADaM it has the hash of the run.
expect 0 '"hash"' "$respite" run studies/liu2021.yaml --trials 2 --json --out "$work/run"
hash=$(sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p' "$work/out")
for form in adam xpt; do
  expect 0 "hash $hash" "$respite" convert "$work/run" --to $form -o "$work/$form"
  expect 0 "hash $hash" "$respite" convert "$work/$form" --to json -o "$work/json"
  mv "$work/json/dataset.json" "$work/$form.json"
done
cmp "$work/adam.json" "$work/xpt.json" || { echo "transport files hold another data set"; bad=$((bad + 1)); }
"$respite" analyze "$work/run" --json >"$work/a"
for form in adam xpt xpt/adtte.xpt; do
  "$respite" analyze "$work/$form" --json >"$work/b"
  cmp "$work/a" "$work/b" || { echo "$form gives other figures"; bad=$((bad + 1)); }
done
expect 0 '0 endpoints' "$respite" convert "$work/run/adam/advl.csv" --to nonmem -o "$work/nonmem"
expect 0 '0 endpoints' "$respite" convert "$work/nonmem/nonmem.csv" --to adam -o "$work/again"
cat >"$work/visits.csv" <<'END'
who,visit,vl
P-1,2021-03-01,<20
P-1,2021-03-08,1500
P-2,2021-03-02,TND
END
cat >"$work/visits.yaml" <<'END'
analysis: a table of visits
data:
  file: visits.csv
  subject: who
  date: visit
  reference: "2021-03-01"
  measurements: [{assay: viral_load, value: vl, unit: copies/mL}]
analyses: [{kind: viral_load, assay: viral_load}]
END
expect 0 '2 participants, 3 measurements' \
  "$respite" convert --plan "$work/visits.yaml" --to adam -o "$work/visits"
expect 0 ',P-2,1,0,all,all,1,VLCPML,viral_load,,not detected,copies/mL,1,' cat "$work/visits/advl.csv"
expect 0 '"hash"' "$respite" run studies/liu2021.yaml --trials 1 --json --out "$work/above" \
  --set assays.viral_load.uloq='10000 copies/mL'
expect 0 ',,above ULOQ,.*,50,U,,10000$' cat "$work/above/adam/advl.csv"
expect 64 'did you mean xpt' "$respite" convert "$work/run" --to xtp -o "$work/none"
expect 64 'needs -o DIR' "$respite" convert "$work/run" --to xpt
expect 65 'needs a map of its columns' "$respite" convert data/liu2021.csv --to adam -o "$work/none"
expect 66 'cannot open' "$respite" convert "$work/nothing" --to adam -o "$work/none"
[ ! -e "$work/none" ] || { echo "a refused data set left files"; bad=$((bad + 1)); }

# Any number of files is checked; populations and products as what they are.
many=$(i=0; while [ $i -lt 70 ]; do echo models/dish.rsp; i=$((i + 1)); done)
# shellcheck disable=SC2086
expect 0 'models/dish.rsp: a model' "$respite" check $many
# shellcheck disable=SC2086
expect 64 'at most 64 studies; these are 70' "$respite" reproduce $many
expect 0 'rhesus.yaml: a population; .*no errors' "$respite" check studies/populations/rhesus.yaml
expect 0 'a product; .*no errors' "$respite" check studies/products/vrc01_28bbz_shptl_manufactured.yaml
printf 'title: p\ndoes: 4e7 cell\ngiven by: infuse\n' >"$work/part.yaml"
expect 65 "part.yaml:2:1: .*did you mean 'dose'" "$respite" check "$work/part.yaml"
printf 'from: nobody\nparticipants: 6\n' >"$work/part.yaml"
expect 66 "part.yaml:1:7: .*populations/nobody.yaml, nor .*, nor a shipped one" "$respite" check "$work/part.yaml"
mkdir "$work/far" # all that is shipped is found there
for f in studies/populations/*.yaml; do
  printf 'from: %s\nparticipants: 6\n' "$(basename "$f" .yaml)" >"$work/far/part.yaml"
  expect 0 'a population' "$respite" check "$work/far/part.yaml"
done
for f in studies/products/*.yaml; do
  printf 'from: %s\ngiven by: infuse\n' "$(basename "$f" .yaml)" >"$work/far/part.yaml"
  expect 0 'a product' "$respite" check "$work/far/part.yaml"
done
printf 'title: neither\n' >"$work/part.yaml"
expect 65 'part.yaml:1:1: .*study' "$respite" check "$work/part.yaml"

# Every study and question that is shipped is in order.
for f in studies/*.yaml studies/questions/*.yaml; do
  expect 0 . "$respite" check "$f"
done

# Reproduce takes named studies, or those of studies/; predicted rows alone are judged.
expect 0 '^predicted rows: 1, ' "$respite" reproduce --trials 2 --set 'arms.SMART.participants=2' \
  --set 'arms.Gunst 2025.participants=20' studies/ati_controls.yaml
expect 0 '"scoreboard"' "$respite" reproduce --trials 1 --json --out "$work/again" studies/walker2000.yaml studies/duocar.yaml
for f in walker2000/report.html walker2000/manifest.json duocar/adam/adsl.csv; do
  [ -s "$work/again/$f" ] || { echo "reproduce --out lacks $f"; bad=$((bad + 1)); }
done
expect 64 'twice: a folder of --out is named after the study.s file' \
  "$respite" reproduce --trials 1 --out "$work/twice" studies/duocar.yaml ./studies/duocar.yaml
[ ! -e "$work/twice" ] || { echo "a refused reproduce left files"; bad=$((bad + 1)); }
(cd "$work" && "$respite" reproduce) >"$work/out" 2>"$work/err"
[ $? = 66 ] && grep -q 'no folder studies/' "$work/err" || { echo "reproduce far from studies/"; bad=$((bad + 1)); }
echo "$((n - bad)) of $n commands as expected"
exit $((bad > 0))
