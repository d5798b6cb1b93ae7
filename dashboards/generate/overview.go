package main

const overviewUID = "bro-overview"

// The links of numbers to what lists what they count.
const (
	showQueues   = "/d/" + queuesUID + where
	showLeakHunt = "/d/" + leakHuntUID + where
	showRunbooks = "/d/" + runbooksUID
)

// overview answers within seconds what is wrong, and where to look next.
func overview() dashboard {
	return dashboard{
		file:        "overview.json",
		uid:         overviewUID,
		title:       "Bro / Overview",
		description: "All Bro and Zeek processes of all sensors: what is wrong, what runs, what restarted, what grows, what waits. Click on a process to see all of it.",
		from:        "now-6h",
		refresh:     "1m",
		scope:       manyProcesses,
		variables: []variable{
			{name: "top", description: "How many processes a graph shows.", choice: []string{"10", "5", "20", "50"}},
		},
		rows: []row{
			{title: "Now", height: 4, width: 3, panels: []panel{
				{
					title:       "Processes",
					description: "Processes whose prof.log the exporters follow, and those that only Zeek's own telemetry shows. Normal: as many as your node.cfg has nodes. No data: Prometheus has no bro_up for this choice.",
					unit:        "none",
					view:        number{},
					empty:       "No bro_up. Check data source and job above, then Status > Targets in Prometheus.",
					alerts:      []string{"BroNoProcesses", "BroDirectoryUnreadable"},
					queries:     []query{{expr: `count(` + up + `)`, legend: "processes"}},
				},
				{
					title:       "Down or silent",
					description: "Processes whose prof.log is gone, unreadable or silent, or that have no prof.log and do not answer. A process that hangs is as silent as one that is dead; so is one that sees no packets. Look at its row below, then run zeekctl status.",
					unit:        "none",
					view:        number{steps: alarmFromOne()},
					empty:       "No bro_up.",
					alerts:      []string{"BroProcessDown", "BroLogStale"},
					queries:     []query{{expr: `sum(1 - ` + up + `)`, legend: "down"}},
				},
				{
					title:       "Exporters down",
					description: "Sensors seen in the time shown whose bro_exporter Prometheus cannot scrape now: nothing is known of their processes. Look at the service and the network.",
					unit:        "none",
					view:        number{steps: alarmFromOne(), link: showRunbooks},
					empty:       "No target of this job.",
					alerts:      []string{"BroExporterDown"},
					queries:     []query{{expr: `sum(1 - up{$host})`, legend: "exporters down"}},
				},
				{
					title:       "Leaks",
					description: "Findings of level leak or stuck: only a repair or a restart ends them. The table below lists them.",
					unit:        "none",
					view:        number{steps: alarmFromOne(), link: showLeakHunt},
					empty:       "No process was judged. " + judging,
					alerts:      []string{"BroCoreLeak", "BroTableGrowing"},
					queries:     []query{{expr: `count(bro_finding{$here, level=~"leak|stuck"}) or count(bro_analysis_timestamp_seconds{$here}) * 0`, legend: "leaks"}},
				},
				{
					title:       "Suspected",
					description: "Findings that matter but that a table or cache which fills for up to a day would explain as well.",
					unit:        "none",
					view:        number{steps: warnFrom(1), link: showLeakHunt},
					empty:       "No process was judged. " + judging,
					queries:     []query{{expr: `count(bro_finding{$here, level="suspected"}) or count(bro_analysis_timestamp_seconds{$here}) * 0`, legend: "suspected"}},
				},
				{
					title:       "Stuck threads",
					description: "Threads that have read nothing for 5 minutes although messages were written to them. Normal: 0.",
					unit:        "none",
					view:        number{steps: alarmFromOne(), link: showQueues},
					empty:       since21,
					alerts:      []string{"BroThreadStuck"},
					queries:     []query{{expr: `count(` + stuck + `) or count(bro_thread_messages_pending_in{$here}) * 0`, legend: "stuck"}},
				},
				{
					title:       "Furthest behind",
					description: "How far the slowest log writer or reader is behind: what waits for it, divided by what is written to it each second. Normal: seconds.",
					unit:        "s",
					view:        number{steps: warnFrom(300), link: showQueues},
					empty:       since21,
					alerts:      []string{"BroQueueInGrowing"},
					queries:     []query{{expr: `max(` + behind + `)`, legend: "behind"}},
				},
				{
					title:       "Not judged",
					description: "Processes without a verdict: they have run for too short a time, the analysis is off (--analysis.interval=0), or there is no prof.log.",
					unit:        "none",
					view:        number{steps: unknownFromOne()},
					empty:       "No bro_up.",
					queries:     []query{{expr: `count(` + state + ` > 1 < 5) or count(` + up + `) * 0`, legend: "not judged"}},
				},
			}},
			{title: "What is wrong", height: 8, width: 9, panels: []panel{
				trouble(15, "instance", "process", "resource"),
				{
					title:       "Alerts",
					description: "The alerts that fire, the most severe first. Click on an alert for the runbooks.",
					unit:        "none",
					view:        table{labels: []string{"alertname", "instance", "process"}, sortBy: "Severity", first: true},
					empty:       "No alert fires, or this Prometheus does not evaluate alerts.yml.",
					queries: []query{{expr: firing, legend: "Severity", width: 70, texts: []text{
						{"3", "critical", alarm}, {"2", "warning", warn}, {"1", "info", notice},
					}}},
				},
			}},
			{title: "Processes", height: 12, width: gridWidth, panels: []panel{{
				title:       "Processes",
				description: "Those in trouble first. Click on a process to see all of it. unknown: its exporter cannot be scraped. no prof.log: only Zeek's own telemetry shows it, so it is not judged. Memory: resident now, or the peak where there is no .pid file; per hour: the change since an hour ago. Silent: time since prof.log was written to, normally up to profiling_interval (15 s). Held: connections that only scripts and timers keep. Behind: how far the slowest thread is behind.",
				unit:        "short",
				view:        table{labels: []string{"instance", "process"}, sortBy: "State", first: true},
				empty:       "No bro_up. Check data source and job above, then Status > Targets in Prometheus.",
				alerts:      []string{"BroProcessDown"},
				queries: []query{
					{expr: state, legend: "State", unit: "none", texts: stateTexts(), width: 110},
					{expr: `time() - bro_prof_file_mtime_seconds{$here}`, legend: "Silent", unit: "s", steps: warnFrom(120)},
					{expr: `bro_runtime_real_seconds_total{$here}`, legend: "Runs for", unit: "dtdurations", width: 110},
					{expr: `round(increase(bro_prof_restarts_total{$here}[$__range]))`, legend: "Restarts", unit: "none", steps: warnFrom(1)},
					{expr: memoryNow, legend: "Memory", unit: "bytes"},
					{expr: memoryNow + ` - ` + memoryOver("last_over_time", "10m", "1h"), legend: "Per hour", unit: "bytes"},
					{expr: cpu, legend: "CPU", unit: "percentunit", steps: warnFrom(0.95)},
					{expr: connections, legend: "Connections", width: 100},
					{expr: held, legend: "Held"},
					{expr: `bro_table_entries{$here}`, legend: "Table entries", width: 105},
					{expr: waiting, legend: "Waiting"},
					{expr: `max without (thread) (` + behind + `)`, legend: "Behind", unit: "s", steps: warnFrom(300)},
				},
			}}},
			{title: "Sensors", height: 8, width: gridWidth, panels: []panel{{
				title:       "Sensors",
				description: "Each sensor by the worst of its processes, those in trouble first. Leaks and Suspected count findings. Memory used up: the first of its processes.",
				unit:        "none",
				view:        table{labels: []string{"instance"}, sortBy: "Worst", first: true},
				empty:       "No bro_up. Check data source and job above, then Status > Targets in Prometheus.",
				queries: []query{
					{expr: `max without (process) (` + state + `)`, legend: "Worst", texts: stateTexts(), width: 110},
					{expr: `count without (process) ` + up, legend: "Processes"},
					{expr: `sum without (process) (1 - ` + up + `)`, legend: "Down", steps: alarmFromOne()},
					{expr: `count without (process, level, kind, resource) (bro_finding{$here, level=~"leak|stuck"})`, legend: "Leaks", steps: alarmFromOne()},
					{expr: `count without (process, level, kind, resource) (bro_finding{$here, level="suspected"})`, legend: "Suspected", steps: warnFrom(1)},
					{expr: `sum without (process) (` + memoryNow + `)`, legend: "Memory", unit: "bytes"},
					{expr: `sum without (process) (` + cpu + `)`, legend: "Cores", unit: "short"},
					{expr: `sum without (process) ` + connections, legend: "Connections", unit: "short", width: 100},
					{expr: `min without (process) (bro_memory_exhaustion_timestamp_seconds{$here}) * 1000`, legend: "Memory used up", unit: "dateTimeFromNow", width: 115},
				},
			}}},
			{title: "State", height: 10, width: 12, panels: []panel{
				{
					title:       "Down",
					description: "The processes that were down or silent in the time shown, and when. A gap: Prometheus could not scrape the exporter. Restarts are marked.",
					unit:        "none",
					view:        states{texts: upOrDown()},
					empty:       "No process was down in the time shown, or there is no bro_up.",
					alerts:      []string{"BroProcessDown", "BroLogStale"},
					queries:     []query{{expr: `bro_up{$here} and (min_over_time(bro_up{$here}[$__range] @ end()) == 0)`, legend: everyProcess}},
				},
				{
					title:       "Silent for",
					description: "Time since each prof.log was written to, for those silent longest. Normal: a saw-tooth up to profiling_interval (15 s). Snapshots come by packet time, so a process that starves or sees no packets writes late; one that hangs never writes.",
					unit:        "s",
					view:        lines{},
					empty:       "No prof.log is there.",
					queries:     []query{{expr: `time() - bro_prof_file_mtime_seconds{$here} and bottomk($top, bro_prof_file_mtime_seconds{$here} @ end())`, legend: everyProcess}},
				},
				{
					title:       "Packet time behind the clock",
					description: "How old the newest packet was when prof.log was written to. Normal: a second or less. Growing: the process cannot keep up with its packets, or there are none. Years: it reads a trace file.",
					unit:        "s",
					view:        lines{},
					empty:       "No process has seen a packet.",
					queries:     []query{{expr: topmost(`(` + behindClock + `)`), legend: everyProcess}},
				},
				{
					title:       "Restarts",
					description: "Starts of each process. Starts that come again and again at the same size of memory are a leak that the kernel ends.",
					unit:        "none",
					view:        lines{bars: true},
					empty:       "No process is followed.",
					alerts:      []string{"BroRestartsOften"},
					queries:     []query{{expr: `round(increase(bro_prof_restarts_total{$here}[$__rate_interval])) and topk($top, increase(bro_prof_restarts_total{$here}[$__range] @ end()))`, legend: everyProcess}},
				},
			}},
			{title: "Load", height: 10, width: 12, panels: []panel{
				{
					title:       "Memory",
					description: "Resident memory of the largest processes; where there is no .pid file, the peak since the start, which never falls. Normal: level after hours. Rising for days: Leak hunt.",
					unit:        "bytes",
					view:        lines{},
					empty:       "No snapshot was read.",
					queries:     []query{{expr: topmost(memoryNow), legend: everyProcess}},
				},
				{
					title:       "CPU",
					description: "CPU of the busiest processes; 100 % is one core. All threads count, so a logger may use several. A worker at 100 % drops packets: its main thread is one thread.",
					unit:        "percentunit",
					view:        lines{},
					empty:       "No snapshot was read.",
					alerts:      []string{"BroCPUSaturated"},
					queries:     []query{{expr: topmost(cpu), legend: everyProcess}},
				},
				{
					title:       "Packets dropped",
					description: "The share of packets that were dropped, where it is largest. Normal: 0. Above 1 % logs are not complete.",
					unit:        "percentunit",
					view:        lines{},
					empty:       native,
					alerts:      []string{"BroPacketsDropped"},
					queries:     []query{{expr: topmost(`host_process:bro_packets_dropped:ratio5m{$telemetry}`), legend: "{{host}} {{process}}"}},
				},
				{
					title:       "Connections",
					description: "Connections in memory, where they are most. Workers should share them evenly; managers, loggers and proxies have none.",
					unit:        "short",
					view:        lines{},
					empty:       "No snapshot was read.",
					queries:     []query{{expr: topmost(connections), legend: everyProcess}},
				},
				{
					title:       "Table entries",
					description: "Entries of all global tables of the scripts, with tables in tables, where they are most; every 20th snapshot (5 min) counts them. A line that only rises is a table that does not expire.",
					unit:        "short",
					view:        lines{},
					empty:       expensive,
					queries:     []query{{expr: topmost(`bro_table_entries_recursive{$here}`), legend: everyProcess, slow: true}},
				},
			}},
			{title: "Backlogs", height: 10, width: 12, panels: []panel{
				{
					title:       "Fullest queues",
					description: "The queues in which most messages wait. To the thread: a log writer or input reader is slower than the main thread, such as a full disk. To the main thread: an input file is read faster than the main thread takes it.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "direction", "thread"}},
					empty:       since21,
					alerts:      []string{"BroQueueInGrowing", "BroQueueOutGrowing"},
					queries:     []query{{expr: `topk($top, ` + pending + `)`, legend: "Waiting"}},
				},
				{
					title:       "Messages waiting",
					description: "All messages in the queues of the processes where most wait. Peaks that drain are normal, at log rotation for example. A line that rises is a thread that is stuck: Message queues.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: topmost(waiting), legend: everyProcess}},
				},
			}},
		},
	}
}

// held are the connections that only scripts or timers hold.
const held = `(bro_connections_current{$here} - bro_sessions_current{$here})`

// pending is the length of every queue, by direction.
const pending = `(label_replace(bro_thread_messages_pending_in{$here}, "direction", "to the thread", "", "")
  or label_replace(bro_thread_messages_pending_out{$here}, "direction", "to the main thread", "", ""))`

// firing are the alerts that fire, by severity.
const firing = `max by (job, cluster, sensor, instance, process, thread, alertname) (
  ALERTS{alertname=~"Bro.+", alertstate="firing", severity="critical", $host} * 3
  or ALERTS{alertname=~"Bro.+", alertstate="firing", severity="warning", $host} * 2
  or ALERTS{alertname=~"Bro.+", alertstate="firing", severity="info", $host})`
