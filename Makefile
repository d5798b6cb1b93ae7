SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

FUZZTIME ?= 1m
SOAK     ?= 10m
BENCH    ?= dist/bench.txt
SET      ?= 0
CASES    ?= 8

# What --version and bro_exporter_build_info say: only of the commit, never of the builder.
VERSION    = $(shell git describe --tags --always --dirty | sed 's/^v//')
REVISION   = $(shell git rev-parse HEAD)
BRANCH     = $(shell git rev-parse --abbrev-ref HEAD)
BUILD_DATE = $(shell TZ=UTC0 git log -1 --date=format-local:%Y%m%d-%H:%M:%S --format=%cd)

info    = github.com/prometheus/common/version
ldflags = -X $(info).Version=$(VERSION) -X $(info).Revision=$(REVISION) -X $(info).Branch=$(BRANCH) -X $(info).BuildDate=$(BUILD_DATE)
tool    = go tool -modfile=tools/go.mod
# Without service discovery, which nothing here needs; tests run them with the same flags.
prometheus = env GOFLAGS='-tags=remove_all_sd -buildvcs=false' go tool -modfile=tools/prometheus/go.mod
alertmanager = env GOFLAGS='-tags=remove_all_sd -buildvcs=false' go tool -modfile=tools/alertmanager/go.mod

.PHONY: help build man completion dashboards test format tidy vet unit servers golden e2e demo lint fuzz soak quality bench clean

help: ## Show this list
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: ## Build ./bro_exporter and ./proftool: static, and the same from the same commit
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(ldflags)' -o ./ ./cmd/...

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

dashboards: ## Write the Grafana dashboards anew
	go run ./dashboards/generate -dir dashboards

test: format tidy vet unit e2e lint ## Check and test everything
	@echo "All checks and tests passed."

format:
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then printf 'Not formatted, see gofmt -d:\n%s\n' "$$files"; exit 1; fi

tidy:
	go mod tidy -diff
	go -C tools mod tidy -diff

vet:
	go vet ./...

# The Go command keeps them; what takes minutes the first time shall not count against a test's time.
servers:
	@nice $(prometheus) promtool --version >/dev/null
	@nice $(prometheus) prometheus --version >/dev/null
	@nice $(alertmanager) alertmanager --version >/dev/null
	@nice $(alertmanager) amtool --version >/dev/null

# All but e2e, which needs the machine for itself.
# The race detector needs a C compiler and libc's headers: runtime/cgo tells whether they are here.
unit: servers
	@mkdir -p dist; \
	race=-race; \
	if ! go build -race runtime/cgo 2>/dev/null; then \
		race=; echo "WARNING: no race detector here (it needs gcc and cgo): testing WITHOUT -race." >&2; \
	fi; \
	set -x; $(tool) gotestsum --format pkgname --jsonfile dist/test.json -- $$race $$(go list ./... | grep -v '/e2e$$')

golden: ## Rewrite what tests compare with; read it before you commit it
	go test -count 1 ./analyze/render ./backfill ./cmd/... ./collector -update

e2e: servers ## Try all together: replayed logs, Prometheus, alerts at a webhook, dashboards, a fleet
	@mkdir -p dist
	$(tool) gotestsum --format testname --jsonfile dist/e2e.json -- -count 1 ./e2e

demo: servers ## Run the same for you to look at, until Ctrl-C
	@go run ./e2e/demo

lint: ## Run golangci-lint
	$(tool) golangci-lint run --allow-parallel-runners ./...

# Go's fuzzer sometimes fails with nothing but "context deadline exceeded" when its time is up.
# That is no finding: one prints more, or writes its input to testdata/fuzz.
fuzz: ## Run each fuzz target for FUZZTIME (1m)
	@mkdir -p dist; failed=; \
	for at in $$(grep -rho --include='*_test.go' '^func Fuzz[A-Za-z]*' parse replay logs --with-filename | sed -E 's#^([a-z]+)/.*:func #\1:#'); do \
		package=$${at%:*}; target=$${at#*:}; \
		echo "== $$target"; log=dist/$$target.log; touch dist/begin; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./$$package 2>&1 | tee $$log && continue; \
		if grep -A1 "^--- FAIL: $$target " $$log | grep -qx ' *context deadline exceeded' && \
			[ "$$(grep -cvE '^(fuzz: elapsed|--- FAIL: | *context deadline exceeded$$|=== |FAIL|exit status|$$)' $$log)" = 0 ] && \
			[ -z "$$(find $$package/testdata/fuzz -type f -newer dist/begin 2>/dev/null)" ]; then \
			echo "$$target: only its time was up, no finding"; \
		else \
			failed="$$failed $$target"; \
		fi; \
	done; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi

soak: ## Play months of a spool directory for SOAK (10m) and check every scrape
	go test -v -count 1 -timeout 0 -run '^TestSoak$$' ./collector -soak $(SOAK)

quality: ## Judge CASES (8) labelled logs of each class and length with the dice of SET (0), hour by hour
	go test -v -count 1 -timeout 0 -run '^Test(Quality|Scenes)$$' ./analyze -set $(SET) -cases $(CASES) -looks -every 1

bench: ## Run the benchmarks, for benchstat, into BENCH (dist/bench.txt)
	@mkdir -p $(dir $(BENCH))
	go test -bench . -benchmem -run '^$$' -count 6 ./... | tee $(BENCH)

clean: ## Remove what the others made
	rm -rf bro_exporter proftool dist
