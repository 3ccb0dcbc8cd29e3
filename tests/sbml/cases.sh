#!/bin/sh
# The semantic cases of the SBML Test Suite, where they are beside the project; and
# what a build without libsbml says.
#   cases.sh RESPITE SOURCE_ROOT yes|no
set -u
respite=$1 root=$2 built=$3
cases=$root/../shared/sbml/semantic
if [ "$built" = no ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo '<sbml/>' >"$work/model.xml"
  "$respite" simulate "$work/model.xml" --until 1 2>"$work/err"
  [ $? = 69 ] && grep -q 'no libsbml: install libsbml5-dev' "$work/err" && exit 77
  cat "$work/err"
  exit 1
fi
if [ ! -d "$cases" ]; then
  echo "no cases at $cases: skipped"
  exit 77
fi
said=$(RESPITE=$respite "$root/script/sbml-suite" --brief "$cases")
status=$?
echo "$said"
[ $status = 0 ] || exit $status
echo "$said" | grep -q '^308 pass, 0 fail, 0 refused'

