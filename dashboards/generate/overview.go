package main

const overviewUID = "bro-overview"

// overview answers which processes run, which want attention, and where to look next.
func overview() dashboard {
	return dashboard{
		file:        "overview.json",
		uid:         overviewUID,
		title:       "Bro / Overview",
		description: "All Bro and Zeek processes of all sensors: what runs, what restarted, what grows, what waits. Click on a process to see all of it.",
		from:        "now-6h",
		refresh:     "1m",
		scope:       manyProcesses,
		rows: []row{
			{title: "Now", height: 4, width: 3, panels: []panel{
				{
					title:       "Up",
					description: "Processes whose prof.log can be read and was written to lately (--collector.stale-after). Normal: as many as your node.cfg has nodes.",
					unit:        "none",
					view:        number{},
					queries:     []query{{expr: `sum(bro_up{$here})`, legend: "up"}},
				},
				{
					title:       "Down or silent",
					description: "Processes whose prof.log is gone, unreadable or no longer written to. A process that hangs is silent like one that is dead; so is one that sees no packets. Look at its row below, then run zeekctl status.",
					unit:        "none",
					view:        number{steps: alarmFrom(1)},
					queries:     []query{{expr: `sum(1 - bro_up{$here})`, legend: "down"}},
				},
				{
					title:       "Exporters down",
					description: "Sensors that were known in the time shown and whose bro_exporter Prometheus cannot scrape now: nothing is known of their processes. Look at the service and the network.",
					unit:        "none",
					view:        number{steps: alarmFrom(1)},
					queries:     []query{{expr: `sum(1 - up{$host})`, legend: "exporters down"}},
				},
				{
					title:       "Restarts",
					description: "Starts of processes that were seen in the time shown. Normal: those of your own deploys. Others are crashes: zeekctl diag, and the Leak hunt of the hours before.",
					unit:        "none",
					view:        number{steps: warnFrom(1)},
					queries:     []query{{expr: `round(sum(increase(bro_prof_restarts_total{$here}[$__range])))`, legend: "restarts"}},
				},
				{
					title:       "Memory",
					description: "Resident memory of all processes. Where no .pid file tells which process to look at, it is prof.log's total: the peak since the start (2.4 and later).",
					unit:        "bytes",
					view:        number{},
					queries:     []query{{expr: `sum(` + memoryNow + `)`, legend: "memory"}},
				},
				{
					title:       "CPU",
					description: "Cores in use by all processes, all threads, from prof.log's run-times.",
					unit:        "short",
					view:        number{},
					queries:     []query{{expr: `sum(` + cpu + `)`, legend: "cores"}},
				},
				{
					title:       "Connections",
					description: "Connections that all processes hold in memory.",
					unit:        "short",
					view:        number{},
					queries:     []query{{expr: `sum(bro_connections_current{$here})`, legend: "connections"}},
				},
				{
					title:       "Messages waiting",
					description: "Messages in the queues between main threads and their log writers and input readers. Normal: near 0. One message to a writer may hold 1000 log records.",
					unit:        "short",
					view:        number{},
					empty:       "Written since 2.1.",
					queries: []query{{
						expr:   `sum(bro_thread_messages_pending_in{$here}) + sum(bro_thread_messages_pending_out{$here})`,
						legend: "messages",
					}},
				},
			}},
			{title: "Processes", height: 13, width: 24, panels: []panel{{
				title:       "Processes",
				description: "Click on a process to see all of it. Memory: resident now, or the peak where no .pid file is (see Leak hunt); per hour: its slope over the last hour, after a start of a process always positive. Silent: seconds since prof.log was written to, normally up to profiling_interval (15 s). Held: connections that only scripts and timers keep.",
				unit:        "short",
				view:        table{labels: []string{"instance", "process"}, sortBy: "Memory"},
				queries: []query{
					{expr: `bro_up{$here}`, legend: "State", texts: upOrDown()},
					{expr: `time() - bro_prof_file_mtime_seconds{$here}`, legend: "Silent", unit: "s", steps: warnFrom(120)},
					{expr: `bro_runtime_real_seconds_total{$here}`, legend: "Runs for", unit: "dtdurations"},
					{expr: `round(increase(bro_prof_restarts_total{$here}[$__range]))`, legend: "Restarts", unit: "none", steps: warnFrom(1)},
					{expr: memoryNow, legend: "Memory", unit: "bytes"},
					{expr: memoryOver("deriv", "1h") + ` * 3600`, legend: "Per hour", unit: "bytes"},
					{expr: cpu, legend: "CPU", unit: "percentunit"},
					{expr: `bro_connections_current{$here}`, legend: "Connections"},
					{expr: `bro_connections_current{$here} - bro_sessions_current{$here}`, legend: "Held"},
					{expr: `bro_table_entries{$here}`, legend: "Table entries"},
					{expr: `sum by (job, instance, process) (bro_thread_messages_pending_in{$here} + bro_thread_messages_pending_out{$here})`, legend: "Waiting"},
				},
			}}},
			{title: "State", height: 10, width: 12, panels: []panel{
				{
					title:       "Up and down",
					description: "When each process was up, was silent or gone. A gap: the exporter itself could not be scraped. Restarts are marked.",
					unit:        "none",
					view:        states{texts: upOrDown()},
					queries:     []query{{expr: `bro_up{$here}`, legend: everyProcess}},
				},
				{
					title:       "Silent for",
					description: "Time since each prof.log was written to. Normal: a saw-tooth up to profiling_interval (15 s). Blocks come by packet time, so a process that starves or sees no packets writes late; one that hangs never writes.",
					unit:        "s",
					view:        lines{},
					queries:     []query{{expr: `time() - bro_prof_file_mtime_seconds{$here}`, legend: everyProcess}},
				},
				{
					title:       "Packet time behind the clock",
					description: "How old the newest packet was when prof.log was written to. Normal: a second or less. Growing: the process cannot keep up with its packets, or there are none. Years: it reads a trace file.",
					unit:        "s",
					view:        lines{},
					queries: []query{{
						expr:   `bro_prof_file_mtime_seconds{$here} - (bro_prof_last_snapshot_timestamp_seconds{$here} > 0)`,
						legend: everyProcess,
					}},
				},
				{
					title:       "Restarts",
					description: "Starts of each process. Starts that come again and again at the same size of memory are a leak that the kernel ends.",
					unit:        "none",
					view:        lines{bars: true},
					queries:     []query{{expr: `round(increase(bro_prof_restarts_total{$here}[$__rate_interval]))`, legend: everyProcess}},
				},
			}},
			{title: "Load", height: 10, width: 12, panels: []panel{
				{
					title:       "Memory",
					description: "Resident memory of each process; where no .pid file is, the peak since its start, which never falls. Normal: level after hours. Rising for days: Leak hunt.",
					unit:        "bytes",
					view:        lines{},
					queries:     []query{{expr: memoryNow, legend: everyProcess}},
				},
				{
					title:       "CPU",
					description: "CPU of each process; 100 % is one core. All threads count, so a logger may use several. A worker at 100 % drops packets: its main thread is one thread.",
					unit:        "percentunit",
					view:        lines{},
					queries:     []query{{expr: cpu, legend: everyProcess}},
				},
				{
					title:       "Connections",
					description: "Connections in memory. Workers should share them evenly; managers, loggers and proxies have none.",
					unit:        "short",
					view:        lines{},
					queries:     []query{{expr: `bro_connections_current{$here}`, legend: everyProcess}},
				},
				{
					title:       "Table entries",
					description: "Entries of all global tables of the scripts, tables in tables included; every 20th block (5 min) counts them. A line that only rises is a table that does not expire.",
					unit:        "short",
					view:        lines{},
					queries:     []query{{expr: `bro_table_entries_recursive{$here}`, legend: everyProcess, slow: true}},
				},
			}},
			{title: "Backlogs", height: 10, width: 12, panels: []panel{
				{
					title:       "Fullest queues",
					description: "The ten queues in which most messages wait. To the thread: a log writer or input reader is slower than the main thread, such as a full disk. To the main thread: an input file is read faster than the main thread takes it.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "thread", "direction"}},
					empty:       "No threads: written since 2.1.",
					queries:     []query{{expr: `topk(10, ` + pending + `)`, legend: "Waiting"}},
				},
				{
					title:       "Messages waiting",
					description: "All messages in the queues of each process. Peaks that drain are normal, at log rotation for example. A line that rises is a thread that is stuck: Message queues.",
					unit:        "short",
					view:        lines{},
					empty:       "No threads: written since 2.1.",
					queries: []query{{
						expr:   `sum by (job, instance, process) (bro_thread_messages_pending_in{$here} + bro_thread_messages_pending_out{$here})`,
						legend: everyProcess,
					}},
				},
			}},
		},
	}
}

// pending is the length of every queue, by direction.
const pending = `(label_replace(bro_thread_messages_pending_in{$here}, "direction", "to the thread", "", "")
  or label_replace(bro_thread_messages_pending_out{$here}, "direction", "to the main thread", "", ""))`
