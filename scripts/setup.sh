# Sourced by the other scripts: makes the virtual environment and fetches system packages, once.
# ROADSTEAD_VENV names another folder for the environment.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${ROADSTEAD_VENV:-$root/.venv}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

# have_packages NAME…: installs Debian packages that are missing; fails, saying so, where it may not.
have_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    if ! command -v apt-get >/dev/null || ! as_root true; then
        echo "roadstead: missing system packages: ${missing[*]} (install them, or run as root on Debian)" >&2
        return 1
    fi
    echo "roadstead: installing ${missing[*]} …" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Whether the environment was made here: in a clone that was moved or copied, its programs still lead to the old place,
# and after an upgrade of Python to one that is gone.
made_here() {
    local said
    said=$("$venv/bin/pip" --version 2>/dev/null) && [[ $said == *" from $venv/lib"* ]]
}

# ensure_venv LOCK: an environment with exactly what LOCK pins, and this tree on top.
ensure_venv() {
    local python lock=$1 stamp
    python=$(find_python) || { have_packages python3 python3-venv && python=$(find_python); } ||
        { echo "roadstead: Python 3.11 or newer is needed" >&2; return 1; }
    stamp=$({ cat "$root/$lock" "$root/pyproject.toml"; "$python" --version; echo "$root $venv"; } |
        sha256sum | cut -d' ' -f1)
    [ -x "$venv/bin/python" ] && [ "$(cat "$venv/stamp-$lock" 2>/dev/null)" = "$stamp" ] && return 0
    echo "roadstead: setting up $venv …" >&2
    "$python" -c 'import ensurepip, venv' 2>/dev/null || have_packages python3-venv || return 1
    if ! made_here; then
        local clear=
        [ -f "$venv/pyvenv.cfg" ] && clear=--clear
        "$python" -m venv $clear "$venv" || return 1
    fi
    { "$venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$root/$lock" &&
        "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -e "$root" &&
        echo "$stamp" >"$venv/stamp-$lock"; } ||
        { echo "roadstead: $venv is not complete (pip says why, above); run the same again" >&2; return 1; }
}
