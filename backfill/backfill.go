// Package backfill turns prof.logs into history for Prometheus: OpenMetrics with time stamps, with
// the metrics and labels that the exporter exposes.
//
// OpenMetrics wants the points of a series together, and the series of a metric; a log has the
// points of a time together. So the points are sorted outside of memory: they are gathered by series,
// written to a temporary file as a run whenever they fill their share of memory, and merged at the end.
// Memory depends neither on the length of the logs nor on the number of processes.
package backfill

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/collector"
	"bro_exporter/parse"
)

// Label is a label that every series gets, such as job or instance.
type Label struct{ Name, Value string }

// ParseLabel reads NAME=VALUE. The metrics of a History with these judged ones must have no label NAME.
func ParseLabel(s string, judged []collector.Metric) (Label, error) {
	name, value, found := strings.Cut(s, "=")
	if !found || !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`).MatchString(name) || strings.HasPrefix(name, "__") {
		return Label{}, fmt.Errorf("label %q: write it as NAME=VALUE, like job=zeek", s)
	}
	taken := []string{"process"}
	for _, m := range metrics(judged) {
		taken = append(taken, m.labels...)
	}
	if slices.Contains(taken, name) {
		return Label{}, fmt.Errorf("label %q: the metrics have a label %s of their own", s, name)
	}
	return Label{name, value}, nil
}

// Config configures a History.
type Config struct {
	Labels []Label          // that every series gets
	Limits collector.Limits // as of the exporter
	// NewJudge begins to judge a process, whose points are of the metrics Judged; nil for a history
	// without verdicts.
	NewJudge func() Judge
	Judged   []collector.Metric
}

// Judge judges a process. It calls emit for each point of a verdict: with its time in milliseconds, the
// index of its metric in Config.Judged, and its labels besides process.
type Judge interface {
	// Add adds a snapshot with its time in milliseconds, 0 if it has none.
	Add(s *parse.Snapshot, at int64, emit func(at int64, metric int, value float64, labels ...string))
	// End ends the history of the process.
	End(emit func(at int64, metric int, value float64, labels ...string))
}

// History is that of some processes.
type History struct {
	config  Config
	metrics []metric // those of the collector, then those of verdicts
	judged  int      // index of the first of those
	sorter  sorter
}

// metric is what the output has of a metric.
type metric struct {
	name, help string
	counter    bool
	labels     []string // besides process
}

func metrics(judged []collector.Metric) []metric {
	var list []metric
	for _, m := range slices.Concat(collector.HistoryMetrics(), judged) {
		list = append(list, metric{m.Name, m.HelpText(), m.Type == prometheus.CounterValue, m.Labels})
	}
	return list
}

// New returns a History of no process.
func New(config Config) *History {
	h := &History{config: config, metrics: metrics(config.Judged), judged: len(collector.HistoryMetrics())}
	h.sorter.init(len(h.metrics))
	return h
}

// Process begins the history of the process called name. No name may come twice.
func (h *History) Process(name string) *Process {
	p := &Process{
		history: h, name: strings.ToValidUTF8(name, "\uFFFD"),
		state: collector.NewHistory(h.config.Limits),
		slots: make([]slots, len(h.metrics)), series: make([]map[string]*series, len(h.metrics)),
	}
	if h.config.NewJudge != nil {
		p.judge = h.config.NewJudge()
	}
	return p
}

// Close removes the temporary file, if there is one.
func (h *History) Close() error { return h.sorter.close() }

// Process is the history of one process, through all its restarts.
type Process struct {
	history *History
	name    string
	state   *collector.History
	times   timeline
	judge   Judge // nil without verdicts

	slots  []slots              // of each metric
	series []map[string]*series // of each metric, by the values of its labels
	key    []byte

	// Snapshots counts all snapshots added; Points counts the times at which the process has points.
	Snapshots, Points int
	// Outliers counts the snapshots that have no points because their time stamps are far from those
	// around them, OutOfOrder those that have none because they are older than one before.
	Outliers, OutOfOrder int
}

// slots are the series of a metric in the order of the last snapshot.
type slots struct {
	series []*series
	next   int
}

// Add adds the snapshot that follows those added before. Its points get its packet time. A
// snapshot from before the first packet gets the time of the first one after it, less the time
// between them by their real=; without real= it has no points. Neither has one that is not a
// millisecond newer than the one before. An error is one of the temporary file.
func (p *Process) Add(s *parse.Snapshot) error {
	p.Snapshots++
	p.times.add(s, p.emit)
	p.Outliers, p.OutOfOrder = p.times.outliers, p.times.outOfOrder
	return p.history.sorter.spillIfFull()
}

// End ends the history of the process: no snapshot follows.
func (p *Process) End() error {
	p.times.end(p.emit)
	if p.judge != nil {
		p.judge.End(p.emitVerdict)
	}
	p.Outliers, p.OutOfOrder = p.times.outliers, p.times.outOfOrder
	return p.history.sorter.spillIfFull()
}

// emit adds a snapshot and, unless at is 0, its points at this time, in milliseconds.
func (p *Process) emit(s *parse.Snapshot, at int64) {
	if p.judge != nil {
		p.judge.Add(s, at, p.emitVerdict)
	}
	if at == 0 {
		p.state.Add(s, func(int, float64, ...string) {})
		return
	}
	p.Points++
	for i := range p.slots {
		p.slots[i].next = 0
	}
	p.state.Add(s, func(metric int, value float64, labels ...string) {
		p.find(metric, labels).add(&p.history.sorter, at, value)
	})
}

// emitVerdict adds a point of a verdict.
func (p *Process) emitVerdict(at int64, metric int, value float64, labels ...string) {
	p.lookUp(p.history.judged+metric, labels).add(&p.history.sorter, at, value)
}

// find returns a series. Snapshots have their series in the same order most often, so the one that had
// this place in the last snapshot is tried first.
func (p *Process) find(metric int, labels []string) *series {
	slots := &p.slots[metric]
	slot := slots.next
	slots.next++
	if slot == len(slots.series) {
		slots.series = append(slots.series, nil)
	} else if s := slots.series[slot]; s.has(labels) {
		return s
	}
	s := p.lookUp(metric, labels)
	slots.series[slot] = s
	return s
}

func (p *Process) lookUp(metric int, labels []string) *series {
	p.key = p.key[:0]
	for _, label := range labels {
		p.key = append(append(p.key, label...), 0xff) // which no valid label holds
	}
	if s := p.series[metric][string(p.key)]; s != nil {
		return s
	}
	h := p.history
	s := h.sorter.newSeries(metric, seriesName(&h.metrics[metric], p.name, labels, h.config.Labels), labels)
	if p.series[metric] == nil {
		p.series[metric] = map[string]*series{}
	}
	p.series[metric][string(p.key)] = s
	return s
}
