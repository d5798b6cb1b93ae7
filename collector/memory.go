package collector

import "bro_exporter/parse"

// memoryTopic is "Memory: total=243816K total_adj=948K malloced: 0K".
func memoryTopic() Topic {
	return Topic{Name: "memory", Metrics: []Metric{
		gauge("bro_memory_total_bytes", "Memory: total", allReleases,
			"PEAK resident size, which never falls (on macOS the present size); up to 2.3 the heap without big allocations.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.Total }),
		gauge("bro_memory_total_adj_bytes", "Memory: total_adj", allReleases,
			"The total minus the first total of the process. Off by a multiple of 4 GiB if the first was larger than 4 GiB.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.TotalAdj }),
		gauge("bro_memory_malloced_bytes", "Memory: malloced", parse.Malloced,
			"Memory that malloc has handed out. Wraps at 4 GiB up to 4.0; absent with jemalloc.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.Malloced }),
	}}
}
