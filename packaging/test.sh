#!/usr/bin/env bash
# usage: packaging/test.sh ROOT
# Installs, upgrades, removes and purges the packages in dist/packages in a Debian below ROOT, which is
# made by debootstrap if it is not there. Needs root, debootstrap and rpm; touches nothing outside ROOT.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(realpath -m "$1") # rpm takes no other path
version=$(cat VERSION)
deb=bro-exporter_${version}_$(dpkg --print-architecture).deb
rpm=bro-exporter-$version-1.$(uname -m).rpm

inside() { LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"; }
fail() { echo "FAIL: $*" >&2; exit 1; }
expect() { # WHAT COMMAND...
	local what=$1
	shift
	"$@" >/dev/null 2>&1 || fail "$what: $*"
	echo "ok: $what"
}
reject() { # WHAT COMMAND...
	local what=$1
	shift
	! "$@" >/dev/null 2>&1 || fail "$what: $*"
	echo "ok: $what"
}
# What dpkg itself and the accounts' tools leave behind is not ours.
files() { (cd "$root" && find etc usr lib var -xdev \( -path var/lib/dpkg -o -path var/lib/rpm -o -path var/log -o -path var/cache \) -prune -o -print | grep -vE '^etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$' | sort); }
dpkg_i() { inside dpkg -i "/packages/$1" </dev/null >/dev/null || fail "dpkg -i $1"; }

[ -d "$root/usr" ] || debootstrap --variant=minbase --include=systemd,init-system-helpers,passwd "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root"
mkdir -p "$root/packages" "$root/usr/share/zsh/site-functions" # the latter is of rpm systems
cp "dist/packages/$deb" "dist/packages/$rpm" "$root/packages/"
# An older version is the same package with another number.
old=bro-exporter_0.0.9_${deb##*_}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb -R "dist/packages/$deb" "$work"
sed -i 's/^Version: .*/Version: 0.0.9/' "$work/DEBIAN/control"
dpkg-deb -Zgzip -b "$work" "$root/packages/$old" >/dev/null
inside dpkg -P bro-exporter >/dev/null 2>&1 || true
inside groupdel zeek 2>/dev/null || true
files >"$work/before"

echo "== deb, on a host without a group zeek"
dpkg_i "$deb"
expect "the service has a user" inside getent passwd bro_exporter
expect "the service is enabled" test -L "$root/etc/systemd/system/multi-user.target.wants/bro_exporter.service"
expect "systemd takes the unit" inside systemd-analyze verify --man=no bro_exporter.service
expect "bro_exporter runs" inside bro_exporter --version
expect "proftool runs as the service's user" inside su -s /bin/sh bro_exporter -c 'proftool --version'
inside dpkg -P bro-exporter >/dev/null
files | diff "$work/before" - || fail "purge left something behind"
echo "ok: purge leaves nothing behind"
reject "purge removes the user" inside getent passwd bro_exporter

echo "== deb, upgrade on a host with a group zeek"
inside groupadd --system zeek
dpkg_i "$old"
expect "the user is in group zeek" inside sh -c 'id -nG bro_exporter | grep -qw zeek'
echo 'ARGS=--log.level=debug' >"$root/etc/default/bro_exporter"
inside systemctl disable bro_exporter.service 2>/dev/null
dpkg_i "$deb"
expect "the new version is installed" inside sh -c "dpkg -s bro-exporter | grep -qx 'Version: $version'"
expect "an upgrade keeps the edited configuration" grep -qx 'ARGS=--log.level=debug' "$root/etc/default/bro_exporter"
reject "an upgrade leaves a disabled service disabled" test -e "$root/etc/systemd/system/multi-user.target.wants/bro_exporter.service"
inside dpkg -r bro-exporter >/dev/null
reject "remove removes the programs" test -e "$root/usr/bin/bro_exporter"
expect "remove keeps the configuration" test -e "$root/etc/default/bro_exporter"
inside dpkg -P bro-exporter >/dev/null
files | diff "$work/before" - || fail "purge left something behind"
echo "ok: purge leaves nothing behind"

echo "== rpm"
rpm() { command rpm --root "$root" --nodeps "$@" 2> >(grep -v "^rpm: " >&2); } # Debian warns of its use
rpm -i "$root/packages/$rpm" || fail "rpm -i"
expect "the service has a user in group zeek" inside sh -c 'id -nG bro_exporter | grep -qw zeek'
expect "bro_exporter runs" inside bro_exporter --version
echo 'ARGS=--log.level=debug' >"$root/etc/default/bro_exporter"
rpm -U --replacepkgs "$root/packages/$rpm" || fail "rpm -U"
expect "an upgrade keeps the edited configuration" grep -qx 'ARGS=--log.level=debug' "$root/etc/default/bro_exporter"
rpm -e bro-exporter || fail "rpm -e"
reject "erase removes the programs" test -e "$root/usr/bin/bro_exporter"
rm -f "$root/etc/default/bro_exporter.rpmsave"
inside userdel bro_exporter
inside groupdel zeek
files | diff "$work/before" - || fail "rpm left something behind"
echo "ok: rpm leaves nothing behind"
echo "All package tests passed."
