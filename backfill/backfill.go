// Package backfill turns prof.logs into history for Prometheus: OpenMetrics with time stamps, with
// the metrics and labels that the collector exposes.
//
// OpenMetrics wants the points of a series together, and the series of a metric; a log has the
// points of a time together. So all points are collected first, in memory and from there in a
// temporary file, as runs that are each in the order of the output. The output is a merge of them.
package backfill

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bro_exporter/collector"
	"bro_exporter/parse"
)

// Label is a label that every series gets, such as job or instance.
type Label struct{ Name, Value string }

// ParseLabel reads NAME=VALUE.
func ParseLabel(s string) (Label, error) {
	name, value, found := strings.Cut(s, "=")
	if !found || !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`).MatchString(name) || strings.HasPrefix(name, "__") {
		return Label{}, fmt.Errorf("label %q: write it as NAME=VALUE, like job=zeek", s)
	}
	taken := []string{"process"}
	for _, m := range collector.HistoryMetrics() {
		taken = append(taken, m.Labels...)
	}
	if slices.Contains(taken, name) {
		return Label{}, fmt.Errorf("label %q: the metrics have a label %s of their own", s, name)
	}
	return Label{name, value}, nil
}

// History is that of some processes.
type History struct {
	metrics   []collector.Metric
	labels    []Label
	limits    collector.Limits
	processes map[string]*Process
	series    [][]*series // of each metric, in the order in which they appeared
	points    int         // in memory
	spilled   spill
}

// New returns a History without any process. All series get the labels; limits are those of
// the collector.
func New(limits collector.Limits, labels ...Label) *History {
	h := &History{metrics: collector.HistoryMetrics(), labels: labels, limits: limits, processes: map[string]*Process{}}
	h.series = make([][]*series, len(h.metrics))
	return h
}

// Process returns the process called name, which begins without any blocks.
func (h *History) Process(name string) *Process {
	name = strings.ToValidUTF8(name, "\uFFFD")
	p := h.processes[name]
	if p == nil {
		p = &Process{history: h, name: name, blocks: collector.NewHistory(h.limits), series: make([]map[string]*series, len(h.metrics))}
		h.processes[name] = p
	}
	return p
}

// Process is the history of one process, through all its restarts.
type Process struct {
	history *History
	name    string
	blocks  *collector.History
	series  []map[string]*series // of each metric, by the values of its labels
	key     []byte

	newest  *parse.Snapshot
	last    int64             // time stamp of the last points, in milliseconds
	undated []*parse.Snapshot // the newest blocks, as far as they are from before the first packet

	// OutOfOrder counts the blocks that are left out because one before them is newer.
	OutOfOrder int
}

// maxUndated is how many blocks from before the first packet are kept. Real processes write few:
// without packets their clock stands still.
const maxUndated = 1000

// Add takes over the block that follows those added before. Points get its packet time. A block from
// before the first packet gets the time of the first one behind it, less the time between them by
// their real=; if that is not known it has no points. The same goes for a block that is not a
// millisecond newer than the one before. An error is one of the temporary file.
func (p *Process) Add(block *parse.Snapshot) error {
	if p.newest != nil && p.newest.Restarted(block) {
		p.forgetUndated()
	}
	p.newest = block
	if block.Time == 0 {
		if p.undated = append(p.undated, block); len(p.undated) > maxUndated {
			p.forgetUndated()
		}
		return nil
	}
	at := int64(block.Time * 1000)
	p.dateUndated(block, at)
	if at < p.last {
		p.OutOfOrder++
	}
	p.add(block, at)
	return p.history.spillIfFull()
}

// forgetUndated leaves out the blocks of which the time will not be known.
func (p *Process) forgetUndated() {
	for _, block := range p.undated {
		p.add(block, 0)
	}
	p.undated = p.undated[:0]
}

// dateUndated adds the undated blocks by the first one that has a time.
func (p *Process) dateUndated(dated *parse.Snapshot, at int64) {
	for _, block := range p.undated {
		before := int64((dated.Runtime.Real.Value - block.Runtime.Real.Value) * 1000)
		if !dated.Runtime.Real.Measured || !block.Runtime.Real.Measured || before <= 0 {
			p.add(block, 0)
			continue
		}
		p.add(block, at-before)
	}
	p.undated = p.undated[:0]
}

// add adds a block, and its points if it is newer than the last that had some.
func (p *Process) add(block *parse.Snapshot, at int64) {
	if at <= p.last {
		p.blocks.Add(block, func(int, float64, ...string) {})
		return
	}
	p.last = at
	p.blocks.Add(block, func(metric int, value float64, labels ...string) {
		s := p.find(metric, labels)
		s.points = append(s.points, point{at, value})
		p.history.points++
	})
}

func (p *Process) find(metric int, labels []string) *series {
	p.key = p.key[:0]
	for _, label := range labels {
		p.key = append(append(p.key, label...), 0xff) // which valid labels do not hold
	}
	s := p.series[metric][string(p.key)]
	if s == nil {
		s = p.history.newSeries(metric, p.name, labels)
		if p.series[metric] == nil {
			p.series[metric] = map[string]*series{}
		}
		p.series[metric][string(p.key)] = s
	}
	return s
}

func (h *History) newSeries(metric int, process string, labels []string) *series {
	s := &series{name: seriesName(&h.metrics[metric], process, labels, h.labels)}
	h.series[metric] = append(h.series[metric], s)
	return s
}
