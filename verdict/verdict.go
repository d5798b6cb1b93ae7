// Package verdict carries what the analysis of a process has found to people and to Prometheus:
// Series turns a report into the metrics of findings, and a Live keeps an analysis of every
// process that a collector follows.
//
//	live := verdict.NewLive(verdict.Config{Source: func() []collector.Process { return c.Status().Processes }})
//	registry.MustRegister(live)
//	go live.Run(ctx)
//
// # How the live analysis reads
//
// It reads each prof.log itself, from the first byte on, and takes up what is new each time it looks.
// So the verdict on a running process is the one that anybody gets who analyzes its file, whether the
// exporter was restarted in between or not; the collector waits for no analysis; and what happens to
// the file (a gap, a truncation, another file of the same name) needs one answer only: begin again.
// Taking over the snapshots that the collector reads would save the second parse, a thousandth of a
// core for 64 processes, and would need that same reading for what is older, a buffer for what comes
// meanwhile, and a seam between both.
//
// One goroutine does all of it, on a thread of low priority. It keeps up with what is written
// to the logs first; then the process that runs longest catches up first, as it is the likeliest to
// be in trouble. A file that hangs is left alone.
package verdict

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/analyze"
	"bro_exporter/collector"
)

// maxFindings is how many findings of a process have series.
const maxFindings = 20

// The indices of Metrics.
const (
	finding = iota
	growth
	onset
	analyzed
	span
	undecided
	detectable
	exhaustion
	dropped
)

// Metrics returns the metrics of a verdict, as Series counts them. All are gauges.
func Metrics() []collector.Metric {
	of := []string{"level", "kind", "resource"}
	return []collector.Metric{
		finding: {Name: "bro_finding", Type: prometheus.GaugeValue, Labels: of,
			Help: "Always 1: the newest verdict on the running process has this finding. " +
				"level: leak, stuck, suspected or note. kind: the rule, as proftool analyze names it. resource: the culprit."},
		growth: {Name: "bro_finding_growth_per_second", Type: prometheus.GaugeValue, Labels: append(slices.Clone(of), "unit"),
			Help: "Growth of a finding's resource. unit: what is counted, such as bytes, entries, connections, timers or messages."},
		onset: {Name: "bro_finding_onset_timestamp_seconds", Type: prometheus.GaugeValue, Labels: of,
			Help: "Estimated time at which the growth of a finding began."},
		analyzed: {Name: "bro_analysis_timestamp_seconds", Type: prometheus.GaugeValue,
			Help: "Time at which the newest verdict on the process was reached."},
		span: {Name: "bro_analysis_span_seconds", Type: prometheus.GaugeValue,
			Help: "How much of the run the newest verdict rests on."},
		undecided: {Name: "bro_analysis_undecided_until_timestamp_seconds", Type: prometheus.GaugeValue,
			Help: "Time before which the judge cannot decide about the process. Absent once it has."},
		detectable: {Name: "bro_analysis_detectable_growth_bytes_per_second", Type: prometheus.GaugeValue,
			Help: "A leak of memory slower than this could hide in the noise."},
		exhaustion: {Name: "bro_memory_exhaustion_timestamp_seconds", Type: prometheus.GaugeValue,
			Help: "Estimated time at which the memory of the host or cgroup is used up at the present growth. Absent without growth."},
		dropped: droppedSeries(),
	}
}

// droppedSeries returns a metric that the collector also has, of what it drops itself.
func droppedSeries() collector.Metric {
	all := collector.Health().Metrics
	return all[slices.IndexFunc(all, func(m collector.Metric) bool { return m.Name == "bro_prof_dropped_series" })]
}

// Verdict is what is known about a process at one time.
type Verdict struct {
	At time.Time
	// Course is how memory went in the newest run, in bytes; nil if that is not known.
	Course []float64
	// Exhausted is when memory is used up, zero if it does not grow.
	Exhausted time.Time
	analyze.Report
}

// Run returns the newest run, nil if there is none.
func (v *Verdict) Run() *analyze.Run {
	if len(v.Runs) == 0 {
		return nil
	}
	return &v.Runs[len(v.Runs)-1]
}

// Series calls emit for each series of v: with the index of its metric in Metrics, and its labels
// besides process.
func (v *Verdict) Series(emit func(metric int, value float64, labels ...string)) {
	emit(analyzed, unix(v.At))
	if !v.Exhausted.IsZero() {
		emit(exhaustion, unix(v.Exhausted))
	}
	if run := v.Run(); run != nil {
		emit(span, run.Span.Seconds())
		if run.Answer == analyze.CannotTell && !run.UndecidedUntil.IsZero() {
			emit(undecided, unix(run.UndecidedUntil))
		}
		if run.Detectable > 0 {
			emit(detectable, run.Detectable/3600)
		}
	}
	emit(dropped, float64(v.findings(emit)), "findings")
}

// findings emits the series of the worst findings and returns how many it left out.
func (v *Verdict) findings(emit func(metric int, value float64, labels ...string)) (left int) {
	seen := map[[3]string]bool{}
	for _, f := range v.Current() {
		labels := [3]string{f.Level.String(), string(f.Kind), strings.ToValidUTF8(f.Resource, "\uFFFD")}
		switch {
		case seen[labels]:
			continue
		case len(seen) == maxFindings:
			left++
			continue
		}
		seen[labels] = true
		emit(finding, 1, labels[:]...)
		if f.Growth.PerHour != 0 {
			emit(growth, f.Growth.PerHour/3600, append(labels[:], string(f.Unit))...)
		}
		if !f.Onset.IsZero() {
			emit(onset, unix(f.Onset), labels[:]...)
		}
	}
	return left
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

// course returns how memory went in the newest run, in at most n values; none if that is not known.
func course(r *analyze.Report, n int) []float64 {
	if len(r.Runs) == 0 {
		return nil
	}
	resources := r.Runs[len(r.Runs)-1].Resources
	i := slices.IndexFunc(resources, func(r analyze.Resource) bool { return r.Name == "memory (resident)" && len(r.Points) > 1 })
	if i < 0 {
		i = slices.IndexFunc(resources, func(r analyze.Resource) bool { return r.Group == analyze.MemoryGroup && len(r.Points) > 1 })
	}
	if i < 0 {
		return nil
	}
	points := resources[i].Points
	short := make([]float64, 0, n)
	for k := range min(n, len(points)) {
		short = append(short, points[k*len(points)/min(n, len(points))].Mean)
	}
	return append(short[:len(short)-1], points[len(points)-1].Mean)
}
