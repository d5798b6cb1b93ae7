package main

import (
	"github.com/prometheus/common/version"

	"bro_exporter/cmd/internal/manual"
	"bro_exporter/spool"
)

// handbook holds what --help and the man page tell besides the flags.
func handbook() manual.Page {
	p := manual.Page{
		Name:    name,
		Summary: "Prometheus exporter for the prof.log of Bro and Zeek",
		Version: version.Version,
		ExitStatus: []manual.Entry{
			{Term: "0", Text: "SIGINT or SIGTERM stopped it. With --once: it has printed the metrics."},
			{Term: "1", Text: "It cannot serve. With --once: it could read no prof.log."},
			{Term: "2", Text: "The command line is wrong."},
		},
		Environment: []manual.Entry{
			{Term: "GOMAXPROCS", Text: "Use this many processors. Default: all, but at most 4."},
			{Term: "GOGC", Text: "Let garbage grow to this percentage of the memory in use. Default: 40."},
			{Term: "GOMEMLIMIT", Text: "Keep memory below this soft limit, such as 200MiB. Default: none."},
		},
		Examples: []manual.Entry{
			{Term: "bro_exporter", Text: "Follow the prof.logs in all usual spool directories and serve them on port 10147."},
			{Term: "bro_exporter --prof.path='/data/zeek/*/prof.log'", Text: "Follow those in another spool directory."},
			{Term: "bro_exporter --once", Text: "Print the metrics as they are now."},
		},
	}
	for _, pattern := range spool.DefaultPatterns() {
		p.Files = append(p.Files, manual.Entry{Term: pattern.Glob, Text: "Followed by default."})
	}
	p.Files = append(p.Files, manual.Entry{Term: "SPOOL/NODE/.pid", Text: "The number of the live process, as zeekctl writes it beside prof.log."})
	return p
}
