#!/usr/bin/env bash
# usage: packaging/boot.sh ROOT
# Boots the Debian that packaging/test.sh has made below ROOT, with the package and the prof.logs of a cluster that
# only the group zeek may read, and asks the running service for its metrics. Needs root and systemd-nspawn.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$1
deb=bro-exporter_$(cat VERSION)_$(dpkg --print-architecture).deb
unit=$root/etc/systemd/system/probe.service

inside() { LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"; }
clean() {
	rm -rf "$unit" "$root/etc/systemd/system/multi-user.target.wants/probe.service" "$root/probe" "$root/opt/zeek"
	inside dpkg -P bro-exporter >/dev/null 2>&1 || true
	inside groupdel zeek 2>/dev/null || true
}
trap clean EXIT
clean

inside groupadd --system zeek
mkdir -p "$root/opt/zeek/spool" "$root/probe"
cp -r testdata/7.0.11-cluster/* "$root/opt/zeek/spool/"
inside chown -R root:zeek /opt/zeek/spool
chmod -R u=rwX,g=rX,o= "$root/opt/zeek/spool"
inside dpkg -i "/packages/$deb" >/dev/null

cat >"$root/probe/run" <<'EOF'
#!/bin/bash
touch /opt/zeek/spool/*/prof.log
until exec 3<>/dev/tcp/127.0.0.1/10147; do sleep 1; done
until printf 'GET /-/ready HTTP/1.0\r\n\r\n' >&3 && grep -q '200 OK' <&3; do sleep 1; exec 3<>/dev/tcp/127.0.0.1/10147; done
exec 3<>/dev/tcp/127.0.0.1/10147
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
cat <&3 >/probe/metrics
kill -9 "$(systemctl show bro_exporter --property MainPID --value)"
until [ "$(systemctl show bro_exporter --property NRestarts --value)" = 1 ] && systemctl --quiet is-active bro_exporter; do sleep 1; done
echo restarted >/probe/restarted
systemctl poweroff
EOF
chmod +x "$root/probe/run"
printf '[Unit]\nAfter=bro_exporter.service\n[Service]\nExecStart=/probe/run\n' >"$unit"
ln -sf /etc/systemd/system/probe.service "$root/etc/systemd/system/multi-user.target.wants/probe.service"
timeout 120 systemd-nspawn --register=no --keep-unit --private-network -D "$root" -b >"$root/probe/log" 2>&1 || true

up=$(grep -c '^bro_up{.*} 1$' "$root/probe/metrics" || true)
[ "$up" = 4 ] || { cat "$root/probe/log"; echo "FAIL: $up of 4 processes are seen" >&2; exit 1; }
echo "ok: the service starts, and sees what only the group zeek may read"
[ -e "$root/probe/restarted" ] || { cat "$root/probe/log"; echo "FAIL: the service does not restart" >&2; exit 1; }
echo "ok: a killed service comes back"
