package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"bro_exporter/e2e/stack"
	"bro_exporter/e2e/timelapse"
	"bro_exporter/internal/tool"
)

// query is a query of a panel, as "generate queries" prints it.
type query struct {
	Dashboard, Row, Panel, Ref, Expr string
	Instant                          bool
	Step                             string
	Empty                            string // what it means if there is no data
}

// queries returns the dashboards' queries for a choice of their variables.
func queries(t *testing.T, choice ...string) []query {
	t.Helper()
	generate := exec.CommandContext(t.Context(), "go", append([]string{"run", "./dashboards/generate", "queries"}, choice...)...)
	generate.Dir = tool.Root()
	out, err := generate.Output()
	check(t, err)
	var all []query
	check(t, json.Unmarshal(out, &all))
	if len(all) < 100 {
		t.Fatalf("only %d queries", len(all))
	}
	return all
}

// ofStack chooses a process of the stack.
func ofStack(process string) []string {
	return []string{"-job=" + stack.Job, "-instance=" + stack.Instance, "-process=" + process, "-range=12h"}
}

// panels asks Prometheus what the dashboards ask, of one process of each release, and wants an answer for
// one of them at least.
func panels(t *testing.T, s *stack.Stack) {
	for _, q := range queries(t, ofStack(anyProcess)...) {
		if q.Ref == "Anno" {
			continue // an annotation: it marks what need not be
		}
		if strings.Contains(q.Expr, "host_process:") || strings.HasPrefix(q.Expr, "instance_process:bro_cpu:native") || q.Panel == "Without prof.log" {
			continue // telemetry only, which no process here has: see TestNativeTelemetry
		}
		if strings.Contains(q.Expr, "offset 1d") || strings.Contains(q.Expr, "undecided") || strings.Contains(q.Expr, "detectable") {
			continue // Prometheus has no yesterday, and what the exporter judges need not be undecided, or be fine
		}
		// Prometheus does not know the last six hours either, but the last one.
		expr := timelapse.Expr(strings.ReplaceAll(q.Expr, "6h", "1h"), s.Speed)
		// A scrape that takes too long on a busy machine leaves a gap.
		if err := stack.Await("for an answer", func() error { return answered(s, expr) }); err != nil {
			t.Errorf("%s: %s, %s (%q): %v: %s", q.Dashboard, q.Panel, q.Ref, q.Empty, err, expr)
		}
	}
}

// answered looks for an answer on one process of each release.
func answered(s *stack.Stack, expr string) error {
	for _, p := range []string{"core", "tables", "held", "intel", "stuck", "healthy", "worker-1", "backlog"} {
		series, err := stack.Query(s.Prometheus, strings.ReplaceAll(expr, anyProcess, p))
		if err != nil || len(series) > 0 {
			return err
		}
	}
	return errors.New("no data")
}

// anyProcess stands for a process in queries.
const anyProcess = "PROCESS"

// screen is the first screen of Overview, which must show each trouble to somebody who looks for 20 seconds.
type screen struct {
	t   *testing.T
	s   *stack.Stack
	all []query
}

func newScreen(t *testing.T, s *stack.Stack) *screen {
	t.Helper()
	return &screen{t, s, queries(t, ofStack(".*")...)}
}

// shows waits until the first column of a panel, "row: panel", has a value of at least least for a process, or
// its only number if process is "".
func (c *screen) shows(panel, process string, least float64) {
	c.t.Helper()
	i := slices.IndexFunc(c.all, func(q query) bool {
		return q.Dashboard == "bro-overview" && q.Row+": "+q.Panel == panel && q.Ref == "A"
	})
	if i < 0 {
		c.t.Fatalf("Overview has no panel %s", panel)
	}
	expr := timelapse.Expr(c.all[i].Expr, c.s.Speed)
	check(c.t, stack.Await("that "+panel+" shows "+process, func() error {
		series, err := stack.Query(c.s.Prometheus, expr)
		if err != nil {
			return err
		}
		for _, s := range series {
			if (process == "" || s.Labels["process"] == process) && s.Value >= least {
				return nil
			}
		}
		return fmt.Errorf("%v", series)
	}))
}
