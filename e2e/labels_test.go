package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bro_exporter/e2e/stack"
	"bro_exporter/internal/tool"
)

// Two sites have a sensor of the same name, and one of them gets another pod while all its processes leak. Every
// rule is evaluated all the while, and the alerts go on, with the labels of each site.
func TestLabelsChange(t *testing.T) {
	s := newStack(t)
	leaks := slices.DeleteFunc(stack.Nodes(), func(n stack.Node) bool { return n.Culprit == "" })
	check(t, s.StartSensor(leaks))
	_, err := s.Replay("--loop", "--interval="+s.SnapshotInterval(), filepath.Join(tool.Root(), "testdata/7.0.11-cluster"))
	check(t, err)

	dir := filepath.Join(s.Dir, "store")
	center(t, dir, s.Speed)
	pods(t, dir, s, "1")
	write(t, dir+"/prometheus.yml", read(t, "examples/fleet/prometheus-central.yml")+fmt.Sprintf(
		"scrape_configs: [{job_name: %s, scrape_interval: %s, file_sd_configs: [{files: [targets.json]}]}]\n", stack.Job, scrapeInterval(s.Speed)))
	prometheus, err := s.ServePrometheus("--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/data", "--web.listen-address=127.0.0.1:0")
	check(t, err)

	fires := func(site, pod string) {
		t.Helper()
		for _, n := range leaks {
			await(t, prometheus, fmt.Sprintf(`ALERTS{alertstate="firing",alertname=%q,process=%q,instance=%q,site=%q,pod=%q}`, n.Alert, n.Process, stack.Instance, site, pod), 1)
		}
	}
	fires("a", "1")
	fires("b", "1")
	evaluations := value(t, prometheus, "prometheus_rule_group_iterations_total")
	pods(t, dir, s, "2")
	fires("a", "2")
	fires("b", "1")
	// Twenty evaluations of each group: each rule has met the old and the new labels.
	const rounds = 20 * 8
	check(t, stack.Await("for evaluations", func() error {
		if n := value(t, prometheus, "prometheus_rule_group_iterations_total") - evaluations; n < rounds {
			return fmt.Errorf("%.0f", n)
		}
		return nil
	}))
	fires("a", "2")
	fires("b", "1")
	if n := value(t, prometheus, "prometheus_rule_evaluation_failures_total"); n != 0 {
		t.Errorf("%.0f evaluations of rules have failed", n)
	}
	failed, err := stack.Failures(prometheus)
	check(t, err)
	if len(failed) > 0 {
		t.Errorf("rules fail: %q", failed)
	}
}

// pods gives Prometheus the exporter as a target in two sites. In site a it runs in the given pod.
func pods(t *testing.T, dir string, s *stack.Stack, pod string) {
	t.Helper()
	type group struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	exporter := []string{strings.TrimPrefix(s.Exporter.URL, "http://")}
	b, err := json.Marshal([]group{
		{exporter, map[string]string{"instance": stack.Instance, "site": "a", "pod": pod}},
		{exporter, map[string]string{"instance": stack.Instance, "site": "b", "pod": "1"}},
	})
	check(t, err)
	// Prometheus never reads half of it.
	write(t, dir+"/new", string(b))
	check(t, os.Rename(dir+"/new", dir+"/targets.json"))
}

// value is a metric of a program's own.
func value(t *testing.T, p *stack.Process, metric string) float64 {
	t.Helper()
	v, err := stack.Value(p, metric)
	check(t, err)
	return v
}
