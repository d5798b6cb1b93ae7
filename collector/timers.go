package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// timersTopic is "Timers: current=36 max=47 mem=2K lag=0.05s" and the lines "NAME = N".
func timersTopic() Topic {
	return Topic{"timers", []Metric{
		gauge("bro_timers_pending",
			"Timers: current, length of the timer queue. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Current }),
		gauge("bro_timers_pending_max",
			"Timers: max, longest the timer queue was since the process started. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Max }),
		gauge("bro_timers_memory_bytes",
			"Timers: mem, bytes. 2.0 to 3.0.",
			func(d *digest) parse.Opt[uint64] { return d.Timers.Mem }),
		gauge("bro_timers_lag_seconds",
			"Timers: lag, packet time minus the time of the last timer run. All releases; absent where no timer has run.",
			func(d *digest) parse.Opt[float64] { return d.Timers.Lag }),
		{
			Name:   "bro_timer_pending",
			Help:   "NAME = N below Triggers: timers waiting, by type; a type without any is absent. All releases.",
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
