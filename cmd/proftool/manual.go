package main

import (
	"github.com/prometheus/common/version"

	"bro_exporter/cmd/internal/manual"
)

// page is what --help and the man page say besides the flags.
func page() manual.Page {
	return manual.Page{
		Name:    name,
		Summary: "find leaks in the prof.logs of Bro and Zeek, convert and play them",
		Version: version.Version,
		ExitStatus: []manual.Entry{
			{Term: "0", Text: "All went well; analyze found nothing that --fail-on asks for."},
			{Term: "1", Text: "analyze found a leak, or what else --fail-on asks for. This wins over 2."},
			{Term: "2", Text: "Something could not be read or written, or the arguments are wrong."},
			{Term: "130", Text: "A signal stopped the work."},
		},
		Files: []manual.Entry{
			{Term: "SPOOL/NODE/prof.log", Text: "What the process of a node has written since its start, where '@load misc/profiling' turns profiling on. " +
				"SPOOL is /opt/zeek/spool, /usr/local/zeek/spool, /var/spool/zeek or /nsm/zeek/spool, or the same with bro for zeek."},
			{Term: "LOGS/DATE/prof.*.log.gz", Text: "What zeekctl has archived of earlier processes. LOGS is /opt/zeek/logs or the like."},
		},
		Environment: []manual.Entry{
			{Term: "TMPDIR", Text: "Where backfill keeps what does not fit into memory: about as much as the logs hold. The default is /tmp."},
			{Term: "GOMAXPROCS", Text: "How many processors to use. The default is all."},
		},
		Examples: []manual.Entry{
			{Term: "proftool analyze /opt/zeek/spool", Text: "Tell what leaks on this sensor."},
			{Term: "proftool analyze --format=html prof.log > report.html", Text: "Write a report with plots, to look at or to mail."},
			{Term: "proftool analyze 'worker-1=/opt/zeek/logs/2026-11-*/prof.*.log.gz'", Text: "Analyze what zeekctl has archived, and call its process worker-1."},
			{Term: "proftool dump --last /opt/zeek/spool | jq .memory.total_bytes", Text: "Print the peak memory of each process."},
			{Term: "proftool backfill --label job=zeek --label instance=sensor1:10147 /opt/zeek/spool > history.om", Text: "Turn logs into history for 'promtool tsdb create-blocks-from openmetrics'."},
			{Term: "proftool replay --spool /tmp/spool --speed 10 --loop prof.log", Text: "Play a log ten times as fast, to try the exporter and its alerts."},
		},
	}
}
