package main

import "strings"

const leakHuntUID = "bro-leak-hunt"

// leakHunt answers whether memory grows, what grows with it, and since when.
func leakHunt() dashboard {
	return dashboard{
		file:        "leak-hunt.json",
		uid:         leakHuntUID,
		title:       "Bro / Leak hunt",
		description: "What leaks, what grows with it, and since when. Start-up is left out: nothing is drawn as growth until a process has run for two hours longer than the window. Choose a window longer than a day to see past the waves of day and night.",
		from:        "now-7d",
		refresh:     "5m",
		scope:       manyProcesses,
		variables: []variable{
			{name: "window", description: "The time over which growth is measured.", choice: []string{"6h", "1h", "1d", "2d"}},
			{name: "top", description: "How many processes, globals and types of timers to show.", choice: []string{"10", "5", "20", "50"}},
		},
		rows: []row{
			{title: "Findings", height: 8, width: gridWidth, panels: []panel{trouble(gridWidth, "instance", "process", "kind", "resource")}},
			{title: "Suspects", height: 9, width: gridWidth, panels: []panel{
				{
					title:       "Against the same hour of yesterday",
					description: "The mean of the last hour against that of the same hour of yesterday, for processes that ran then. Compare with the load: new connections and sessions. Memory and table entries far above the load's change: a table without expiry. Memory with held connections: scripts that keep connection records. Memory alone: the core or a plugin. A Monday looks like growth when yesterday was a Sunday.",
					unit:        "percentunit",
					view:        table{labels: []string{"instance", "process"}, sortBy: "Finding"},
					empty:       "No process has run for 26 hours, or Prometheus has no values of yesterday.",
					queries: []query{
						{expr: state, legend: "Finding", unit: "none", texts: stateTexts(), width: 110},
						{expr: grown(sinceYesterday(memoryOver("avg_over_time", "1h", ""), memoryOver("avg_over_time", "1h", "1d"))), legend: "Memory", steps: warnFrom(0.1)},
						{expr: memoryOver("avg_over_time", "1h", "") + ` - ` + memoryOver("avg_over_time", "1h", "1d") + ` and ` + ranYesterday, legend: "Bytes", unit: "bytes"},
						{expr: yesterday("bro_table_entries_recursive"), legend: "Table entries", width: 105, steps: warnFrom(0.1)},
						{expr: yesterday("bro_globals_size_bytes"), legend: "Globals", steps: warnFrom(0.1)},
						{expr: yesterday("bro_sessions_current"), legend: "Sessions"},
						{expr: grown(sinceYesterday(`increase(bro_connections_total{$here}[1h])`, `(increase(bro_connections_total{$here}[1h] offset 1d) > 0)`)), legend: "New connections", width: 120},
						{expr: `avg_over_time(bro_connections_current{$here}[1h]) - avg_over_time(bro_sessions_current{$here}[1h])
  - (avg_over_time(bro_connections_current{$here}[1h] offset 1d) - avg_over_time(bro_sessions_current{$here}[1h] offset 1d)) and ` + ranYesterday, legend: "Held", unit: "short", steps: warnFrom(20)},
						{expr: `bro_runtime_real_seconds_total{$here} > 93600`, legend: "Runs for", unit: "dtdurations", width: 110},
					},
				},
				{
					title:       "Growth per hour of processes without yesterday",
					description: "The slope of the last hour, for processes that have run for 3 to 26 hours. All tables that expire after a day fill in this time, and in the morning everything follows the load: growth here is no proof.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process"}, sortBy: "Finding"},
					empty:       "No process has run for 3 to 26 hours.",
					queries: []query{
						{expr: `(` + state + `) and ` + young, legend: "Finding", unit: "none", texts: stateTexts(), width: 110},
						{expr: memoryOver("deriv", "1h", "") + ` * 3600 and ` + young, legend: "Memory", unit: "bytes"},
						{expr: slopeOfYoung("bro_table_entries_recursive"), legend: "Table entries", width: 105},
						{expr: slopeOfYoung("bro_globals_size_bytes"), legend: "Globals", unit: "bytes"},
						{expr: slopeOfYoung("bro_sessions_current"), legend: "Sessions"},
						{expr: slopeOfYoung("bro_timers_pending"), legend: "Timers"},
						{expr: slopeOfYoung("bro_threads"), legend: "Threads"},
						{expr: `bro_runtime_real_seconds_total{$here} and ` + young, legend: "Runs for", unit: "dtdurations", width: 110},
					},
				},
			}},
			{title: "Memory", height: 10, width: 12, panels: []panel{
				{
					title:       "Peak and present",
					description: "peak: prof.log's total, which never falls since 2.4, so a leak that stopped looks like one that was freed. now: resident size from /proc, where .pid tells the process. now that falls at night while peak stays: no leak. Both rising for days: a leak.",
					unit:        "bytes",
					view:        lines{},
					empty:       "No snapshot was read in the time shown.",
					queries: []query{
						{expr: topmost(`bro_memory_total_bytes{$here}`), legend: "peak " + everyProcess},
						{expr: topmost(`bro_process_resident_memory_bytes{$here}`), legend: "now " + everyProcess},
					},
				},
				{
					title:       "Growth of memory per hour",
					description: "Slope of the memory over the window, for the processes where it is steepest. Normal: around 0, with the waves of the traffic. Positive for longer than a day: a leak.",
					unit:        "bytes",
					view:        lines{},
					empty:       notSettled,
					queries:     []query{{expr: topGrowth(memoryOver("deriv", "$window", "")), legend: everyProcess}},
				},
				{
					title:       "Malloced",
					description: "What malloc has handed out. Resident far above it and level malloced: malloc keeps freed memory in pieces; no leak of Bro's. Both rise: a leak. 2.0 to 5.1, and not with jemalloc.",
					unit:        "bytes",
					view:        lines{},
					empty:       "Written by 2.0 to 5.1 only, not with jemalloc.",
					queries:     []query{{expr: topmost(`bro_memory_malloced_bytes{$here}`), legend: everyProcess}},
				},
				{
					title:       "Memory that nothing explains",
					description: "Memory without globals, session table with its connections, and reassembly, whose sizes prof.log has. Level: what grows is one of them. Rising: the core, a plugin, or the signature engine. The session table may hold what globals hold too, so this is a lower bound. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries: []query{{
						expr: topmost(`(` + memoryNow + `
  - bro_globals_size_bytes{$here} - bro_session_table_memory_bytes{$here} - bro_reassembler_memory_bytes{$here})`),
						legend: everyProcess, slow: true,
					}},
				},
				{
					title:       "Memory for each table entry",
					description: "Memory divided by the number of table entries. If both grow together it nears a constant: the size of what leaks. Rising: memory grows by something that is in no table. The only such hint since 5.1, which has no names and sizes.",
					unit:        "bytes",
					view:        lines{},
					empty:       expensive,
					queries:     []query{{expr: topmost(`(` + memoryNow + ` / (bro_table_entries_recursive{$here} > 0))`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Memory for each connection",
					description: "Memory divided by the number of connections, for processes that have any. In step with traffic it is level; waves are the memory that does not follow the traffic down.",
					unit:        "bytes",
					view:        lines{},
					empty:       "No process has connections.",
					queries:     []query{{expr: topmost(`(` + memoryNow + ` / (bro_connections_current{$here} > 0))`), legend: everyProcess}},
				},
			}},
			{title: "Tables and globals", height: 10, width: 12, panels: []panel{
				{
					title:       "Table entries",
					description: "Entries of all global tables, with those of tables in tables. Waves of day and night are normal; a line that rises over days is a table without expiry (&create_expire, &write_expire, &read_expire).",
					unit:        "short",
					view:        lines{},
					empty:       expensive,
					queries:     []query{{expr: topmost(`bro_table_entries_recursive{$here}`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Growth of table entries per hour",
					description: "Slope of the table entries over the window, for the processes where it is steepest. Around 0 over days is normal.",
					unit:        "short",
					view:        lines{},
					empty:       notSettled,
					queries:     []query{{expr: topGrowth(`deriv(bro_table_entries_recursive{$here}[$window])`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Largest table",
					description: "Entries of the largest global table. Rising like the table entries: it is one table. Level while they rise: several, or tables within tables.",
					unit:        "short",
					view:        lines{},
					empty:       "No table has more than 100 entries.",
					queries:     []query{{expr: topmost(`bro_large_table_entries_max{$here}`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Size of all globals",
					description: "Memory of all global variables. Rising with the memory: the leak is in a script. Level: it is not. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries:     []query{{expr: topmost(`bro_globals_size_bytes{$here}`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Globals that grow",
					description: "The globals that grow most, over the window: size and entries per hour. Those that hold constants (Weird::actions, SSL::root_certs) and Intel::data_store between updates must be 0. A global appears when it passes 100 KiB or 100 entries. " + until50,
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "global"}},
					empty:       until50,
					queries: []query{
						{expr: `topk($top, ` + slopeOf("bro_global_size_bytes", "global") + `)`, legend: "Bytes/h", unit: "bytes"},
						{expr: `bro_global_size_bytes{$here} and topk($top, ` + slopeOf("bro_global_size_bytes", "global") + `)`, legend: "Size", unit: "bytes"},
						{expr: slopeOf("bro_global_table_entries_recursive", "global") + ` and topk($top, ` + slopeOf("bro_global_size_bytes", "global") + `)`, legend: "Entries/h"},
					},
				},
				{
					title:       "Largest globals",
					description: "Sizes of the globals that were largest in the time shown. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries: []query{{
						expr: `bro_global_size_bytes{$here}
  and topk($top, max_over_time(bro_global_size_bytes{$here}[$__range] @ end()))`,
						legend: "{{instance}} {{process}} {{global}}", slow: true,
					}},
				},
			}},
			{title: "Connections and timers", height: 10, width: 12, panels: []panel{
				{
					title:       "Connections held",
					description: "Connections that are in memory but no longer in the session table: only scripts or timers hold them. Normal: a few, level. Steady growth is a leak of its own kind: a table that keeps connection records.",
					unit:        "short",
					view:        lines{},
					empty:       "No snapshot was read in the time shown.",
					queries:     []query{{expr: topmost(held), legend: everyProcess}},
				},
				{
					title:       "Connections",
					description: "Connections in memory. Rising over days with steady traffic: timeouts too long (tcp_inactivity_timeout and the like), or one side of the traffic is not seen.",
					unit:        "short",
					view:        lines{},
					empty:       "No snapshot was read in the time shown.",
					queries:     []query{{expr: topmost(`bro_connections_current{$here}`), legend: everyProcess}},
				},
				{
					title:       "Memory of one connection",
					description: "Mean memory of a connection. Rising: connections collect state, as tunnels and long downloads do. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries:     []query{{expr: topmost(`bro_connections_memory_average_bytes{$here}`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Memory of connections",
					description: "session table: with its connections. records: the scripts' connection records. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries: []query{
						{expr: topmost(`bro_session_table_memory_bytes{$here}`), legend: "session table " + everyProcess, slow: true},
						{expr: topmost(`bro_connection_values_memory_bytes{$here}`), legend: "records " + everyProcess, slow: true},
					},
				},
				{
					title:       "Timers that grow",
					description: "The types of timers that grow most, over the window. Each timer holds memory and often what it is about: ConnectionInactivityTimer connections, TableValTimer tables, ScheduleTimer what scripts schedule, TriggerTimer outstanding when statements.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "timer"}},
					empty:       notSettled,
					queries: []query{
						{expr: `topk($top, ` + slopeOf("bro_timer_pending", "timer") + `)`, legend: "Per hour"},
						{expr: `bro_timer_pending{$here} and topk($top, ` + slopeOf("bro_timer_pending", "timer") + `)`, legend: "Waiting"},
					},
				},
				{
					title:       "Timers",
					description: "Timers that wait. Normal: in step with connections.",
					unit:        "short",
					view:        lines{},
					empty:       "No snapshot was read in the time shown.",
					queries:     []query{{expr: topmost(`bro_timers_pending{$here}`), legend: everyProcess}},
				},
			}},
			{title: "What changed when", height: 10, width: 12, panels: []panel{
				{
					title:       "Above the lowest of the window: memory",
					description: "How far memory is above its lowest of the window. Compare with the panels beside it: lines that rise together belong together, and where they bend something changed: a deploy (restarts are marked), traffic, an input file.",
					unit:        "percentunit",
					view:        lines{},
					empty:       "No snapshot was read in the time shown.",
					queries:     []query{{expr: aboveLowest(memoryNow, memoryOver("min_over_time", "$window", "")), legend: everyProcess}},
				},
				{
					title:       "Above the lowest of the window: table entries",
					description: "How far the table entries are above their lowest of the window.",
					unit:        "percentunit",
					view:        lines{},
					empty:       expensive,
					queries:     []query{{expr: aboveLowest(`bro_table_entries_recursive{$here}`, `min_over_time(bro_table_entries_recursive{$here}[$window])`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Above the lowest of the window: timers",
					description: "How far the number of timers is above its lowest of the window.",
					unit:        "percentunit",
					view:        lines{},
					empty:       notSettled,
					queries:     []query{{expr: aboveLowest(`bro_timers_pending{$here}`, `min_over_time(bro_timers_pending{$here}[$window])`), legend: everyProcess}},
				},
				{
					title:       "Releases and starts",
					description: "The releases that write a text like each prof.log's, and when each process ran. A band that begins is a start; another name of the band is another release.",
					unit:        "none",
					view:        states{texts: []text{{"1", "runs", blue}}},
					empty:       "No snapshot was read in the time shown.",
					queries:     []query{{expr: `bro_prof_info{$here}`, legend: "{{instance}} {{process}} {{format}}"}},
				},
			}},
		},
	}
}

// notSettled is why nothing is drawn as growth.
const notSettled = "No process has run for two hours longer than the window, or it writes no such value."

// settled are the processes that have run since two hours before the window: after that, start-up is over.
const settled = `(bro_runtime_real_seconds_total{$here} > (bro_runtime_real_seconds_total{$here} offset $window > 7200))`

// slopeOf is the growth of a metric per hour, over the window, for settled processes. Labels are those that
// the metric has besides process.
func slopeOf(metric string, labels ...string) string {
	return `(deriv(` + metric + `{$here}[$window]) * 3600 and ignoring (` + strings.Join(labels, ", ") + `) ` + settled + `)`
}

// topGrowth is a slope per second as one per hour, for the settled processes where it is steepest.
func topGrowth(perSecond string) string {
	return topmost(`(` + perSecond + ` * 3600 and ` + settled + `)`)
}

// aboveLowest is by which part of the lowest a value is above it, for the settled processes where it is most.
func aboveLowest(value, lowest string) string {
	return topmost(`(` + value + ` / (` + lowest + ` > 0) - 1 and ` + settled + `)`)
}

// ranYesterday are the processes that ran an hour before this hour of yesterday, start-up included.
const ranYesterday = `bro_runtime_real_seconds_total{$here} > 93600`

// young are those that did not, but are past their start-up.
const young = `(bro_runtime_real_seconds_total{$here} > 10800 < 93600)`

func sinceYesterday(now, then string) string { return now + ` / ` + then }

// grown is a ratio as growth, for the processes that ran yesterday.
func grown(ratio string) string { return `(` + ratio + ` - 1 and ` + ranYesterday + `)` }

// yesterday is the growth of a metric since yesterday.
func yesterday(metric string) string {
	return grown(sinceYesterday(`avg_over_time(`+metric+`{$here}[1h])`, `(avg_over_time(`+metric+`{$here}[1h] offset 1d) > 0)`))
}

func slopeOfYoung(metric string) string {
	return `deriv(` + metric + `{$here}[1h]) * 3600 and ` + young
}
