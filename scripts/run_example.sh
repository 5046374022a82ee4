#!/usr/bin/env bash
# What `make run` does once everything is set up: an example in a window, or where there is no display, a recording of it
# and a picture of the window.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

example=${EXAMPLE:-linear_regression}
tapeview=.venv/bin/tapeview

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" = Darwin ]; then
    exec "$tapeview" examples "$example" --run
fi

echo "No display here: recording the example and saving a picture of the window."
mkdir -p out
rm -f "out/$example.tapeview"*
"$tapeview" record -o "out/$example.tapeview" "$("$tapeview" examples "$example" --path)"
"$tapeview" info "out/$example.tapeview"
.venv/bin/python scripts/picture.py "out/$example.tapeview" out/tapeview.png
echo "The picture: out/tapeview.png. The recording: out/$example.tapeview (tapeview open shows it where there is a display)."
