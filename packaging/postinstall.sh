#!/bin/sh
# dpkg runs this as "configure [OLD-VERSION]", rpm as "1" (installation) or "2" (upgrade).
set -e

if ! getent passwd bro_exporter >/dev/null; then
	useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
		--comment 'Prometheus exporter for prof.log' bro_exporter
fi
# These groups usually may read the spool directory.
for group in zeek bro; do
	if getent group "$group" >/dev/null; then
		usermod --append --groups "$group" bro_exporter
	fi
done

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
case "$1" in
1) systemctl preset bro_exporter.service >/dev/null 2>&1 || true ;;
2) ;; # postremove.sh of the old version restarts the service
*)
	# deb-systemd-helper remembers whether the admin has disabled the service.
	if deb-systemd-helper --quiet was-enabled bro_exporter.service; then
		deb-systemd-helper enable bro_exporter.service >/dev/null || true
	else
		deb-systemd-helper update-state bro_exporter.service >/dev/null || true
	fi
	if [ -d /run/systemd/system ]; then
		deb-systemd-invoke restart bro_exporter.service >/dev/null || true
	fi
	;;
esac
