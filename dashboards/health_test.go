package dashboards_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"bro_exporter/collector"
	"bro_exporter/internal/spooltest"
	"bro_exporter/spool"
)

// healthScene is a node that is well for a while and then is not, and the alerts that fire.
type healthScene struct {
	name      string
	limits    collector.Limits
	well, ill step
	alerts    []string
}

// step is what happens to a node before a scrape, and what is to be waited for then. Nil is an
// exporter that is gone.
type step func(*testing.T, *spooltest.Node) (metric string, shows func(before, now float64) bool)

func healthScenes() []healthScene {
	return []healthScene{
		{"writes", collector.Limits{}, writes, writes, nil},
		{"stops, and nobody sees whether it lives", collector.Limits{}, writes, stops, []string{"BroLogStale"}},
		{"stops to write", collector.Limits{}, lives(writes), stops, []string{"BroLogStale"}},
		{"dies", collector.Limits{}, lives(writes), dies, []string{"BroProcessDown"}},
		{"is gone", collector.Limits{}, writes, goes, []string{"BroProcessDown"}},
		{"writes garbage", collector.Limits{}, writes, writesGarbage, []string{"BroLogUnreadable"}},
		{"has many threads", collector.Limits{Threads: 3}, writes, writes, []string{"BroSeriesDropped"}},
		{"has no prof.log", collector.Limits{}, doesNothing, doesNothing, []string{"BroNoProcesses"}},
		{"has no exporter", collector.Limits{}, writes, nil, []string{"BroExporterDown"}},
	}
}

func rises(before, now float64) bool { return now > before }

func writes(t *testing.T, n *spooltest.Node) (string, func(before, now float64) bool) {
	if _, err := os.Stat(n.Path()); err != nil {
		n.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	}
	n.Write(2)
	return "bro_prof_snapshots_total", rises
}

// lives is a step of a node whose process is seen to run.
func lives(s step) step {
	return func(t *testing.T, n *spooltest.Node) (string, func(before, now float64) bool) {
		if _, err := os.Stat(filepath.Join(n.Dir, ".pid")); err != nil {
			runZeek(t, n.Dir)
		}
		return s(t, n)
	}
}

func stops(*testing.T, *spooltest.Node) (string, func(before, now float64) bool) {
	return "bro_up", func(_, now float64) bool { return now == 0 }
}

// dies ends the process that lives was seen to run.
func dies(t *testing.T, n *spooltest.Node) (string, func(before, now float64) bool) {
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(n.Dir, ".pid"))))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
	return "bro_up", func(_, now float64) bool { return now == 0 }
}

func goes(t *testing.T, n *spooltest.Node) (string, func(before, now float64) bool) {
	if err := os.RemoveAll(n.Dir); err != nil {
		t.Fatal(err)
	}
	return "bro_up", func(_, now float64) bool { return now == 0 }
}

func writesGarbage(_ *testing.T, n *spooltest.Node) (string, func(before, now float64) bool) {
	n.WriteText("this is\nno prof.log\n")
	return "bro_prof_file_size_bytes", rises
}

func doesNothing(*testing.T, *spooltest.Node) (string, func(before, now float64) bool) {
	return "up", func(_, now float64) bool { return now == 1 }
}

// TestHealthAlerts has a Collector follow nodes that live through each scene, half of it well.
func TestHealthAlerts(t *testing.T) {
	t.Parallel()
	metrics := append(metricsOfRules(t), "bro_prof_file_size_bytes")
	want := map[string][]string{}
	var recorders []*recorder
	for _, s := range healthScenes() {
		want[s.name] = s.alerts
		recorders = append(recorders, s.play(t, newRecorder(s.name, time.Minute, metrics)))
	}
	fire(t, &stage{scrape: time.Minute, evaluation: time.Minute}, recorders, want)
}

func (s *healthScene) play(t *testing.T, r *recorder) *recorder {
	const half = 40 // scrapes
	node := spooltest.New(t).Node("worker-1")
	e := newExporter(t, r, node, s.limits)
	for i := range 2 * half {
		step := s.well
		if i >= half {
			step = s.ill
		}
		if step == nil {
			r.scrape(map[string]float64{r.name("up"): 0})
			continue
		}
		r.scrape(e.until(step(t, node)))
	}
	return r
}

// exporter is one that follows a node, as Prometheus sees it.
type exporter struct {
	t        *testing.T
	r        *recorder
	registry *prometheus.Registry
	last     map[string]float64
}

func newExporter(t *testing.T, r *recorder, node *spooltest.Node, limits collector.Limits) *exporter {
	t.Helper()
	c, err := collector.New(collector.Config{
		Patterns: []spool.Pattern{{Glob: node.Path()}}, Limits: limits,
		DiscoveryInterval: 5 * time.Millisecond, PollInterval: time.Millisecond, StaleAfter: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	e := &exporter{t: t, r: r, registry: prometheus.NewRegistry()}
	e.registry.MustRegister(c, version.NewCollector("bro_exporter"))
	e.registry.MustRegister(c.Self()...)
	return e
}

// until scrapes until a metric shows what was done, and returns that scrape.
func (e *exporter) until(metric string, shows func(before, now float64) bool) map[string]float64 {
	e.t.Helper()
	spooltest.Await(e.t, func() error {
		now := e.scrape()
		value, known := find(now, metric)
		before, _ := find(e.last, metric)
		if !known || !shows(before, value) {
			return fmt.Errorf("%s: %s does not show it", e.r.sensor, metric)
		}
		e.last = now
		return nil
	})
	return e.last
}

func find(exposed map[string]float64, metric string) (float64, bool) {
	for name, value := range exposed {
		if strings.HasPrefix(name, metric+"{") {
			return value, true
		}
	}
	return 0, false
}

func (e *exporter) scrape() map[string]float64 {
	e.t.Helper()
	families, err := e.registry.Gather()
	if err != nil {
		e.t.Fatal(err)
	}
	all := map[string]float64{e.r.name("up"): 1} // which Prometheus adds
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var pairs []string
			for _, l := range m.GetLabel() {
				pairs = append(pairs, l.GetName(), l.GetValue())
			}
			if name := e.r.name(family.GetName(), pairs...); name != "" {
				all[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return all
}

// runZeek starts a process that is called zeek, and does nothing.
func runZeek(t *testing.T, node string) {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(node, "zeek")
	write(t, path, read(t, sleep))
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	zeek := exec.Command(path, "1000")
	if err := zeek.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		zeek.Wait() // a zombie would seem to live
	}()
	t.Cleanup(func() {
		zeek.Process.Kill()
		<-ended
	})
	write(t, filepath.Join(node, ".pid"), fmt.Sprintln(zeek.Process.Pid))
}
