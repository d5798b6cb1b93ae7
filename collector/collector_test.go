package collector

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/goleak"

	"bro_exporter/internal/golden"
	"bro_exporter/internal/spooltest"

	"bro_exporter/spool"
)

var update = flag.Bool("update", false, "rewrite golden files and the README's tables")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect compares got with the golden file at path, or writes it.
func expect(t *testing.T, path, got string) {
	t.Helper()
	golden.Expect(t, path, got, *update)
}

func text(t *testing.T, families []*dto.MetricFamily) string {
	t.Helper()
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// once returns the metrics of the prof.logs that match.
func once(t *testing.T, config Config) string {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if c.Poll() == 0 {
		t.Fatalf("nothing read of %v", config.Patterns)
	}
	registry := registryOf(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	return text(t, families)
}

// The whole output for each log. Its modification time is that of the checkout.
func TestGolden(t *testing.T) {
	clock := regexp.MustCompile(`(?m)^(bro_prof_file_mtime_seconds|bro_up){.*\n`)
	logs, err := filepath.Glob("../testdata/*/*/prof*.log")
	if err != nil || len(logs) < 30 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	excerpts, _ := filepath.Glob("../testdata/excerpts/*.txt")
	for _, log := range append(logs, excerpts...) {
		t.Run(log, func(t *testing.T) {
			got := once(t, Config{Patterns: []spool.Pattern{{Glob: log}}})
			expect(t, strings.TrimSuffix(log, filepath.Ext(log))+".metrics", clock.ReplaceAllString(got, ""))
		})
	}
}

func TestTopicsCanBeSwitchedOff(t *testing.T) {
	patterns := []spool.Pattern{{Glob: "../testdata/3.0.14/live/prof.log"}}
	all := once(t, Config{Patterns: patterns})
	without := len(families(once(t, Config{Patterns: patterns, Topics: []Topic{}})))
	total := without
	for _, topic := range Topics() {
		n := len(families(once(t, Config{Patterns: patterns, Topics: []Topic{topic}}))) - without
		if n == 0 && topic.Name != "process" {
			t.Errorf("topic %s has no metric in a log of 3.0", topic.Name)
		}
		total += n
	}
	if n := len(families(all)); n != total {
		t.Errorf("%d metrics, the topics alone have %d", n, total)
	}
}

func families(text string) []string {
	return regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllString(text, -1)
}

// watch is a Collector at work, looking often.
type watch struct {
	t         *testing.T
	collector *Collector
	registry  *prometheus.Registry
}

func follow(t *testing.T, config Config) *watch {
	t.Helper()
	if config.PollInterval == 0 {
		config.PollInterval = 5 * time.Millisecond
	}
	config.DiscoveryInterval = 20 * time.Millisecond
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	<-c.Ready()
	return &watch{t: t, collector: c, registry: registryOf(c)}
}

func registryOf(c *Collector) *prometheus.Registry {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	return registry
}

func patterns(globs ...string) []spool.Pattern {
	var p []spool.Pattern
	for _, g := range globs {
		p = append(p, spool.Pattern{Glob: g})
	}
	return p
}

// series scrapes once: values by name and labels. A scrape must never fail.
func (w *watch) series() map[string]float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			all[key(f.GetName(), m.Label)] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

func key(name string, labels []*dto.LabelPair) string {
	var b strings.Builder
	b.WriteString(name)
	for _, l := range labels {
		fmt.Fprintf(&b, " %s=%s", l.GetName(), l.GetValue())
	}
	return b.String()
}

// await scrapes until all series have their values; NaN-free shorthand for what a test expects.
func (w *watch) await(want map[string]float64) {
	w.t.Helper()
	w.until(fmt.Sprint(want), func(all map[string]float64) bool {
		for k, v := range want {
			if got, ok := all[k]; !ok || got != v {
				return false
			}
		}
		return true
	})
}

// until scrapes until seen is true.
func (w *watch) until(what string, seen func(map[string]float64) bool) {
	w.t.Helper()
	spooltest.Await(w.t, func() error {
		all := w.series()
		if seen(all) {
			return nil
		}
		var shown []string
		for _, k := range slices.Sorted(maps.Keys(all)) {
			if strings.HasPrefix(k, "bro_prof") || strings.HasPrefix(k, "bro_up") || strings.HasPrefix(k, "bro_memory") {
				shown = append(shown, fmt.Sprint(k, " ", all[k]))
			}
		}
		return fmt.Errorf("not seen: %s\n%s", what, strings.Join(shown, "\n"))
	})
}

const newestTime = "bro_prof_last_snapshot_timestamp_seconds process="

func TestAppendedSnapshots(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	worker.Start(log)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	for range 30 {
		w.await(map[string]float64{newestTime + "worker-1": worker.Write(1), "bro_up process=worker-1": 1})
	}
	w.await(map[string]float64{"bro_prof_snapshots_total process=worker-1": 30, "bro_prof_unparsed_lines_total process=worker-1": 0})
}

// The last number of a line that is half written looks like a smaller number. None may show.
func TestHalfWrittenSnapshots(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	worker.Start(log)
	before := worker.Write(4)
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), PollInterval: time.Millisecond})
	w.await(map[string]float64{newestTime + "worker-1": before})
	old := w.series()
	text := worker.Next()
	// From the second line on, in which the snapshot begins, to the newline of the last.
	body := len(text) - len(strings.SplitN(text, "\n", 2)[1])
	worker.WriteText(text[:body])
	for i := body; i < len(text)-1; i++ {
		worker.WriteText(text[i : i+1])
		if i%97 != 0 {
			continue
		}
		now := w.series()
		for k, v := range now {
			// Comm of the snapshot before came with the separator, and its file has grown.
			if old[k] != v && !strings.HasPrefix(k, "bro_prof") && !strings.HasPrefix(k, "bro_broker") {
				t.Fatalf("after %q: %s is %v, was %v", text[max(0, i-40):i+1], k, v, old[k])
			}
		}
	}
	worker.WriteText("\n")
	w.await(map[string]float64{newestTime + "worker-1": log.Time(4)})
}

// Comm comes one snapshot late and must neither flap nor be missing.
func TestCommStays(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11-cluster/worker-1/prof.log")
	worker.Start(log)
	worker.Write(5)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	events := 0.0
	for range 25 {
		w.await(map[string]float64{newestTime + "worker-1": worker.Write(1)})
		got, ok := w.series()["bro_broker_events_out_total process=worker-1"]
		if !ok || got < events {
			t.Fatalf("events_out is %v, %v; was %v", got, ok, events)
		}
		events = got
	}
	if events == 0 {
		t.Error("no events at all")
	}
}

func TestNewestExpensiveSnapshotAtOnce(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11/live-default-interval/prof.log")
	big, err := os.Create(worker.Path())
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		for _, piece := range log[2:] {
			big.WriteString(piece.Text + "\n")
		}
	}
	for _, piece := range log {
		big.WriteString(piece.Text)
	}
	big.Close()
	got := once(t, Config{Patterns: patterns(spool.Pattern())})
	for _, want := range []string{
		`bro_table_entries{process="worker-1"} `,
		fmt.Sprintf("bro_prof_last_snapshot_timestamp_seconds{process=%q} %v", "worker-1", log.Time(len(log)-1)),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestExpensiveValuesStay(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "3.0.14/live/prof.log")
	worker.Start(log)
	worker.Write(4)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	for i := 4; i < 12; i++ {
		w.await(map[string]float64{newestTime + "worker-1": worker.Write(1)})
		all := w.series()
		if _, ok := all["bro_global_size_bytes global=Intel::data_store process=worker-1"]; !ok {
			t.Fatalf("snapshot %d: no size of a global", i)
		}
		expensive := "bro_prof_last_expensive_snapshot_timestamp_seconds process=worker-1"
		if want := log.Time(i - (i+1)%2); all[expensive] != want {
			t.Errorf("snapshot %d: expensive is %f, want %f", i, all[expensive], want)
		}
	}
}

func TestCreatedTimestamp(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	worker.Start(log)
	worker.Write(20)
	written := time.Unix(1795368300, 0)
	if err := os.Chtimes(worker.Path(), written, written); err != nil {
		t.Fatal(err)
	}
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	created := func() time.Time {
		families, err := w.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "bro_connections_total" {
				return f.Metric[0].GetCounter().GetCreatedTimestamp().AsTime()
			}
		}
		return time.Time{}
	}
	real := w.series()["bro_runtime_real_seconds_total process=worker-1"]
	want := written.Add(-time.Duration(real * float64(time.Second)))
	if got := created(); !got.Equal(want) {
		t.Errorf("created %v, want %v", got, want)
	}
	w.await(map[string]float64{newestTime + "worker-1": worker.Write(1)})
	if got := created(); !got.Equal(want) {
		t.Errorf("created moved to %v", got)
	}
}

func TestConfigErrors(t *testing.T) {
	for name, config := range map[string]Config{
		"no pattern":       {},
		"an interval":      {Patterns: patterns("x"), PollInterval: -1},
		"another interval": {Patterns: patterns("x"), StaleAfter: -time.Second},
		"a limit":          {Patterns: patterns("x"), Limits: Limits{Threads: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(config); err == nil {
				t.Errorf("%+v is accepted", config)
			}
		})
	}
}
