package main

import "strings"

const fleetUID = "bro-fleet"

// cause is a column in the table of leaking sensors: the findings of these kinds.
type cause struct {
	title string
	width int    // 0 for that of a number
	kinds string // as a regular expression
}

func causes() []cause {
	return []cause{
		{"Core", 0, "core|memory"},
		{"Tables", 0, "script-table|intel|globals"},
		{"Connections", 100, "conns-held|sessions|conn-memory|reassembler"},
		{"Timers, DNS", 100, "timers|triggers|dns-cache|dns-stuck"},
		{"Backlogs", 0, "backlog-in|backlog-out|reader"},
		{"Stuck threads", 105, "thread-stuck"},
	}
}

// fleet shows at once which of hundreds of sensors leak, and what.
func fleet() dashboard {
	return dashboard{
		file:        "fleet.json",
		uid:         fleetUID,
		title:       "Bro / Fleet",
		description: "All sensors: which of them leak, and what, by kind of leak and by cluster. Click on a sensor for its Overview.",
		from:        "now-24h",
		refresh:     "1m",
		scope:       manyProcesses,
		rows: []row{
			{title: "Now", height: 4, width: 4, panels: []panel{
				{
					title:       "Sensors",
					description: "Hosts with a bro_exporter, and those that only Zeek's own telemetry shows.",
					unit:        "none",
					view:        number{},
					empty:       "No bro_up. Check data source and job above, then Status > Targets in Prometheus.",
					queries:     []query{{expr: `count(count without (process) ` + up + `)`, legend: "sensors"}},
				},
				{
					title:       "Sensors that leak",
					description: "Sensors with a finding of level leak or stuck: only a repair or a restart ends it. Normal: 0.",
					unit:        "none",
					view:        number{steps: alarmFromOne()},
					empty:       "No process was judged. " + judging,
					alerts:      []string{"BroCoreLeak", "BroTableGrowing"},
					queries:     []query{{expr: `count(` + sensorsWith(certain) + `) or count(bro_analysis_timestamp_seconds{$here}) * 0`, legend: "leak"}},
				},
				{
					title:       "Only suspected",
					description: "Sensors whose worst finding is suspected: a table or cache that fills for up to a day would explain it as well.",
					unit:        "none",
					view:        number{steps: warnFrom(1)},
					empty:       "No process was judged. " + judging,
					queries: []query{{
						expr:   `count(` + sensorsWith(`level="suspected"`) + ` unless ` + sensorsWith(certain) + `) or count(bro_analysis_timestamp_seconds{$here}) * 0`,
						legend: "suspected",
					}},
				},
				{
					title:       "Exporters down",
					description: "Sensors seen in the time shown whose bro_exporter Prometheus cannot scrape now: nothing is known of their processes.",
					unit:        "none",
					view:        number{steps: alarmFromOne(), link: showRunbooks},
					empty:       "No target of this job.",
					alerts:      []string{"BroExporterDown"},
					queries:     []query{{expr: `sum(1 - up{$host})`, legend: "exporters down"}},
				},
				{
					title:       "Processes down",
					description: "Processes whose prof.log is gone, unreadable or silent, or that have no prof.log and do not answer.",
					unit:        "none",
					view:        number{steps: alarmFromOne()},
					empty:       "No bro_up.",
					alerts:      []string{"BroProcessDown", "BroLogStale"},
					queries:     []query{{expr: `sum(1 - ` + up + `)`, legend: "down"}},
				},
				{
					title:       "Without prof.log",
					description: "Processes that only Zeek's own telemetry shows. They are not judged: load misc/profiling in Zeek, and run bro_exporter on the host.",
					unit:        "none",
					view:        number{},
					empty:       "Every process has a prof.log, or native.yml is not loaded.",
					queries:     []query{{expr: `count(instance_process:bro_up:native{$here})`, legend: "without"}},
				},
			}},
			{title: "Which sensors leak", height: 14, width: gridWidth, panels: []panel{leaking()}},
			{title: "What leaks", height: 9, width: 12, panels: []panel{
				{
					title:       "By kind",
					description: "How many sensors and processes have a leak of each kind, by the names of proftool analyze. If many sensors have one kind, look for what they share: a release, a script, an input file.",
					unit:        "none",
					view:        table{labels: []string{"kind"}, sortBy: "Sensors"},
					empty:       "Nothing leaks, or nothing was judged. " + judging,
					queries: []query{
						{expr: `count by (kind) (count without (process, level, resource) (bro_finding{$here, ` + certain + `}))`, legend: "Sensors", steps: alarmFromOne()},
						{expr: `count by (kind) (count without (level, resource) (bro_finding{$here, ` + certain + `}))`, legend: "Processes"},
						{expr: `count by (kind) (count without (level, resource) (bro_finding{$here, level="suspected"}))`, legend: "Suspected", steps: warnFrom(1)},
					},
				},
				{
					title:       "Findings over time",
					description: "Findings of level leak or stuck by kind. If one kind steps up on all sensors, something changed on all of them: a deploy, a release, a new feed.",
					unit:        "none",
					view:        lines{stacked: true},
					empty:       "Nothing leaked in the time shown, or nothing was judged. " + judging,
					queries:     []query{{expr: `count by (kind) (bro_finding{$here, ` + certain + `})`, legend: "{{kind}}"}},
				},
			}},
			{title: "Clusters", height: 8, width: gridWidth, panels: []panel{{
				title:       "Clusters",
				description: "The sensors of each cluster. Clusters with the most leaks come first. A single row without a name means that the series have no label cluster.",
				unit:        "none",
				view:        table{sortBy: "Leaks"},
				empty:       "No bro_up.",
				queries: []query{
					{expr: byCluster(`count`, `count without (process) `+up), legend: "Sensors"},
					{expr: byCluster(`count`, up), legend: "Processes"},
					{expr: byCluster(`sum`, `1 - `+up), legend: "Down", steps: alarmFromOne()},
					{expr: byCluster(`count`, `bro_finding{$here, `+certain+`}`), legend: "Leaks", steps: alarmFromOne()},
					{expr: byCluster(`count`, `bro_finding{$here, level="suspected"}`), legend: "Suspected", steps: warnFrom(1)},
					{expr: byCluster(`sum`, memoryNow), legend: "Memory", unit: "bytes"},
					{expr: byCluster(`sum`, cpu), legend: "Cores", unit: "short"},
					{expr: byCluster(`sum`, connections), legend: "Connections", unit: "short", width: 100},
				},
			}}},
		},
	}
}

// leaking lists the sensors with findings, with a column for each cause.
func leaking() panel {
	p := panel{
		title:       "Sensors with findings",
		description: "Sensors with the most leaks come first. Each column shows the worst finding of its kinds. Core: memory that nothing explains. Tables: a script's table, Intel::data_store, or globals. Connections: held ones, sessions, their memory, reassembly. Backlogs: queues of threads that grow. Click on a sensor for its Overview or Leak hunt.",
		unit:        "none",
		view:        table{labels: []string{"instance"}, sortBy: "Leaks"},
		empty:       "Nothing is found, or nothing was judged. " + judging,
		alerts:      []string{"BroCoreLeak", "BroTableGrowing"},
		queries: []query{
			{expr: `count without (process, level, kind, resource) (bro_finding{$here, ` + certain + `})`, legend: "Leaks", steps: alarmFromOne()},
			{expr: `count without (process) (count without (level, kind, resource) (bro_finding{$here, level!="note"}))`, legend: "Processes"},
		},
	}
	for _, c := range causes() {
		of := strings.ReplaceAll(ranked, "{$here", `{$here, kind=~"`+c.kinds+`"`)
		p.queries = append(p.queries, query{expr: `max without (process, level, kind, resource) ` + of, legend: c.title, texts: stateTexts(), width: max(c.width, numberWidth)})
	}
	return p
}

// certain matches findings that nothing healthy explains.
const certain = `level=~"leak|stuck"`

// sensorsWith are the sensors with a finding.
func sensorsWith(matcher string) string {
	return `count without (process, level, kind, resource) (bro_finding{$here, ` + matcher + `})`
}

func byCluster(aggregation, expr string) string { return aggregation + ` by (cluster) (` + expr + `)` }
