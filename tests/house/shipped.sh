#!/bin/sh
# Every file of models/ is among the texts that are built in: a model that includes one
# that is not loads beside the source and nowhere else.
#   shipped.sh SOURCE_ROOT
set -eu
cd "$1"
bad=0
for file in models/*.rsp; do
  name=${file#models/}
  grep -q "'${name%.rsp}'" src/model/meson.build || { echo "$file is not in src/model/meson.build"; bad=1; }
done
exit $bad
