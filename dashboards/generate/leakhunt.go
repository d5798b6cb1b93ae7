package main

const leakHuntUID = "bro-leak-hunt"

// leakHunt answers whether memory grows, what grows with it, and since when.
func leakHunt() dashboard {
	return dashboard{
		file:        "leak-hunt.json",
		uid:         leakHuntUID,
		title:       "Bro / Leak hunt",
		description: "Does memory grow, what grows with it, and since when. Slopes are taken over the window; processes that restarted within it are left out of the slopes, since everything grows after a start. Choose a window longer than a day to see past the waves of day and night.",
		from:        "now-7d",
		refresh:     "5m",
		scope:       manyProcesses,
		variables: []variable{
			{name: "window", description: "Over how long slopes are taken.", choice: []string{"6h", "1h", "1d", "2d"}},
			{name: "top", description: "How many globals, types of timers and tables to show.", choice: []string{"10", "5", "20", "50"}},
		},
		rows: []row{
			{title: "Suspects", height: 11, width: 24, panels: []panel{{
				title:       "Growth per hour",
				description: "What grows by how much an hour, over the window. Memory with table entries: a table without expiry. Memory with held connections: scripts that keep connection records. Memory with timers or connections: traffic, or timeouts that are too long. Memory alone, for days: the core or a plugin. Empty for a process that restarted within the window. Memory: resident now, or the peak where no .pid file is.",
				unit:        "short",
				view:        table{labels: []string{"instance", "process"}, sortBy: "Memory"},
				empty:       "All processes restarted within the window.",
				queries: []query{
					{expr: slope(memoryOver("deriv", "$window")), legend: "Memory", unit: "bytes"},
					{expr: memoryNow, legend: "Memory now", unit: "bytes"},
					{expr: slopeOf("bro_memory_total_bytes"), legend: "Peak", unit: "bytes"},
					{expr: slopeOf("bro_memory_malloced_bytes"), legend: "Malloced", unit: "bytes"},
					{expr: slopeOf("bro_globals_size_bytes"), legend: "Globals", unit: "bytes"},
					{expr: slopeOf("bro_table_entries_recursive"), legend: "Table entries"},
					{expr: slopeOf("bro_connections_current"), legend: "Connections"},
					{expr: slope(heldSlope), legend: "Held"},
					{expr: slopeOf("bro_timers_pending"), legend: "Timers"},
					{expr: slopeOf("bro_threads"), legend: "Threads"},
					{expr: `bro_runtime_real_seconds_total{$here}`, legend: "Runs for", unit: "dtdurations"},
				},
			}}},
			{title: "Memory", height: 10, width: 12, panels: []panel{
				{
					title:       "Peak and present",
					description: "peak: prof.log's total, which never falls since 2.4, so a leak that stopped looks like one that was freed. now: resident size from /proc, where .pid tells the process. now that falls at night while peak stays: no leak. Both rising for days: a leak.",
					unit:        "bytes",
					view:        lines{},
					queries: []query{
						{expr: `bro_memory_total_bytes{$here}`, legend: "peak " + everyProcess},
						{expr: `bro_process_resident_memory_bytes{$here}`, legend: "now " + everyProcess},
					},
				},
				{
					title:       "Growth of memory per hour",
					description: "Slope of the memory over the window. Normal: positive for hours after a start, then around 0. Positive for longer than a day: a leak.",
					unit:        "bytes",
					view:        lines{},
					empty:       "All processes restarted within the window.",
					queries:     []query{{expr: slope(memoryOver("deriv", "$window")), legend: everyProcess}},
				},
				{
					title:       "Malloced",
					description: "What malloc has handed out. Resident far above it and level malloced: malloc keeps freed memory in pieces; no leak of Bro's. Both rise: a leak. 2.0 to 5.1, and not with jemalloc.",
					unit:        "bytes",
					view:        lines{},
					empty:       "Written by 2.0 to 5.1 only, not with jemalloc.",
					queries:     []query{{expr: `bro_memory_malloced_bytes{$here}`, legend: everyProcess}},
				},
				{
					title:       "Memory that nothing explains",
					description: "Memory less globals, session table with its connections, and reassembly, all of which prof.log sizes. Level: what grows is one of them. Rising: the core, a plugin, or the signature engine. The session table may hold what globals hold too, so this is a lower bound. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries: []query{{
						expr: memoryNow + `
  - bro_globals_size_bytes{$here} - bro_session_table_memory_bytes{$here} - bro_reassembler_memory_bytes{$here}`,
						legend: everyProcess, slow: true,
					}},
				},
				{
					title:       "Memory for each table entry",
					description: "Memory divided by the number of table entries. If both grow together it nears a constant: the size of what leaks. Rising: memory grows by something that is in no table. The only such hint since 5.1, which has no names and sizes.",
					unit:        "bytes",
					view:        lines{},
					empty:       "No expensive block yet.",
					queries:     []query{{expr: memoryNow + ` / (bro_table_entries_recursive{$here} > 0)`, legend: everyProcess, slow: true}},
				},
				{
					title:       "Memory for each connection",
					description: "Memory divided by the number of connections, for processes that have any. In step with traffic it is level; waves are the memory that does not follow the traffic down.",
					unit:        "bytes",
					view:        lines{},
					empty:       "No process has connections.",
					queries:     []query{{expr: memoryNow + ` / (bro_connections_current{$here} > 0)`, legend: everyProcess}},
				},
			}},
			{title: "Tables and globals", height: 10, width: 12, panels: []panel{
				{
					title:       "Table entries",
					description: "Entries of all global tables, with those of tables in tables. Waves of day and night are normal; a line that rises over days is a table without expiry (&create_expire, &write_expire, &read_expire).",
					unit:        "short",
					view:        lines{},
					empty:       "No expensive block yet.",
					queries:     []query{{expr: `bro_table_entries_recursive{$here}`, legend: everyProcess, slow: true}},
				},
				{
					title:       "Growth of table entries per hour",
					description: "Slope of the table entries over the window. Around 0 over days is normal.",
					unit:        "short",
					view:        lines{},
					empty:       "No expensive block yet, or all processes restarted within the window.",
					queries:     []query{{expr: slopeOf("bro_table_entries_recursive"), legend: everyProcess, slow: true}},
				},
				{
					title:       "Largest table",
					description: "Entries of the largest global table. Rising like the table entries: it is one table. Level while they rise: several, or tables within tables.",
					unit:        "short",
					view:        lines{},
					empty:       "No table of over 100 entries.",
					queries:     []query{{expr: `bro_large_table_entries_max{$here}`, legend: everyProcess, slow: true}},
				},
				{
					title:       "Size of all globals",
					description: "Memory of all global variables. Rising with the memory: the leak is in a script. Level: it is not. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries:     []query{{expr: `bro_globals_size_bytes{$here}`, legend: everyProcess, slow: true}},
				},
				{
					title:       "Globals that grow",
					description: "The globals that grow most, over the window: size and entries per hour. Those that hold constants (Weird::actions, SSL::root_certs) and Intel::data_store between updates must be 0. A global appears when it passes 100 KiB or 100 entries. " + until50,
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "global"}},
					empty:       until50,
					queries: []query{
						{expr: `topk($top, ` + slopeOf("bro_global_size_bytes") + `)`, legend: "Growth per hour", unit: "bytes"},
						{expr: `bro_global_size_bytes{$here} and topk($top, ` + slopeOf("bro_global_size_bytes") + `)`, legend: "Size", unit: "bytes"},
						{expr: slopeOf("bro_global_table_entries_recursive") + ` and topk($top, ` + slopeOf("bro_global_size_bytes") + `)`, legend: "Entries per hour"},
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
					queries:     []query{{expr: held, legend: everyProcess}},
				},
				{
					title:       "Connections",
					description: "Connections in memory. Rising over days with steady traffic: timeouts too long (tcp_inactivity_timeout and the like), or one side of the traffic is not seen.",
					unit:        "short",
					view:        lines{},
					queries:     []query{{expr: `bro_connections_current{$here}`, legend: everyProcess}},
				},
				{
					title:       "Memory of one connection",
					description: "Mean memory of a connection. Rising: connections collect state, as tunnels and long downloads do. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries:     []query{{expr: `bro_connections_memory_average_bytes{$here}`, legend: everyProcess, slow: true}},
				},
				{
					title:       "Memory of connections",
					description: "session table: with its connections. records: the scripts' connection records. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					queries: []query{
						{expr: `bro_session_table_memory_bytes{$here}`, legend: "session table " + everyProcess, slow: true},
						{expr: `bro_connection_values_memory_bytes{$here}`, legend: "records " + everyProcess, slow: true},
					},
				},
				{
					title:       "Timers that grow",
					description: "The types of timers that grow most, over the window. Each timer holds memory and often what it is about: ConnectionInactivityTimer connections, TableValTimer tables, ScheduleTimer what scripts schedule, TriggerTimer outstanding when statements.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "timer"}},
					empty:       "No timers, or all processes restarted within the window.",
					queries: []query{
						{expr: `topk($top, ` + slopeOf("bro_timer_pending") + `)`, legend: "Growth per hour"},
						{expr: `bro_timer_pending{$here} and topk($top, ` + slopeOf("bro_timer_pending") + `)`, legend: "Waiting"},
					},
				},
				{
					title:       "Timers",
					description: "Timers that wait. Normal: in step with connections.",
					unit:        "short",
					view:        lines{},
					queries:     []query{{expr: `bro_timers_pending{$here}`, legend: everyProcess}},
				},
			}},
			{title: "What changed when", height: 10, width: 12, panels: []panel{
				{
					title:       "Above the lowest of the window: memory",
					description: "How far memory is above its lowest of the window. Compare with the panels beside it: lines that rise together belong together, and where they bend something changed: a deploy (restarts are marked), traffic, an input file.",
					unit:        "percentunit",
					view:        lines{},
					queries:     []query{{expr: aboveLowest(memoryNow, memoryOver("min_over_time", "$window")), legend: everyProcess}},
				},
				{
					title:       "Above the lowest of the window: table entries",
					description: "How far the table entries are above their lowest of the window.",
					unit:        "percentunit",
					view:        lines{},
					empty:       "No expensive block yet.",
					queries:     []query{{expr: aboveLowest(`bro_table_entries_recursive{$here}`, `min_over_time(bro_table_entries_recursive{$here}[$window])`), legend: everyProcess, slow: true}},
				},
				{
					title:       "Above the lowest of the window: timers",
					description: "How far the number of timers is above its lowest of the window.",
					unit:        "percentunit",
					view:        lines{},
					empty:       "No timers.",
					queries:     []query{{expr: aboveLowest(`bro_timers_pending{$here}`, `min_over_time(bro_timers_pending{$here}[$window])`), legend: everyProcess}},
				},
				{
					title:       "Releases and starts",
					description: "The releases that write a text like each prof.log's, and when each process ran. A band that begins is a start; another name of the band is another release.",
					unit:        "none",
					view:        states{texts: []text{{"1", "runs", blue}}},
					queries:     []query{{expr: `bro_prof_info{$here}`, legend: "{{instance}} {{process}} {{format}}"}},
				},
			}},
		},
	}
}

// held are the connections that only scripts or timers hold.
const held = `bro_connections_current{$here} - bro_sessions_current{$here}`

// heldSlope is how fast they become more.
const heldSlope = `(deriv(bro_connections_current{$here}[$window]) - deriv(bro_sessions_current{$here}[$window]))`

// slopeOf is the growth of a metric per hour, over the window.
func slopeOf(metric string) string { return slope(`deriv(` + metric + `{$here}[$window])`) }

// slope is a slope per second as one per hour, without the processes that restarted within the
// window.
func slope(perSecond string) string {
	return `(` + perSecond + ` * 3600
  unless on (job, instance, process) resets(bro_runtime_real_seconds_total{$here}[$window]) > 0)`
}

// aboveLowest is by which part of the lowest a value is above it.
func aboveLowest(value, lowest string) string {
	return value + `
  / (` + lowest + ` > 0) - 1`
}
