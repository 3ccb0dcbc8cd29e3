#!/bin/sh
# Every question has its answer in docs/questions.md, and no answer is of another.
#   questions.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
studies=$(for f in studies/questions/*.yaml; do basename "$f" .yaml; done | sort)
answers=$(sed -n 's/^## \([a-z_]*\):.*/\1/p' docs/questions.md | sort)
[ "$studies" = "$answers" ] || {
  echo "docs/questions.md and studies/questions differ:"
  printf '%s\n' "$studies" "$answers" | sort | uniq -u
  exit 1
}
for q in $studies; do
  asked=$(sed -n 's/^title: //p' "studies/questions/$q.yaml")
  sed -n "/^## $q:/,/^## /p" docs/questions.md | grep -q 'Hinges on' ||
    { echo "docs/questions.md: $q does not say what it hinges on ($asked)"; exit 1; }
done
