package collector

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// Topic is a group of metrics that can be switched off together.
type Topic struct {
	Name    string
	Metrics []Metric
}

// Topics returns every topic, in the order of a prof.log's lines. Each call makes new ones.
func Topics() []Topic {
	return []Topic{
		memoryTopic(),
		runtimeTopic(),
		connectionsTopic(),
		tcpTopic(),
		rulesTopic(),
		timersTopic(),
		dnsTopic(),
		triggersTopic(),
		threadsTopic(),
		brokerTopic(),
		globalsTopic(),
	}
}

// Metric is one metric of a Bro process and where its value stands in a block.
type Metric struct {
	Name   string
	Help   string
	Type   prometheus.ValueType
	Labels []string // besides process

	block  block
	series func(s *parse.Snapshot, emit emit)
}

// emit takes one series: its value, and the values of the metric's Labels. Two series with
// the same labels are added up.
type emit func(value float64, labels ...string)

// block says which block of a process a metric is read from.
type block int

const (
	newest        block = iota
	withExpensive       // the newest one that measured what costs time
	withComm            // the newest one whose Comm line has been written
)

type number interface{ uint64 | float64 }

func single[T number](name, help string, kind prometheus.ValueType, field func(*parse.Snapshot) parse.Opt[T]) Metric {
	return Metric{Name: name, Help: help, Type: kind, series: func(s *parse.Snapshot, emit emit) {
		if f := field(s); f.Measured {
			emit(float64(f.Value))
		}
	}}
}

func gauge[T number](name, help string, field func(*parse.Snapshot) parse.Opt[T]) Metric {
	return single(name, help, prometheus.GaugeValue, field)
}

func counter[T number](name, help string, field func(*parse.Snapshot) parse.Opt[T]) Metric {
	return single(name, help, prometheus.CounterValue, field)
}

// from returns the metrics, read from block b.
func from(b block, metrics ...Metric) []Metric {
	for i := range metrics {
		metrics[i].block = b
	}
	return metrics
}

func (m *Metric) desc() *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.Help, append([]string{"process"}, m.Labels...), nil)
}

// topicCollector exposes one topic of every process.
type topicCollector struct {
	topic Topic
	descs []*prometheus.Desc
	views func() []view
}

func newTopicCollector(topic Topic, views func() []view) *topicCollector {
	c := &topicCollector{topic: topic, views: views}
	for i := range topic.Metrics {
		c.descs = append(c.descs, topic.Metrics[i].desc())
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *topicCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *topicCollector) Collect(ch chan<- prometheus.Metric) {
	for _, v := range c.views() {
		for i := range c.topic.Metrics {
			c.collect(ch, &c.topic.Metrics[i], c.descs[i], &v)
		}
	}
}

func (c *topicCollector) collect(ch chan<- prometheus.Metric, m *Metric, desc *prometheus.Desc, v *view) {
	s := v.block(m.block)
	if s == nil {
		return
	}
	if len(m.Labels) == 0 {
		m.series(s, func(value float64, _ ...string) {
			ch <- constMetric(desc, m.Type, value, v.started, v.process)
		})
		return
	}
	sums := newSums()
	m.series(s, sums.add)
	for _, series := range sums.series {
		ch <- constMetric(desc, m.Type, series.value, v.started, append([]string{v.process}, series.labels...)...)
	}
}

// sums adds up the series whose labels are equal: threads of one process may share a name,
// and different bytes may be one and the same label.
type sums struct {
	series []series
	at     map[string]int
}

type series struct {
	labels []string
	value  float64
}

func newSums() *sums { return &sums{at: map[string]int{}} }

func (s *sums) add(value float64, labels ...string) {
	for i, l := range labels {
		labels[i] = valid(l)
	}
	key := strings.Join(labels, "\xff")
	if i, ok := s.at[key]; ok {
		s.series[i].value += value
		return
	}
	s.at[key] = len(s.series)
	s.series = append(s.series, series{labels, value})
}

// constMetric makes a metric of a value; a counter's says since when it counts, if that is
// known.
func constMetric(desc *prometheus.Desc, kind prometheus.ValueType, value float64, started time.Time, labels ...string) prometheus.Metric {
	if kind == prometheus.CounterValue && !started.IsZero() {
		return prometheus.MustNewConstMetricWithCreatedTimestamp(desc, kind, value, started, labels...)
	}
	return prometheus.MustNewConstMetric(desc, kind, value, labels...)
}
