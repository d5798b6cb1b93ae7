package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bro_exporter/internal/promtool"
)

// Prometheus makes blocks of what is printed for logs, archives and pipes.
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

// Logs that are out of order are reported.
func TestBackfillOutOfOrder(t *testing.T) {
	r := proftool(t, "", "backfill", "bro=../../testdata/7.0.11/restart/prof.run2.log", "bro=../../testdata/7.0.11/restart/prof.run1.log")
	if r.code != 0 || !strings.Contains(r.stderr, "prof.run1.log: ") || !strings.Contains(r.stderr, " snapshots left out: older than others of bro") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
	if strings.Contains(r.stdout, "bro_prof_restarts_total{process=\"bro\"} 1 ") || !strings.HasSuffix(r.stdout, "# EOF\n") {
		t.Error("there are points of what is too old")
	}
}

// A time stamp far ahead costs its own snapshot only, and is reported.
func TestBackfillLeavesOutBadTimeStamps(t *testing.T) {
	text := load(t, "7.0.11/live/prof.log")
	log := file(t, "prof.log", text)
	want := output(t, "", "backfill", "bro="+log)
	stamps := regexp.MustCompile(`(?m)^[0-9]{10}\.[0-9]{6} Memory: `).FindAllString(text, -1)
	stamp, _, _ := strings.Cut(stamps[len(stamps)/2], " ")
	at, err := strconv.ParseFloat(stamp, 64)
	if err != nil {
		t.Fatal(err)
	}
	bad := file(t, "prof.log", strings.ReplaceAll(text, stamp, fmt.Sprintf("%.6f", at+30*86400)))
	r := proftool(t, "", "backfill", "bro="+bad)
	if r.code != 0 || !strings.Contains(r.stderr, "prof.log: 1 snapshot left out: time stamps far from those around them") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
	lost := strings.Count(want, "\n") - strings.Count(r.stdout, "\n")
	if most := strings.Count(want, "\n") / len(stamps) * 2; lost <= 0 || lost > most {
		t.Errorf("%d of %d points are lost, want those of one snapshot", lost, strings.Count(want, "\n"))
	}
}

// A process that never saw a packet has no snapshot with a time, and backfill warns of that.
func TestBackfillWithoutTimes(t *testing.T) {
	text := regexp.MustCompile(`(?m)\b[0-9]{10}\.[0-9]{6} `).ReplaceAllString(load(t, "7.0.11/restart/prof.run1.log"), "0.000000 ")
	r := proftool(t, "", "backfill", "bro="+file(t, "prof.log", text))
	if r.code != 0 || !strings.Contains(r.stderr, "bro has no history: none of its ") || r.stdout != "# EOF\n" {
		t.Errorf("code %d, %s\n%s", r.code, r.stderr, r.stdout)
	}
}

func TestBackfillErrors(t *testing.T) {
	log := "../../testdata/7.0.11/restart/prof.run1.log"
	for _, test := range []struct{ arg, says string }{
		{"--label=process=x", "--label: label \"process=x\": the metrics have"},
		{"--label=x", "write it as NAME=VALUE"},
		{"--max-threads=0", "must be at least 1"},
		{"--analysis-interval=-1s", "must not be below 0"},
	} {
		t.Run(test.arg, func(t *testing.T) {
			r := proftool(t, "", "backfill", test.arg, log)
			if r.code != failed || r.stdout != "" || !strings.Contains(r.stderr, test.says) {
				t.Errorf("%+v", r)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout strings.Builder
	if code := run(ctx, []string{"backfill", log}, nil, &stdout, os.Stderr); code != stopped || stdout.Len() > 0 {
		t.Errorf("code %d, %s", code, stdout.String())
	}
}
