package collector

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// Metric is one metric of a Bro process and where its value comes from.
type Metric struct {
	Name string
	Help string // what the value means
	// Line is the line of prof.log that holds the value, and its field; empty if it is none.
	Line string
	// Releases write the value.
	Releases parse.Releases
	Type     prometheus.ValueType
	Labels   []string // besides process

	source     source
	ofSnapshot func(d *digest, emit emit) // from a snapshot, if it is one of a prof.log's lines
	ofView     func(v *view, emit emit)
	created    func(v *view) time.Time // since when a counter counts: the process's start if nil
}

// allReleases write most lines.
var allReleases = parse.Releases{}

// HelpText returns the HELP on /metrics: what the value means, the line it is read from, and the
// releases that write it.
func (m *Metric) HelpText() string {
	line := m.Line
	switch {
	case line == "":
		return m.Help
	case line == "/proc":
		return m.Help + " From /proc."
	case m.source == withExpensive:
		line += " of an expensive snapshot"
	}
	return m.Help + " From " + line + "; " + m.Written() + "."
}

// Written names the releases that write the value, in words; empty if it is not from prof.log.
func (m *Metric) Written() string {
	r := m.Releases
	switch {
	case m.Line == "" || m.Line == "/proc":
		return ""
	case r == allReleases:
		return "all releases"
	case r.Until == 0:
		return "since " + r.Since.String()
	case r.Since == 0:
		return "up to " + r.Until.String()
	default:
		return r.Since.String() + " to " + r.Until.String()
	}
}

// emit takes one series: its value, and the values of the metric's Labels, which differ from
// those of its other series. No slice of labels may change afterwards.
type emit func(value float64, labels ...string)

// source is what a metric is read from.
type source int

const (
	newest        source = iota // the newest snapshot
	withExpensive               // the newest one that measured what costs time
	withComm                    // the newest one whose Comm line has been written
	ofFile                      // all that is known but the live process
	ofProcess                   // the live process
)

type number interface{ uint64 | float64 }

func gauge[T number](name, line string, releases parse.Releases, help string, field func(*digest) parse.Opt[T]) Metric {
	return Metric{Name: name, Help: help, Line: line, Releases: releases, Type: prometheus.GaugeValue,
		ofSnapshot: func(d *digest, emit emit) {
			if f := field(d); f.Measured {
				emit(float64(f.Value))
			}
		}}
}

func counter[T number](name, line string, releases parse.Releases, help string, field func(*digest) parse.Opt[T]) Metric {
	m := gauge(name, line, releases, help, field)
	m.Type = prometheus.CounterValue
	return m
}

// from returns the metrics, read from snapshot b.
func from(b source, metrics ...Metric) []Metric {
	for i := range metrics {
		metrics[i].source = b
	}
	return metrics
}

func (m *Metric) desc() *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.HelpText(), append([]string{"process"}, m.Labels...), nil)
}

func (m *Metric) series(v *view, emit emit) {
	if m.ofView != nil {
		m.ofView(v, emit)
		return
	}
	if d := v.digest(m.source); d != nil {
		m.ofSnapshot(d, emit)
	}
}

// since returns since when a counter counts; zero if that is not known, or m is a gauge.
func (m *Metric) since(v *view) time.Time {
	switch {
	case m.Type != prometheus.CounterValue:
		return time.Time{}
	case m.created != nil:
		return m.created(v)
	default:
		return v.started
	}
}

// collect sends the series of one process.
func (m *Metric) collect(v *view, desc *prometheus.Desc, ch chan<- prometheus.Metric) {
	since := m.since(v)
	m.series(v, func(value float64, labels ...string) {
		labels = append([]string{v.process}, labels...)
		if since.IsZero() {
			ch <- prometheus.MustNewConstMetric(desc, m.Type, value, labels...)
			return
		}
		ch <- prometheus.MustNewConstMetricWithCreatedTimestamp(desc, m.Type, value, since, labels...)
	})
}

// valid makes a label value of any bytes.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
