#!/usr/bin/env bash
# usage: packaging/packages.sh VERSION EPOCH OUT ARCH...
# Packs the programs in dist/linux-ARCH as deb, rpm and tar.gz into OUT. All files get the time EPOCH,
# so two builds of one commit are the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
export VERSION=$1 SOURCE_DATE_EPOCH=$2
out=$3
shift 3

mkdir -p "$out"
for arch; do
	for format in deb rpm; do
		zsh=share/zsh/site-functions
		[ $format = rpm ] || zsh=share/zsh/vendor-completions # Debian's zsh looks there
		packaging/stage.sh "dist/linux-$arch" dist/tree $zsh
		ARCH=$arch go tool -modfile=tools/release/go.mod nfpm package --config packaging/nfpm.yaml --packager $format --target "$out/" >&2
	done
	name=bro_exporter-$VERSION.linux-$arch
	rm -rf "dist/$name"
	packaging/stage.sh "dist/linux-$arch" "dist/$name"
	cp LICENSE packaging/bro_exporter.default "dist/$name/"
	tar -C dist --sort=name --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -c "$name" | gzip -9 -n >"$out/$name.tar.gz"
done
