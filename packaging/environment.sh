# Shared by the scripts of this project: where things are, and how they speak.
# Sourced by bash with `set -euo pipefail`.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${SHEAF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sheaf-build}
mkdir -p "$cache"
. "$root/packaging/dependencies/versions.sh"
# what one checkout has compiled, another need not: paths below the root are no part of a compilation
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

# say TEXT: a line with the time since the script began.
say() { printf '[%3d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# quietly LOG COMMAND...: runs it with its output in LOG; shows the end of it on failure.
quietly() {
  local log=$1; shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "failed: $* (all of it in $log)"; }
}

# fetched NAME VERSION SHA256: the path of that source distribution, downloaded once.
fetched() {
  local file=$cache/$1-$2.tar.gz
  [ -f "$file" ] || "$root/packaging/dependencies/fetch_sdist" "$1" "$2" "$3" "$file" || die "$1 $2 could not be fetched"
  echo "$file"
}

# imagej_jar: the path of ij.jar, fetched once from the Maven repository that mvn is set up to use.
imagej_jar() {
  local jar=$cache/ij-$imagej_version.jar
  if [ ! -f "$jar" ]; then
    quietly "$cache/ij.log" mvn -B -q dependency:copy -Dartifact=net.imagej:ij:$imagej_version -DoutputDirectory="$cache"
  fi
  echo "$jar"
}
