package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// Health returns the metrics of each prof.log itself. They are always exposed.
func Health() Topic {
	return Topic{Name: "health", Metrics: []Metric{
		health("bro_up",
			"1 if the prof.log can be read and was written to lately, 0 if not or if its process is dead. 0 stays for a while when the file is gone.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				switch v.state {
				case Up:
					return 1, true
				case Waiting:
					return 0, false
				default:
					return 0, true
				}
			}),
		{
			Name:   "bro_prof_info",
			Help:   "Always 1. format: the releases that write a text like that of this prof.log.",
			Type:   prometheus.GaugeValue,
			source: ofFile,
			Labels: []string{"path", "format"},
			ofView: func(v *view, emit emit) {
				if v.newest != nil {
					emit(1, valid(v.path), v.releases.String())
				}
			},
		},
		gauge("bro_prof_last_snapshot_timestamp_seconds", "", allReleases,
			"Time stamp of the newest snapshot: packet time, 0 before the first packet.", timeOf),
		from(withExpensive, gauge("bro_prof_last_expensive_snapshot_timestamp_seconds", "", allReleases,
			"Time stamp of the newest expensive snapshot: packet time.", timeOf))[0],
		health("bro_prof_file_mtime_seconds",
			"Modification time of the prof.log, wall clock.",
			prometheus.GaugeValue, func(v *view) (float64, bool) {
				return float64(v.file.modified.UnixNano()) / 1e9, v.file.readable
			}),
		health("bro_prof_file_size_bytes",
			"Size of the prof.log.",
			prometheus.GaugeValue, func(v *view) (float64, bool) { return float64(v.file.size), v.file.readable }),
		health("bro_prof_snapshots_total",
			"Snapshots read since the exporter follows the prof.log.",
			prometheus.CounterValue, func(v *view) (float64, bool) { return float64(v.file.snapshots), v.file.present }),
		health("bro_prof_unparsed_lines_total",
			"Lines that no rule knows or can read. Scripts may write such lines.",
			prometheus.CounterValue, func(v *view) (float64, bool) { return float64(v.file.unparsed), v.file.present }),
		health("bro_prof_unknown_fields_total",
			"Fields of known lines that no rule knows, as a newer release may write them.",
			prometheus.CounterValue, func(v *view) (float64, bool) { return float64(v.file.unknown), v.file.present }),
		health("bro_prof_read_errors_total",
			"Failures to open, stat or read the prof.log.",
			prometheus.CounterValue, func(v *view) (float64, bool) { return float64(v.file.readErrors), v.file.present }),
		health(restartsTotal,
			"Starts of the Bro process that were seen in the prof.log.",
			prometheus.CounterValue, func(v *view) (float64, bool) { return float64(v.file.restarts), v.file.present }),
		{
			Name:   "bro_prof_dropped_series",
			Help:   "Threads, globals, timers and findings without a series of their own because of a limit. All but findings are added up as \"other\".",
			Type:   prometheus.GaugeValue,
			source: ofFile,
			Labels: []string{"collector"},
			ofView: func(v *view, emit emit) {
				if v.newest != nil {
					emit(float64(v.newest.dropped.threads), "threads")
					emit(float64(v.newest.dropped.timers), "timers")
				}
				if v.expensive != nil {
					emit(float64(v.expensive.dropped.globals), "globals")
				}
			},
		},
	}}
}

const restartsTotal = "bro_prof_restarts_total"

// health is a metric of the file, known for some time only. Its counters count since the file
// is followed.
func health(name, help string, kind prometheus.ValueType, value func(*view) (value float64, known bool)) Metric {
	return Metric{Name: name, Help: help, Type: kind, source: ofFile,
		created: func(v *view) time.Time { return v.file.since },
		ofView: func(v *view, emit emit) {
			if value, known := value(v); known {
				emit(value)
			}
		}}
}

func timeOf(d *digest) parse.Opt[float64] { return parse.Opt[float64]{Value: d.Time, Measured: true} }
