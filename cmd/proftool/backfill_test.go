package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bro_exporter/internal/promtool"
)

// What is printed of logs, archives and pipes is what Prometheus makes blocks of.
func TestBackfill(t *testing.T) {
	out := output(t, zipped(load(t, "7.0.11/restart/prof.run2.log")), "backfill", "--label=job=zeek", "--label=instance=sensor1",
		"../../testdata/7.0.11-cluster", "standalone=../../testdata/7.0.11/restart/prof.run1.log", "standalone=-")
	dir := t.TempDir()
	path := filepath.Join(dir, "history.om")
	if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	promtool.Run(t, "tsdb", "create-blocks-from", "openmetrics", path, data)
	if err := os.Mkdir(filepath.Join(data, "wal"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := promtool.Run(t, "tsdb", "dump", `--match={__name__="bro_prof_restarts_total",job="zeek",instance="sensor1"}`, data)
	for _, want := range []string{`process="manager"} 0 `, `process="worker-2"} 0 `, `process="standalone"} 0 `, `process="standalone"} 1 `} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// The logs of a process are to be given in their order; what is too old is said.
func TestBackfillOutOfOrder(t *testing.T) {
	r := proftool(t, "", "backfill", "bro=../../testdata/7.0.11/restart/prof.run2.log", "bro=../../testdata/7.0.11/restart/prof.run1.log")
	if r.code != 0 || !strings.Contains(r.stderr, "prof.run1.log: ") || !strings.Contains(r.stderr, " blocks are left out, since they are older") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
	if strings.Contains(r.stdout, "bro_prof_restarts_total{process=\"bro\"} 1 ") || !strings.HasSuffix(r.stdout, "# EOF\n") {
		t.Error("there are points of what is too old")
	}
}

func TestBackfillErrors(t *testing.T) {
	log := "../../testdata/7.0.11/restart/prof.run1.log"
	for _, test := range []struct{ arg, says string }{
		{"--label=process=x", "--label: label \"process=x\": the metrics have"},
		{"--label=x", "write it as NAME=VALUE"},
		{"--max-threads=0", "must be at least 1"},
	} {
		r := proftool(t, "", "backfill", test.arg, log)
		if r.code != failed || r.stdout != "" || !strings.Contains(r.stderr, test.says) {
			t.Errorf("%s: %+v", test.arg, r)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout strings.Builder
	if code := run(ctx, []string{"backfill", log}, nil, &stdout, os.Stderr); code != stopped || stdout.Len() > 0 {
		t.Errorf("code %d, %s", code, stdout.String())
	}
}
