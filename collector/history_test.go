package collector

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"bro_exporter/parse"
	"bro_exporter/spool"
)

// The history of a log ends with what is exposed of it.
func TestHistoryEndsWithWhatIsExposed(t *testing.T) {
	logs, _ := filepath.Glob("../testdata/*/*/prof*.log")
	if len(logs) < 30 {
		t.Fatalf("%d logs", len(logs))
	}
	for _, log := range logs {
		got := historyOf(t, log)
		want := exposedOf(t, log)
		if !slices.Equal(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("%s: got %s, want %s", log, got[i], want[i])
					break
				}
			}
			t.Errorf("%s: %d series, want %d", log, len(got), len(want))
		}
	}
}

// historyOf returns the series at a log's end.
func historyOf(t *testing.T, log string) (series []string) {
	t.Helper()
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	history, metrics := NewHistory(Limits{}), HistoryMetrics()
	for r := parse.NewReader(file, log); r.Scan(); {
		snapshot, ok := r.Record().(*parse.Snapshot)
		if !ok {
			continue
		}
		series = series[:0]
		history.Add(snapshot, func(metric int, value float64, labels ...string) {
			m := metrics[metric]
			text := m.Name
			for i, l := range labels {
				text += fmt.Sprintf(" %s=%s", m.Labels[i], l)
			}
			series = append(series, fmt.Sprintf("%s %v", text, value))
		})
	}
	slices.Sort(series)
	return series
}

// exposedOf returns the series that a Collector exposes of a log's process, as far as they are of
// HistoryMetrics.
func exposedOf(t *testing.T, log string) (series []string) {
	t.Helper()
	c, err := New(Config{Patterns: []spool.Pattern{{Glob: log}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	families, err := registryOf(c).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !slices.ContainsFunc(HistoryMetrics(), func(m Metric) bool { return m.Name == f.GetName() }) {
			continue
		}
		for _, m := range f.Metric {
			series = append(series, seriesOf(f, m))
		}
	}
	slices.Sort(series)
	return series
}

func seriesOf(f *dto.MetricFamily, m *dto.Metric) string {
	text := f.GetName()
	for _, name := range labelsOf(f.GetName()) {
		for _, l := range m.Label {
			if l.GetName() == name {
				text += fmt.Sprintf(" %s=%s", name, l.GetValue())
			}
		}
	}
	if m.Counter != nil {
		return fmt.Sprintf("%s %v", text, m.Counter.GetValue())
	}
	return fmt.Sprintf("%s %v", text, m.Gauge.GetValue())
}

func labelsOf(metric string) []string {
	for _, m := range HistoryMetrics() {
		if m.Name == metric {
			return m.Labels
		}
	}
	return nil
}

// Values of an expensive snapshot are carried on, and go with their process.
func TestHistoryCarriesValuesOn(t *testing.T) {
	history, metrics := NewHistory(Limits{}), HistoryMetrics()
	value := func(snapshot *parse.Snapshot, name string) float64 {
		found := math.NaN()
		history.Add(snapshot, func(metric int, value float64, _ ...string) {
			if metrics[metric].Name == name {
				found = value
			}
		})
		return found
	}
	snapshots := func(log string) (list []*parse.Snapshot) {
		r := parse.NewReader(strings.NewReader(log), "")
		for r.Scan() {
			list = append(list, r.Record().(*parse.Snapshot).Clone())
		}
		return list
	}
	text, err := os.ReadFile("../testdata/7.0.11/restart/prof.run1.log")
	if err != nil {
		t.Fatal(err)
	}
	run := snapshots(string(text))
	known := false
	for i, snapshot := range run {
		known = known || snapshot.Expensive
		if got := value(snapshot, "bro_table_entries"); math.IsNaN(got) == known {
			t.Fatalf("snapshot %d: %v table entries", i, got)
		}
	}
	if !known || run[0].Expensive {
		t.Fatal("the log begins with an expensive snapshot, or has none")
	}
	// The same process again, with snapshots at the same places.
	for i, want := range []float64{1, 1} {
		if got := value(run[i], "bro_prof_restarts_total"); got != want {
			t.Errorf("%v restarts, want %v", got, want)
		}
	}
	if got := value(run[0], "bro_table_entries"); !math.IsNaN(got) {
		t.Errorf("after a restart %v table entries of the process before", got)
	}
}
