package collector

import "bro_exporter/parse"

// triggersTopic is "Triggers: total=4900 pending=0", the script layer's when statements.
func triggersTopic() Topic {
	return Topic{"triggers", []Metric{
		counter("bro_triggers_total",
			"Triggers: total: triggers made up to 3.0, queued for evaluation since 3.1. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Triggers.Total }),
		gauge("bro_triggers_pending",
			"Triggers: pending, waiting for evaluation now; for outstanding when statements see bro_timer_pending{timer=\"TriggerTimer\"}. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Triggers.Pending }),
	}}
}
