package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// globalsTopic is what an expensive snapshot says of the script layer's variables:
//
//	Weird::actions = 35K (163/163 entries)
//	Global_sizes total: 5233K
//	34/102 entries
//	Total number of table entries: 8327/8564
func globalsTopic() Topic {
	return Topic{"globals", from(withExpensive,
		byGlobal("bro_global_size_bytes",
			"NAME = NK of an expensive block: size of a global over 100 KiB or 100 entries; smaller ones are absent. Wraps at 4 GiB. 2.0 to 5.0.",
			func(g *parse.Global) parse.Opt[uint64] { return g.Size }),
		byGlobal("bro_global_table_entries",
			"NAME = NK (a/b entries) of an expensive block, a: entries of a global table of over 100. 2.0 to 5.0.",
			func(g *parse.Global) parse.Opt[uint64] { return g.Entries }),
		byGlobal("bro_global_table_entries_recursive",
			"NAME = NK (a/b entries) of an expensive block, b: entries of a global table and of those within it. 2.0 to 5.0.",
			func(g *parse.Global) parse.Opt[uint64] { return g.EntriesRecursive }),
		gauge("bro_globals_size_bytes",
			"Global_sizes total of an expensive block: size of all globals. Wraps at 4 GiB. 2.0 to 5.0.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.Size }),
		gauge("bro_large_tables",
			"Lines \"a/b entries\" of an expensive block, named or not: global tables of over 100 entries. All releases.",
			func(d *digest) parse.Opt[uint64] {
				return parse.Opt[uint64]{Value: d.tables, Measured: d.Globals.Entries.Measured}
			}),
		gauge("bro_large_table_entries_max",
			"Lines \"a/b entries\" of an expensive block, named or not: the largest a. All releases.",
			func(d *digest) parse.Opt[uint64] {
				return parse.Opt[uint64]{Value: d.largestTable, Measured: d.tables > 0}
			}),
		gauge("bro_table_entries",
			"Total number of table entries: a/b of an expensive block, a: entries of all global tables. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.Entries }),
		gauge("bro_table_entries_recursive",
			"Total number of table entries: a/b of an expensive block, b: with the tables within tables. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Globals.EntriesRecursive }),
	)}
}

func byGlobal(name, help string, field func(*parse.Global) parse.Opt[uint64]) Metric {
	return Metric{Name: name, Help: help, Type: prometheus.GaugeValue, Labels: []string{"global"},
		ofSnapshot: func(d *digest, emit emit) {
			for i := range d.Globals.List {
				g := &d.Globals.List[i]
				if f := field(g); f.Measured {
					emit(float64(f.Value), d.globalNames[i:i+1]...)
				}
			}
		}}
}
