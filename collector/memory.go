package collector

import "bro_exporter/parse"

// memoryTopic is "Memory: total=243816K total_adj=948K malloced: 0K".
func memoryTopic() Topic {
	return Topic{"memory", []Metric{
		gauge("bro_memory_total_bytes",
			"Memory: total. Since 2.4 the PEAK resident size, which never falls (on macOS the present one); up to 2.3 the heap, without big allocations. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.Total }),
		gauge("bro_memory_total_adj_bytes",
			"Memory: total_adj, the total minus the first total of the process. Off by a multiple of 4 GiB if that was larger than 4 GiB. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.TotalAdj }),
		gauge("bro_memory_malloced_bytes",
			"Memory: malloced, what malloc has handed out. Wraps at 4 GiB up to 4.0; 2.0 to 5.1, not with jemalloc.",
			func(d *digest) parse.Opt[uint64] { return d.Memory.Malloced }),
	}}
}
