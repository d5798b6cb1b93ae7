#!/usr/bin/env bash
# usage: packaging/stage.sh BIN TREE [ZSH]
# Fills TREE with all that is installed below /usr or /usr/local: the programs of directory BIN, and
# man pages and completion from dist/. ZSH is where zsh looks for completion, which differs.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 tree=$2 zsh=${3:-share/zsh/site-functions}

put() { # MODE DIR FILE...
	local mode=$1 dir=$2
	shift 2
	install -d -m 755 "$tree/$dir"
	install -m "$mode" "$@" "$tree/$dir/"
}

rm -rf "$tree"
put 755 bin "$bin/bro_exporter" "$bin/proftool"
put 644 lib/systemd/system packaging/bro_exporter.service
put 644 share/man/man1 dist/man/*.1
gzip -9 -n "$tree"/share/man/man1/*.1
put 644 "$zsh" dist/completion/_*
put 644 share/bash-completion/completions dist/completion/*.bash
for f in "$tree"/share/bash-completion/completions/*.bash; do mv "$f" "${f%.bash}"; done

share=share/bro_exporter
put 644 $share/rules dashboards/*.yml
put 644 $share/dashboards dashboards/*.json
put 644 $share dashboards/RUNBOOKS.md
put 644 $share/zeek zeek/*.zeek zeek/__load__.bro

doc=share/doc/bro-exporter
put 644 $doc README.md CONTRIBUTING.md SECURITY.md NOTICE
put 644 $doc/docs docs/*.md
install -m 644 LICENSE "$tree/$doc/copyright"
gzip -9 -n <CHANGELOG.md >"$tree/$doc/changelog.gz"
chmod 644 "$tree/$doc/changelog.gz"
