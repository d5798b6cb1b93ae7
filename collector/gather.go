package collector

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Gather implements prometheus.TransactionalGatherer. It returns what a registry with c would, and
// shows one view of each process. It costs nothing where nothing has changed since the last call.
func (c *Collector) Gather() (families []*dto.MetricFamily, done func(), err error) {
	families, done = c.exposition.gather(c.views())
	return families, done, nil
}

// GatherWith returns a gatherer of c and others.
func (c *Collector) GatherWith(others prometheus.Gatherer) prometheus.TransactionalGatherer {
	return joined{c, others}
}

type joined struct {
	c      *Collector
	others prometheus.Gatherer
}

// Gather implements prometheus.TransactionalGatherer.
func (j joined) Gather() (families []*dto.MetricFamily, done func(), err error) {
	families, done, _ = j.c.Gather()
	others, err := j.others.Gather()
	families = append(families, others...)
	slices.SortStableFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(*a.Name, *b.Name) })
	joint := families[:0]
	for _, f := range families {
		if last := len(joint) - 1; last >= 0 && *joint[last].Name == *f.Name {
			joint[last] = union(joint[last], f)
			continue
		}
		joint = append(joint, f)
	}
	return joint, done, err
}

// union returns a family with the metrics of both.
func union(a, b *dto.MetricFamily) *dto.MetricFamily {
	all := slices.Concat(a.Metric, b.Metric)
	slices.SortFunc(all, compareLabels)
	return &dto.MetricFamily{Name: a.Name, Help: a.Help, Type: a.Type, Metric: all}
}

// exposition keeps the metrics of all processes as they are exposed. Only those of a source that
// has changed are made again; in place if nobody reads them any more.
type exposition struct {
	mu        sync.Mutex
	rows      []row
	processes map[string]*exposed
	families  []*dto.MetricFamily // those with metrics, by name
	readers   int                 // of families handed out
	samples   []sample            // memory for a builder
	pairs     map[[2]string]*dto.LabelPair
}

// row is one metric of all processes.
type row struct {
	*Metric
	help    string
	kind    dto.MetricType
	labels  []string          // names, sorted
	order   []int             // of labels in Metric.Labels; -1 is the process
	family  *dto.MetricFamily // nil before the first metric
	changed bool              // a process has other metrics than family
}

// exposed is what is exposed of one process.
type exposed struct {
	view    view
	metrics [][]*dto.Metric // by row, in the order in which they are exposed
}

func newExposition(metrics []Metric) *exposition {
	x := &exposition{processes: map[string]*exposed{}, pairs: map[[2]string]*dto.LabelPair{}}
	for i := range metrics {
		x.rows = append(x.rows, newRow(&metrics[i]))
	}
	slices.SortFunc(x.rows, func(a, b row) int { return strings.Compare(a.Name, b.Name) })
	return x
}

func newRow(m *Metric) row {
	r := row{Metric: m, help: m.HelpText(), kind: dto.MetricType_GAUGE, labels: append([]string{"process"}, m.Labels...)}
	if m.Type == prometheus.CounterValue {
		r.kind = dto.MetricType_COUNTER
	}
	slices.Sort(r.labels)
	for _, name := range r.labels {
		r.order = append(r.order, slices.Index(m.Labels, name))
	}
	return r
}

// gather returns the families of the views. Call done when you do not read them any more.
func (x *exposition) gather(views []view) (families []*dto.MetricFamily, done func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.update(views) {
		x.merge(views)
	}
	x.readers++
	return slices.Clone(x.families), sync.OnceFunc(x.release)
}

func (x *exposition) release() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.readers--
}

// update makes the metrics of what has changed, and reports whether a family has other metrics
// than before.
func (x *exposition) update(views []view) (changed bool) {
	before := x.processes
	x.processes = make(map[string]*exposed, len(views))
	for i := range views {
		v := &views[i]
		e := before[v.process]
		delete(before, v.process)
		if e == nil {
			e = &exposed{metrics: make([][]*dto.Metric, len(x.rows))}
		}
		x.processes[v.process] = e
		if x.expose(e, v) {
			changed = true
		}
	}
	for _, gone := range before {
		for i, metrics := range gone.metrics {
			x.rows[i].changed = x.rows[i].changed || len(metrics) > 0
		}
		changed = true
	}
	return changed
}

// expose makes the metrics of a process that have changed.
func (x *exposition) expose(e *exposed, v *view) (changed bool) {
	if e.view == *v {
		return false
	}
	b := builder{exposition: x, inPlace: x.readers == 0, samples: x.samples}
	for i := range x.rows {
		r := &x.rows[i]
		if !e.view.differs(v, r.source) {
			continue
		}
		metrics, differ := b.metrics(r, v, e.metrics[i])
		e.metrics[i] = metrics
		r.changed, changed = r.changed || differ, changed || differ
	}
	x.samples = b.samples[:0]
	e.view = *v
	return changed
}

// differs reports whether a source is not the same in both views.
func (v *view) differs(w *view, s source) bool {
	switch {
	case v.started != w.started:
		return true
	case s == ofFile:
		return *v != *w
	case s == ofProcess:
		return v.live != w.live
	default:
		return v.digest(s) != w.digest(s)
	}
}

// merge puts the metrics of all processes together.
func (x *exposition) merge(views []view) {
	slices.SortFunc(views, func(a, b view) int { return strings.Compare(a.process, b.process) })
	x.families = nil
	for i := range x.rows {
		r := &x.rows[i]
		if r.changed {
			r.changed = false
			r.merge(i, views, x.processes)
		}
		if len(r.family.GetMetric()) > 0 {
			x.families = append(x.families, r.family)
		}
	}
}

// merge makes the family of a row, in the order of client_golang: by the values of the labels, the
// labels being sorted by their names.
func (r *row) merge(i int, views []view, processes map[string]*exposed) {
	all := make([]*dto.Metric, 0, len(r.family.GetMetric()))
	for j := range views {
		all = append(all, processes[views[j].process].metrics[i]...)
	}
	if r.labels[0] != "process" {
		slices.SortFunc(all, compareLabels)
	}
	r.family = &dto.MetricFamily{Name: &r.Name, Help: &r.help, Type: &r.kind, Metric: all}
}

func compareLabels(a, b *dto.Metric) int {
	for i, label := range a.Label {
		if c := strings.Compare(*label.Value, *b.Label[i].Value); c != 0 {
			return c
		}
	}
	return 0
}

// builder makes the metrics of one process.
type builder struct {
	*exposition
	inPlace bool // metrics may be changed
	samples []sample
	created *timestamppb.Timestamp
	at      time.Time // of created
	// previous are the metrics that were made last: their labels may be the same.
	previous []*dto.Metric
	names    []string
}

// sample is what a Metric emits.
type sample struct {
	value  float64
	labels []string // besides process
}

// metrics returns the metrics of a row, and whether they are others than before: else their values
// were changed in place.
func (b *builder) metrics(r *row, v *view, before []*dto.Metric) (made []*dto.Metric, changed bool) {
	b.samples = b.samples[:0]
	r.series(v, func(value float64, labels ...string) { b.samples = append(b.samples, sample{value, labels}) })
	compare := func(a, b sample) int { return r.compare(a.labels, b.labels) }
	if !slices.IsSortedFunc(b.samples, compare) {
		slices.SortFunc(b.samples, compare)
	}
	since := r.since(v)
	if b.update(r, since, before) {
		return before, false
	}
	made = b.allocate(r, since)
	for i, m := range made {
		m.Label = b.labels(r, v, i, before)
	}
	b.previous, b.names = made, r.labels
	return made, len(made)+len(before) > 0
}

// update changes the values of metrics in place, if nothing but values has changed.
func (b *builder) update(r *row, since time.Time, metrics []*dto.Metric) bool {
	if !b.inPlace || len(metrics) != len(b.samples) {
		return false
	}
	for i, m := range metrics {
		if !r.has(m, b.samples[i].labels) || r.kind == dto.MetricType_COUNTER && !created(m).Equal(since) {
			return false
		}
	}
	for i, m := range metrics {
		if r.kind == dto.MetricType_COUNTER {
			*m.Counter.Value = b.samples[i].value
		} else {
			*m.Gauge.Value = b.samples[i].value
		}
	}
	return true
}

// created returns since when a counter counts, zero if it does not tell.
func created(m *dto.Metric) time.Time {
	if m.Counter.CreatedTimestamp == nil {
		return time.Time{}
	}
	return m.Counter.CreatedTimestamp.AsTime()
}

// allocate makes the metrics of a row without their labels.
func (b *builder) allocate(r *row, since time.Time) []*dto.Metric {
	made := make([]*dto.Metric, len(b.samples))
	if r.kind == dto.MetricType_GAUGE {
		gauges := make([]struct {
			metric dto.Metric
			gauge  dto.Gauge
			value  float64
		}, len(made))
		for i := range gauges {
			g := &gauges[i]
			g.value = b.samples[i].value
			g.gauge.Value, g.metric.Gauge = &g.value, &g.gauge
			made[i] = &g.metric
		}
		return made
	}
	counters := make([]struct {
		metric  dto.Metric
		counter dto.Counter
		value   float64
	}, len(made))
	for i := range counters {
		c := &counters[i]
		c.value = b.samples[i].value
		c.counter.Value, c.counter.CreatedTimestamp, c.metric.Counter = &c.value, b.timestamp(since), &c.counter
		made[i] = &c.metric
	}
	return made
}

// timestamp returns the time at which counters were created, nil if that is not known.
func (b *builder) timestamp(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	if b.created == nil || !b.at.Equal(at) {
		b.created, b.at = timestamppb.New(at), at
	}
	return b.created
}

// labels returns the labels of sample i: those of the metric that was there before, or of the row
// before, if they are the same.
func (b *builder) labels(r *row, v *view, i int, before []*dto.Metric) []*dto.LabelPair {
	values := b.samples[i].labels
	if i < len(before) && r.has(before[i], values) {
		return before[i].Label
	}
	if i < len(b.previous) && slices.Equal(b.names, r.labels) && r.has(b.previous[i], values) {
		return b.previous[i].Label
	}
	pairs := make([]*dto.LabelPair, len(r.labels))
	for i := range pairs {
		value := v.process
		if at := r.order[i]; at >= 0 {
			value = values[at]
		}
		pairs[i] = b.pair(&r.labels[i], value)
	}
	return pairs
}

// pair returns a label. Most are those of other processes too.
func (x *exposition) pair(name *string, value string) *dto.LabelPair {
	const maxPairs = 4096
	key := [2]string{*name, value}
	if p := x.pairs[key]; p != nil {
		return p
	}
	if len(x.pairs) >= maxPairs {
		clear(x.pairs)
	}
	p := &dto.LabelPair{Name: name, Value: &value}
	x.pairs[key] = p
	return p
}

// has reports whether a metric has these values of the row's labels.
func (r *row) has(m *dto.Metric, values []string) bool {
	for i, at := range r.order {
		if at >= 0 && *m.Label[i].Value != values[at] {
			return false
		}
	}
	return true
}

func (r *row) compare(a, b []string) int {
	for _, at := range r.order {
		if at < 0 {
			continue
		}
		if c := strings.Compare(a[at], b[at]); c != 0 {
			return c
		}
	}
	return 0
}
