package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// healthMetric is a metric of a prof.log itself, not of a block in it.
type healthMetric struct {
	Metric
	value func(v *view) (value float64, known bool)
}

// Health returns the metrics of each prof.log itself. They are always exposed.
func Health() Topic {
	var metrics []Metric
	for _, m := range healthMetrics(0) {
		metrics = append(metrics, m.Metric)
	}
	return Topic{"health", metrics}
}

func healthMetrics(staleAfter time.Duration) []healthMetric {
	row := func(name, help string, kind prometheus.ValueType, value func(*view) (float64, bool), labels ...string) healthMetric {
		return healthMetric{Metric{Name: name, Help: help, Type: kind, Labels: labels}, value}
	}
	count := func(name, help string, field func(*health) uint64) healthMetric {
		return row(name, help, prometheus.CounterValue, func(v *view) (float64, bool) {
			return float64(field(&v.health)), v.health.present
		})
	}
	return []healthMetric{
		row("bro_up",
			"1 if the prof.log can be read and was written to lately, 0 if not; 0 stays for a while when the file is gone.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				if v.health.readable && time.Since(v.health.modified) <= staleAfter {
					return 1, true
				}
				return 0, true
			}),
		row("bro_prof_info",
			"Always 1. format: the releases that write a text like this prof.log's.",
			prometheus.GaugeValue, func(v *view) (float64, bool) { return 1, v.newest != nil }, "path", "format"),
		row("bro_prof_last_snapshot_timestamp_seconds",
			"Time stamp of the newest block: packet time, 0 before the first packet.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				if v.newest == nil {
					return 0, false
				}
				return v.newest.Time, true
			}),
		row("bro_prof_last_expensive_snapshot_timestamp_seconds",
			"Time stamp of the newest expensive block: packet time.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				if v.expensive == nil {
					return 0, false
				}
				return v.expensive.Time, true
			}),
		row("bro_prof_file_mtime_seconds",
			"Modification time of the prof.log, wall clock.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				return float64(v.health.modified.UnixNano()) / 1e9, v.health.readable
			}),
		row("bro_prof_file_size_bytes",
			"Size of the prof.log.",
			prometheus.GaugeValue, func(v *view) (float64, bool) { return float64(v.health.size), v.health.readable }),
		count("bro_prof_snapshots_total",
			"Blocks read since the exporter started.",
			func(h *health) uint64 { return h.snapshots }),
		count("bro_prof_unparsed_lines_total",
			"Lines that no rule knows or can read; scripts may write such.",
			func(h *health) uint64 { return h.unparsed }),
		count("bro_prof_read_errors_total",
			"Failures to open, stat or read the prof.log.",
			func(h *health) uint64 { return h.readErrors }),
		count("bro_prof_restarts_total",
			"Starts of the Bro process that were seen in the prof.log.",
			func(h *health) uint64 { return h.restarts }),
	}
}

// healthCollector exposes the health of every prof.log.
type healthCollector struct {
	metrics []healthMetric
	descs   []*prometheus.Desc
	views   func() []view
}

func newHealthCollector(staleAfter time.Duration, views func() []view) *healthCollector {
	c := &healthCollector{metrics: healthMetrics(staleAfter), views: views}
	for _, m := range c.metrics {
		c.descs = append(c.descs, m.desc())
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *healthCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *healthCollector) Collect(ch chan<- prometheus.Metric) {
	for _, v := range c.views() {
		for i, m := range c.metrics {
			value, known := m.value(&v)
			if !known {
				continue
			}
			labels := []string{v.process}
			if len(m.Labels) > 0 {
				labels = append(labels, valid(v.path), v.releases.String())
			}
			ch <- constMetric(c.descs[i], m.Type, value, time.Time{}, labels...)
		}
	}
}
