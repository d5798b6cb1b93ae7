package collector

import "bro_exporter/parse"

// runtimeTopic is "Run-time: user+sys=53.2 user=44.6 sys=8.6 real=631.1".
func runtimeTopic() Topic {
	return Topic{Name: "runtime", Metrics: []Metric{
		counter("bro_runtime_user_seconds_total", "Run-time: user", allReleases,
			"CPU seconds of all threads in user mode since the first snapshot.",
			func(d *digest) parse.Opt[float64] { return d.Runtime.User }),
		counter("bro_runtime_system_seconds_total", "Run-time: sys", allReleases,
			"CPU seconds of all threads in the kernel since the first snapshot.",
			func(d *digest) parse.Opt[float64] { return d.Runtime.Sys }),
		counter("bro_runtime_real_seconds_total", "Run-time: real", allReleases,
			"Seconds of wall clock since the first snapshot.",
			func(d *digest) parse.Opt[float64] { return d.Runtime.Real }),
	}}
}
