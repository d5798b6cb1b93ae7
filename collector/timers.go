package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// timersTopic is "Timers: current=36 max=47 mem=2K lag=0.05s" and the lines "NAME = N".
func timersTopic() Topic {
	return Topic{Name: "timers", Metrics: []Metric{
		gauge("bro_timers_pending", "Timers: current", allReleases,
			"Length of the timer queue.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Current }),
		gauge("bro_timers_pending_max", "Timers: max", allReleases,
			"Greatest length of the timer queue since the process started.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Max }),
		gauge("bro_timers_memory_bytes", "Timers: mem", parse.TimersMem,
			"Memory of the timer queue.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Mem }),
		gauge("bro_timers_lag_seconds", "Timers: lag", allReleases,
			"Packet time minus the time of the last timer run. Absent where no timer has run.",
			func(d *digest) parse.Opt[float64] { return d.Timers.Lag }),
		{
			Name:   "bro_timer_pending",
			Help:   "Timers of one type that wait. A type without any is absent.",
			Line:   "NAME = N below Triggers",
			Type:   prometheus.GaugeValue,
			Labels: []string{"timer"},
			ofSnapshot: func(d *digest, emit emit) {
				for i, t := range d.Timers.ByName {
					emit(float64(t.Pending), d.timerNames[i:i+1]...)
				}
			},
		},
	}}
}
