#!/bin/sh
# dpkg runs this as "remove" or "upgrade VERSION", rpm as "0" (removal) or "1" (upgrade).
set -e

case "$1" in
remove)
	if [ -d /run/systemd/system ]; then
		deb-systemd-invoke stop bro_exporter.service >/dev/null || true
	fi
	;;
0) systemctl --no-reload disable --now bro_exporter.service >/dev/null 2>&1 || true ;;
esac
