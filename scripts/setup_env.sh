#!/usr/bin/env bash
# Set up everything that `make run` (argument: run) or `make test` (argument: test) needs, and only what is missing:
# a Python >= 3.11 with venv, .venv with the packages, the system libraries Qt loads, a font with Korean, Chinese and
# Japanese signs, and for the tests a virtual display. A second call with nothing changed returns at once.
#
# PYTHON=/path/to/python chooses the interpreter. Nothing outside .venv is touched except through apt-get.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

level=${1:-run}
case "$level" in run | test) ;; *) echo "usage: $0 [run|test]" >&2; exit 2 ;; esac

venv=.venv
stamp="$venv/.tapeview-$level"

say() { printf 'tapeview: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# The state that a stamp stands for: what is asked for, and where (a moved checkout has a .venv with wrong paths).
wanted() { { cat pyproject.toml scripts/setup_env.sh; pwd; } | cksum; }

if [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ]; then
    exit 0
fi

# ---------------------------------------------------------------------------------------------- system packages
apt_updated=no
# apt_install PACKAGE... : status 1 where this machine has no apt-get, or we may not use it, or it fails.
apt_install() {
    local as_root=()
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || return 1
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n) # nobody is there to type a password
    fi
    say "installing Debian packages: $*"
    if [ $apt_updated = no ]; then
        "${as_root[@]}" apt-get update -qq >/dev/null || true # an old list may still do
        apt_updated=yes
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# ---------------------------------------------------------------------------------------------- Python and .venv
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Print the first Python >= 3.11 that passes the test named by $1.
find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3 python}; do
        if command -v "$name" >/dev/null && new_enough "$name" && "$1" "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

make_venv() {
    local python version
    if ! python=$(find_python has_venv); then
        if python=$(find_python true); then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            apt_install "python$version-venv" || apt_install python3-venv ||
                stop "$python has no venv module; on Debian: sudo apt-get install python$version-venv"
        else
            apt_install python3 python3-venv || true
        fi
        python=$(find_python has_venv) ||
            stop "Python 3.11 or newer with its venv module is needed and not here; on Debian:" \
                "sudo apt-get install python3-venv (or set PYTHON=/path/to/python if it is elsewhere)."
    fi
    say "making $venv with $python"
    "$python" -m venv --clear "$venv" || stop "$python could not make $venv, see above."
}

if ! { [ -x "$venv/bin/python" ] && new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version; } \
    >/dev/null 2>&1; then
    make_venv
fi

extras=
[ "$level" = run ] || extras='[dev]'
say "installing Python packages into $venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".$extras" ||
    stop "the Python packages could not be installed, see above (pip needs the network once)."

# ---------------------------------------------------------------------------------------------- what Qt loads
# Print the libraries that Qt's widgets and its platforms want and the loader cannot find.
missing_libraries() {
    local qt
    qt=$("$venv/bin/python" -c 'import importlib.util as u; print(u.find_spec("PySide6").submodule_search_locations[0])')
    ldd "$qt"/QtWidgets.abi3.so "$qt"/QtSvg.abi3.so "$qt"/Qt/plugins/platforms/libq{xcb,offscreen}.so 2>/dev/null |
        awk '/not found/ { print $1 }' | sort -u
}

# Debian's package for a library: mostly the name in lower case with the number at its end.
package_of() {
    case "$1" in
        libglib-2.0.so.0 | libgthread-2.0.so.0) echo libglib2.0-0 ;;
        libdbus-1.so.3) echo libdbus-1-3 ;;
        libxkbcommon-x11.so.0) echo libxkbcommon-x11-0 ;;
        libX11.so.6) echo libx11-6 ;;
        libbrotlidec.so.1 | libbrotlicommon.so.1) echo libbrotli1 ;;
        libpng16.so.16) echo libpng16-16 ;;
        libz.so.1) echo zlib1g ;;
        *) echo "$1" | sed 's/\.so\./ /' | awk '{ print tolower($1) $2 }' ;;
    esac
}

if [ "$(uname -s)" = Linux ] && command -v ldd >/dev/null; then
    for _ in 1 2; do # a library just installed may want another one
        missing=$(missing_libraries)
        [ -n "$missing" ] || break
        packages=$(for library in $missing; do package_of "$library"; done | sort -u)
        # shellcheck disable=SC2086 # one word per package
        apt_install $packages || break
    done
    missing=$(missing_libraries | tr '\n' ' ')
    if [ -n "$missing" ]; then
        packages=$(for library in $missing; do package_of "$library"; done | sort -u | tr '\n' ' ')
        stop "Qt needs libraries that this machine lacks: ${missing}- on Debian: sudo apt-get install $packages"
    fi

    has_cjk_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ko family)" ]; }
    has_cjk_font || apt_install fontconfig fonts-noto-cjk ||
        say "no font with Korean, Chinese and Japanese signs is here; such text will show as boxes."

    if [ "$level" = test ] && ! command -v Xvfb >/dev/null; then
        apt_install xvfb || say "Xvfb is not here; tests that need a real window will be skipped."
    fi
fi

wanted >"$stamp"
[ "$level" = run ] || wanted >"$venv/.tapeview-run" # everything for a run is there too
