package e2e_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"bro_exporter/e2e/stack"
	"bro_exporter/e2e/timelapse"
	"bro_exporter/internal/tool"
)

// query is a query of a panel, as "generate queries" prints it.
type query struct {
	Dashboard, Panel, Ref, Expr string
	Empty                       string // what it means if there is no data
}

// panels asks Prometheus what the dashboards ask, of one process of each release, and wants an answer for
// one of them at least.
func panels(t *testing.T, s *stack.Stack) {
	const process = "PROCESS"
	generate := exec.CommandContext(t.Context(), "go", "run", "./dashboards/generate", "queries",
		"-job="+stack.Job, "-instance="+stack.Instance, "-process="+process, "-range=6h")
	generate.Dir = tool.Root()
	out, err := generate.Output()
	check(t, err)
	var all []query
	check(t, json.Unmarshal(out, &all))
	if len(all) < 100 {
		t.Fatalf("only %d queries", len(all))
	}
	for _, q := range all {
		if q.Ref == "Anno" {
			continue // an annotation: it marks restarts, of which there need not be any
		}
		// Grafana makes $__rate_interval of four scrapes, which are a minute apart here and not 15 s.
		q.Expr = timelapse.Expr(strings.ReplaceAll(q.Expr, "[1m]", "[4m]"), s.Speed)
		answered := false
		for _, p := range []string{"tables", "stuck", "worker-1", "backlog"} {
			series, err := stack.Query(s.Prometheus, strings.ReplaceAll(q.Expr, process, p))
			check(t, err)
			if len(series) > 0 {
				answered = true
				break
			}
		}
		if !answered {
			t.Errorf("%s: %s, %s has no data (%q): %s", q.Dashboard, q.Panel, q.Ref, q.Empty, q.Expr)
		}
	}
}
