package collector

import "bro_exporter/parse"

// triggersTopic is "Triggers: total=4900 pending=0", the script layer's when statements.
func triggersTopic() Topic {
	return Topic{Name: "triggers", Metrics: []Metric{
		counter("bro_triggers_total", "Triggers: total", allReleases,
			"Triggers made (up to 3.0) or queued for evaluation (since 3.1).",
			func(d *digest) parse.Opt[uint64] { return d.Triggers.Total }),
		gauge("bro_triggers_pending", "Triggers: pending", allReleases,
			"Triggers that wait for evaluation now. For outstanding when statements see bro_timer_pending{timer=\"TriggerTimer\"}.",
			func(d *digest) parse.Opt[uint64] { return d.Triggers.Pending }),
	}}
}
