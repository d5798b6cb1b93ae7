#!/usr/bin/env bash
# usage: docs/screenshots/take.sh
# Writes docs/images: the page of a running bro_exporter, and a report of proftool. Needs the programs (make
# build) and Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
work=$(mktemp -d)
exporter=
trap '[ -z "$exporter" ] || kill "$exporter"; rm -rf "$work"' EXIT

shoot() { # URL FILE WIDTH HEIGHT
	"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/browser" --virtual-time-budget=5000 \
		--window-size="$3,$4" --screenshot="docs/images/$2" "$1" 2>/dev/null
}

go run ./docs/screenshots "$work/spool"
./bro_exporter --prof.path="$work/spool/*/prof.log" --web.listen-address=127.0.0.1:10199 2>"$work/log" &
exporter=$!
until curl --silent --fail http://127.0.0.1:10199/metrics | grep -c '^bro_analysis_timestamp_seconds' | grep -qx 5; do
	kill -0 "$exporter" || { cat "$work/log"; exit 1; }
done
shoot http://127.0.0.1:10199/ page.png 1280 700
proftool=$PWD/proftool
(cd "$work/spool" && "$proftool" analyze --format=html worker-2 >"$work/report.html") || [ $? = 1 ]
shoot "file://$work/report.html" report.png 1280 1180
ls -l docs/images
