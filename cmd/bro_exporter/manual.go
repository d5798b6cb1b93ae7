package main

import (
	"github.com/prometheus/common/version"

	"bro_exporter/cmd/internal/manual"
	"bro_exporter/spool"
)

// page is what --help and the man page say besides the flags.
func page() manual.Page {
	p := manual.Page{
		Name:    name,
		Summary: "Prometheus exporter for the prof.log of Bro and Zeek",
		Version: version.Version,
		ExitStatus: []manual.Entry{
			{Term: "0", Text: "A signal stopped it; with --once, it has printed the metrics."},
			{Term: "1", Text: "It cannot serve; with --once, it could read no prof.log."},
			{Term: "2", Text: "The flags are wrong."},
		},
		Environment: []manual.Entry{
			{Term: "GOMAXPROCS", Text: "How many processors to use. The default is at most 4."},
			{Term: "GOMEMLIMIT", Text: "A soft limit of memory, such as 200MiB. The default is none."},
		},
		Examples: []manual.Entry{
			{Term: "bro_exporter", Text: "Follow the prof.logs of all usual spool directories and serve them on port 10147."},
			{Term: "bro_exporter --prof.path='/data/zeek/*/prof.log'", Text: "Follow those of another spool directory."},
			{Term: "bro_exporter --once", Text: "Print the metrics as they are now."},
		},
	}
	for _, pattern := range spool.DefaultPatterns() {
		p.Files = append(p.Files, manual.Entry{Term: pattern.Glob, Text: "Followed by default."})
	}
	p.Files = append(p.Files, manual.Entry{Term: "SPOOL/NODE/.pid", Text: "The number of the live process, as zeekctl writes it beside prof.log."})
	return p
}
