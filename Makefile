SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

FUZZTIME ?= 1m
SOAK     ?= 10m
BENCH    ?= dist/bench.txt
SET      ?= 0
CASES    ?= 8
SENSORS   ?= 50
PROCESSES ?= 16

# What --version and bro_exporter_build_info report: the commit, never the builder. Without git,
# in the tarball of a commit, .commit has it; in any other copy nobody knows.
VERSION  := $(shell cat VERSION)
commit   := $(shell if [ -e .git ]; then git log -1 --format='%H %ct'; else cat .commit; fi | grep -xE '[0-9a-f]{40} [0-9]+' || echo unknown 0)
EPOCH    := $(lastword $(commit))
REVISION := $(firstword $(commit))$(shell if [ -e .git ] && [ -n "$$(git status --porcelain -uno)" ]; then echo -dirty; fi)

info    = github.com/prometheus/common/version
ldflags = -X $(info).Version=$(VERSION) -X $(info).Revision=$(REVISION) -X $(info).Branch=HEAD -X $(info).BuildDate=$(shell date -u -d @$(EPOCH) +%Y%m%d-%H:%M:%S)
compile = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w $(ldflags)'
tool    = go tool -modfile=tools/go.mod
# Without service discovery, which nothing here needs; tests run them with the same flags.
prometheus = env GOFLAGS='-tags=remove_all_sd -buildvcs=false' go tool -modfile=tools/prometheus/go.mod
victoriametrics = env GOFLAGS='-tags=remove_all_sd -buildvcs=false' go tool -modfile=tools/victoriametrics/go.mod
alertmanager = env GOFLAGS='-tags=remove_all_sd -buildvcs=false' go tool -modfile=tools/alertmanager/go.mod

.PHONY: help build all install uninstall packages packages-again packages-test packages-boot release man completion dashboards test format tidy vet unit servers golden e2e fleet browser screenshots demo lint vulnerabilities fuzz soak quality bench benchstat clean

help: ## Show this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

build: ## Build ./bro_exporter and ./proftool: static, and the same from the same commit
	$(compile) -o ./ ./cmd/...

man: build ## Write man pages to dist/man
	@mkdir -p dist/man
	./bro_exporter --help-man >dist/man/bro_exporter.1
	./proftool --help-man >dist/man/proftool.1

completion: build ## Write completion scripts for bash and zsh to dist/completion
	@mkdir -p dist/completion; \
	for program in bro_exporter proftool; do \
		./$$program --completion-script-bash >dist/completion/$$program.bash; \
		./$$program --completion-script-zsh >dist/completion/_$$program; \
	done

# CONFIG is what differs from dashboards/config.libsonnet, such as '{grafanaUrl: "https://grafana.example.org"}'.
CONFIG ?= {}
dashboards: ## Write the Grafana dashboards and the rules
	go run ./dashboards/generate -dir dashboards
	go tool -modfile=tools/jsonnet/go.mod jsonnet -S -m dashboards --tla-code config='$(CONFIG)' dashboards/rules.jsonnet

test: format tidy vet unit e2e browser lint ## Check and test everything
	@echo "All checks and tests passed."

format:
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then printf 'Not formatted, see gofmt -d:\n%s\n' "$$files"; exit 1; fi

tidy:
	go mod tidy -diff
	go -C tools mod tidy -diff
	go -C tools/jsonnet mod tidy -diff
	go -C e2e/browser mod tidy -diff
	go -C tools/release mod tidy -diff
	go -C tools/victoriametrics mod tidy -diff

vet:
	go vet ./...

# The Go command keeps them; what takes minutes the first time shall not count against a test's time.
servers:
	@nice $(prometheus) promtool --version >/dev/null
	@nice $(prometheus) prometheus --version >/dev/null
	@nice $(alertmanager) alertmanager --version >/dev/null
	@nice $(alertmanager) amtool --version >/dev/null
	@nice $(victoriametrics) victoria-metrics --version >/dev/null
	@nice $(victoriametrics) vmalert --version >/dev/null
	@go tool -n -modfile=tools/jsonnet/go.mod jsonnet >/dev/null

# All but e2e, which needs the machine for itself.
# The race detector needs a C compiler and libc's headers: runtime/cgo tells whether they are here.
unit: servers
	@mkdir -p dist; \
	race=-race; \
	if ! go build -race runtime/cgo 2>/dev/null; then \
		race=; echo "WARNING: no race detector here (it needs gcc and cgo): testing WITHOUT -race." >&2; \
	fi; \
	set -x; $(tool) gotestsum --format pkgname --jsonfile dist/test.json -- -timeout 60m $$race $$(go list ./... | grep -v '/e2e$$')

golden: ## Rewrite what tests compare with; read it before you commit it
	go test -count 1 ./analyze/render ./backfill ./cmd/... ./collector -update

e2e: servers ## Try all together: replayed logs, Prometheus, alerts at a webhook, dashboards, a fleet
	@mkdir -p dist
	$(tool) gotestsum --format testname --jsonfile dist/e2e.json -- -timeout 60m -count 1 ./e2e

fleet: servers ## Run SENSORS (50) with PROCESSES (16) each in real time, with agents and two stores, and report sizes
	@mkdir -p dist
	go test -v -count 1 -timeout 0 -run '^TestFleet$$' ./e2e -speed 1 -scrapes 16 -tries 3 -sensors $(SENSORS) -processes $(PROCESSES) | tee dist/fleet.txt

browser: ## Look at the exporter's pages with Chromium, and write what they look like to dist/pages
	@if ! command -v chromium chromium-browser google-chrome >/dev/null; then \
		echo "WARNING: no Chromium here: the pages are NOT looked at. Install one: apt-get install chromium" >&2; exit 0; \
	fi; \
	rm -rf dist/pages; go -C e2e/browser vet ./... && go -C e2e/browser test -count 1 ./... -args -screenshots $(CURDIR)/dist/pages

screenshots: build ## Write the pictures of the README; needs Chromium
	docs/screenshots/take.sh

demo: servers ## Run the same for you to look at, until Ctrl-C
	@go run ./e2e/demo

lint: ## Run golangci-lint, and actionlint on the workflows
	$(tool) golangci-lint run --allow-parallel-runners ./...
	go tool -modfile=tools/release/go.mod actionlint .github/workflows/*.yml

vulnerabilities: ## Look for known vulnerabilities in what the programs call; asks vuln.go.dev
	go tool -modfile=tools/release/go.mod govulncheck ./...

fuzz: ## Run each fuzz target for FUZZTIME (1m)
	tools/fuzz $(FUZZTIME)

soak: ## Play months of a spool directory for SOAK (10m) and check every scrape
	go test -v -count 1 -timeout 0 -run '^TestSoak$$' ./collector -soak $(SOAK)

quality: ## Judge CASES (8) labelled logs of each class and length with the dice of SET (0), hour by hour
	go test -v -count 1 -timeout 0 -run '^Test(Quality|Scenes)$$' ./analyze -set $(SET) -cases $(CASES) -looks -every 1

SIZE   ?= 256
ROUNDS ?= 5
bench: ## Measure what the programs cost on logs of SIZE (256) MB; BENCHMARKS.md has one run
	@go run ./e2e/bench -size $(SIZE) -rounds $(ROUNDS)

benchstat: ## Run the Go benchmarks, for benchstat, into BENCH (dist/bench.txt)
	@mkdir -p $(dir $(BENCH))
	go test -bench . -benchmem -run '^$$' -count 6 ./... | tee $(BENCH)

PREFIX ?= /usr/local
ARCHES ?= amd64 arm64
# Whoever makes the packages answers for them.
export MAINTAINER ?= bro_exporter <root@localhost>

all: build man completion ## Make all that install puts in place

install: ## Install what all has made: programs, service, man pages, rules, dashboards (DESTDIR, PREFIX)
	@[ -x bro_exporter ] && [ -d dist/completion ] && [ -d dist/man ] || { echo "Run 'make all' first."; exit 1; }
	@packaging/stage.sh . dist/tree
	@sed -i 's,^ExecStart=/usr/,ExecStart=$(PREFIX)/,' dist/tree/lib/systemd/system/bro_exporter.service
	@cd dist/tree; find . -type f -printf '%m %P\n' | while read -r mode file; do install -D -m "$$mode" "$$file" "$(DESTDIR)$(PREFIX)/$$file"; done
	@[ -e $(DESTDIR)/etc/default/bro_exporter ] || install -D -m 644 packaging/bro_exporter.default $(DESTDIR)/etc/default/bro_exporter
	@echo "Installed below $(DESTDIR)$(PREFIX). The service needs a user who may read the spool directory:"
	@echo "    useradd --system --shell /usr/sbin/nologin --groups zeek bro_exporter"
	@echo "    systemctl enable --now bro_exporter"

uninstall: ## Remove what install has put in place, but not /etc/default/bro_exporter (DESTDIR, PREFIX)
	@[ -x bro_exporter ] && [ -d dist/completion ] && [ -d dist/man ] || { echo "Run 'make all' first."; exit 1; }
	@packaging/stage.sh . dist/tree
	@cd dist/tree; find . -type f -printf '%P\n' | while read -r file; do rm -f "$(DESTDIR)$(PREFIX)/$$file"; done
	@rmdir $(DESTDIR)$(PREFIX)/share/bro_exporter/* $(DESTDIR)$(PREFIX)/share/bro_exporter $(DESTDIR)$(PREFIX)/share/doc/bro-exporter/docs $(DESTDIR)$(PREFIX)/share/doc/bro-exporter 2>/dev/null || true

packages: man completion ## Write deb, rpm and tar.gz for ARCHES (amd64 arm64) to dist/packages
	@rm -rf dist/packages
	@for arch in $(ARCHES); do GOOS=linux GOARCH=$$arch $(compile) -o dist/linux-$$arch/ ./cmd/...; done
	@packaging/packages.sh $(VERSION) $(EPOCH) dist/packages $(ARCHES)

# A copy in another directory, with another umask and time zone.
packages-again: packages ## Build the packages again elsewhere, and compare them byte by byte
	@rm -rf dist/again && mkdir -p dist/again
	@if [ -e .git ]; then git ls-files -z; else find . -path ./dist -prune -o -type f -print0; fi | tar -c --null -T - | tar -x -C dist/again
	@echo "$(REVISION) $(EPOCH)" >dist/again/.commit
	@umask 077; TZ=Asia/Tokyo $(MAKE) -C dist/again packages
	@cd dist/packages && sha256sum -- * | (cd ../again/dist/packages && sha256sum -c)
	@rm -rf dist/again

packages-test: packages-again ## Install, upgrade, remove and purge the packages in a Debian of its own below ROOT; needs root
	packaging/test.sh $(or $(ROOT),dist/debian)

packages-boot: packages-test ## Boot that Debian, and ask the installed service; needs root and systemd-nspawn
	packaging/boot.sh $(or $(ROOT),dist/debian)

# An SBOM lists the modules that the Go command has put into the program.
release: packages ## Write packages, SBOMs and checksums of a clean checkout to dist/packages
	@case "$(REVISION)" in unknown|*-dirty) echo "Release a committed tree: this is $(REVISION)."; exit 1;; esac
	@for program in bro_exporter proftool; do \
		go tool -modfile=tools/release/go.mod cyclonedx-gomod bin -json -noserial -notimestamp -version v$(VERSION) \
			-output dist/packages/$$program-$(VERSION).cdx.json dist/linux-amd64/$$program; \
	done
	@cd dist/packages && sha256sum -- * >SHA256SUMS
	@ls -l dist/packages

clean: ## Remove what the others made
	rm -rf bro_exporter proftool dist
