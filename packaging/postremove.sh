#!/bin/sh
# dpkg runs this as "remove", "purge" and others, rpm as "0" (removal) or "1" (upgrade).
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
case "$1" in
purge)
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper purge bro_exporter.service >/dev/null || true
	fi
	if getent passwd bro_exporter >/dev/null; then
		userdel bro_exporter || true
	fi
	;;
1) systemctl try-restart bro_exporter.service >/dev/null 2>&1 || true ;;
esac
