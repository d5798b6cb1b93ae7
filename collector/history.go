package collector

import (
	"slices"

	"bro_exporter/parse"
)

// History turns the snapshots that a process has written, one after the other, into the series that
// were exposed after each: those of HistoryMetrics. Values of an expensive snapshot are carried on as
// they are exposed. Only those of a Comm line are known here with their own snapshot, not one late.
type History struct {
	metrics   []Metric
	limits    Limits
	state     state
	snapshots int64
	kept      []*parse.Snapshot
}

// HistoryMetrics returns the metrics that prof.log alone tells: of the topics those of a snapshot, and
// of the log's health the times of the newest snapshots and the restarts. What was known of the file
// or the live process then is not in the log.
func HistoryMetrics() []Metric {
	var metrics []Metric
	for _, m := range Health().Metrics {
		if m.ofSnapshot != nil || m.Name == restartsTotal {
			metrics = append(metrics, m)
		}
	}
	for _, topic := range Topics() {
		for _, m := range topic.Metrics {
			if m.ofSnapshot != nil {
				metrics = append(metrics, m)
			}
		}
	}
	return metrics
}

// NewHistory returns the History of a process before its first snapshot.
func NewHistory(limits Limits) *History {
	return &History{metrics: HistoryMetrics(), limits: limits.withDefaults()}
}

// Add adds the next snapshot, and calls emit for every series with the index of its metric in HistoryMetrics
// and its labels other than process.
func (h *History) Add(snapshot *parse.Snapshot, emit func(metric int, value float64, labels ...string)) {
	snapshot = h.keep(snapshot)
	h.snapshots++
	snapshot.Offset = h.snapshots // of several logs: what differs are the snapshots
	before := h.state.newest
	if before == nil {
		before = &digest{}
	}
	h.state.add(digestAfter(before, snapshot, h.limits))
	v := view{
		file:     fileHealth{present: true, restarts: h.state.restarts},
		releases: h.state.releases, newest: h.state.newest, expensive: h.state.expensive, comm: h.state.comm,
	}
	metric := 0
	each := func(value float64, labels ...string) { emit(metric, value, labels...) }
	for metric = range h.metrics {
		h.metrics[metric].series(&v, each)
	}
}

// keep returns a copy of a snapshot. It reuses the memory of one that is no longer exposed.
func (h *History) keep(snapshot *parse.Snapshot) *parse.Snapshot {
	i := slices.IndexFunc(h.kept, func(s *parse.Snapshot) bool { return !h.state.holds(s) })
	if i < 0 {
		i = len(h.kept)
		h.kept = append(h.kept, &parse.Snapshot{})
	}
	h.kept[i].CopyFrom(snapshot)
	return h.kept[i]
}
