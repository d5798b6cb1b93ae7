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
			func(s *parse.Snapshot) parse.Opt[uint64] { return s.Timers.Current }),
		gauge("bro_timers_pending_max",
			"Timers: max, longest the timer queue was since the process started. All releases.",
			func(s *parse.Snapshot) parse.Opt[uint64] { return s.Timers.Max }),
		gauge("bro_timers_memory_bytes",
			"Timers: mem, bytes. 2.0 to 3.0.",
			func(s *parse.Snapshot) parse.Opt[uint64] { return s.Timers.Mem }),
		gauge("bro_timers_lag_seconds",
			"Timers: lag, packet time minus the time of the last timer run. All releases; absent where no timer has run.",
			func(s *parse.Snapshot) parse.Opt[float64] { return s.Timers.Lag }),
		{
			Name:   "bro_timer_pending",
			Help:   "NAME = N below Triggers: timers waiting, by type; a type without any is absent. All releases.",
			Type:   prometheus.GaugeValue,
			Labels: []string{"timer"},
			series: func(s *parse.Snapshot, emit emit) {
				for _, t := range s.Timers.ByName {
					emit(float64(t.Pending), t.Name)
				}
			},
		},
	}}
}
