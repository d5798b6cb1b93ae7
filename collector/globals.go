package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// globalsTopic is what an expensive snapshot tells about the variables of scripts:
//
//	Weird::actions = 35K (163/163 entries)
//	Global_sizes total: 5233K
//	34/102 entries
//	Total number of table entries: 8327/8564
func globalsTopic() Topic {
	const named = " Since 5.1 only where Zeek runs the script that prints the names."
	return Topic{Name: "globals", Metrics: from(withExpensive,
		byGlobal("bro_global_size_bytes", "NAME = NK", parse.GlobalSizes,
			"Size of a global of more than 100 KiB or 100 entries; smaller ones are absent. Wraps at 4 GiB.",
			func(g *parse.Global) parse.Opt[uint64] { return g.Size }),
		byGlobal("bro_global_table_entries", "NAME = NK (a/b entries), a", allReleases,
			"Entries of a global table with more than 100."+named,
			func(g *parse.Global) parse.Opt[uint64] { return g.Entries }),
		byGlobal("bro_global_table_entries_recursive", "NAME = NK (a/b entries), b", allReleases,
			"Entries of a global table with more than 100, and of the tables within it."+named,
			func(g *parse.Global) parse.Opt[uint64] { return g.EntriesRecursive }),
		gauge("bro_globals_size_bytes", "Global_sizes total", parse.GlobalSizes,
			"Size of all globals. Wraps at 4 GiB.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.Size }),
		gauge("bro_large_tables", "a/b entries", allReleases,
			"Global tables with more than 100 entries, named or not.",
			func(d *digest) parse.Opt[uint64] {
				return parse.Opt[uint64]{Value: d.tables, Measured: d.Globals.Entries.Measured}
			}),
		gauge("bro_large_table_entries_max", "a/b entries, a", allReleases,
			"Entries of the largest global table, named or not.",
			func(d *digest) parse.Opt[uint64] {
				return parse.Opt[uint64]{Value: d.largestTable, Measured: d.tables > 0}
			}),
		gauge("bro_table_entries", "Total number of table entries: a/b, a", allReleases,
			"Entries of all global tables.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.Entries }),
		gauge("bro_table_entries_recursive", "Total number of table entries: a/b, b", allReleases,
			"Entries of all global tables and of the tables within them.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.EntriesRecursive }),
	)}
}

func byGlobal(name, line string, releases parse.Releases, help string, field func(*parse.Global) parse.Opt[uint64]) Metric {
	return Metric{Name: name, Help: help, Line: line, Releases: releases, Type: prometheus.GaugeValue, Labels: []string{"global"},
		ofSnapshot: func(d *digest, emit emit) {
			for i := range d.Globals.List {
				g := &d.Globals.List[i]
				if f := field(g); f.Measured {
					emit(float64(f.Value), d.globalNames[i:i+1]...)
				}
			}
		}}
}
