package main

import "fmt"

const processUID = "bro-process"

// process shows all that is known of one process, in the order in which the person on call asks.
func process() dashboard {
	return dashboard{
		file:        "process.json",
		uid:         processUID,
		title:       "Bro / Process",
		description: "One Bro or Zeek process: what is found, its queues, memory and CPU first, then all that prof.log and /proc hold.",
		from:        "now-6h",
		refresh:     "1m",
		scope:       oneProcess,
		rows: []row{
			{title: "Now", height: 4, width: 3, panels: []panel{
				{
					title:       "State",
					description: "The worst that is known of the process. down: prof.log is gone, unreadable or silent; the process may hang, be dead, or see no packets. unknown: Prometheus cannot scrape the exporter. cannot tell yet: it has run for too short a time to judge. not judged: the analysis is off, or has not looked yet.",
					unit:        "none",
					view:        number{texts: stateTexts()},
					empty:       "No bro_up for this process.",
					alerts:      []string{"BroProcessDown", "BroLogStale", "BroProcessHangs"},
					queries:     []query{{expr: state, legend: "state"}},
				},
				{
					title:       "Silent for",
					description: "Time since prof.log was written to. Normal: up to profiling_interval (15 s).",
					unit:        "s",
					view:        number{steps: warnFrom(120)},
					alerts:      []string{"BroLogStale"},
					empty:       "No prof.log is there.",
					queries:     []query{{expr: `time() - bro_prof_file_mtime_seconds{$here}`, legend: "silent"}},
				},
				{
					title:       "Runs for",
					description: "Wall clock from the process's first snapshot to its newest.",
					unit:        "dtdurations",
					view:        number{},
					empty:       noSnapshot,
					queries:     []query{{expr: `last_over_time(bro_runtime_real_seconds_total{$here}[$__range])`, legend: "runs for"}},
				},
				{
					title:       "Restarts",
					description: "Starts of the process that were seen in the time shown. Normal: those of your own deploys; others are crashes.",
					unit:        "none",
					view:        number{steps: warnFrom(1)},
					alerts:      []string{"BroRestartsOften"},
					empty:       noSnapshot,
					queries:     []query{{expr: `round(increase(bro_prof_restarts_total{$here}[$__range]))`, legend: "restarts"}},
				},
				{
					title:       "Memory",
					description: "Resident memory from /proc; where no .pid file is, prof.log's total: the peak since the start (2.4 and later).",
					unit:        "bytes",
					view:        number{},
					empty:       noSnapshot,
					queries:     []query{{expr: memoryOver("last_over_time", "$__range", ""), legend: "memory"}},
				},
				{
					title:       "CPU",
					description: "CPU of all threads; 100 % is one core. Above 95 % a process that sees packets drops some.",
					unit:        "percentunit",
					view:        number{steps: warnFrom(0.95)},
					empty:       noSnapshot,
					alerts:      []string{"BroCPUSaturated"},
					queries:     []query{{expr: cpu, legend: "cpu"}},
				},
				{
					title:       "Furthest behind",
					description: "How far the slowest log writer or reader is behind: what waits for it, divided by what is written to it each second. Normal: seconds.",
					unit:        "s",
					view:        number{steps: warnFrom(300)},
					empty:       since21,
					alerts:      []string{"BroQueueInGrowing"},
					queries:     []query{{expr: `max(` + behind + `)`, legend: "behind"}},
				},
				{
					title:       "A leak could hide",
					description: "A leak of memory slower than this, for each hour, could hide in the noise of the run so far. Where nothing is found, faster leaks are ruled out.",
					unit:        "bytes",
					view:        number{},
					empty:       judging,
					queries:     []query{{expr: `bro_analysis_detectable_growth_bytes_per_second{$here} * 3600`, legend: "per hour"}},
				},
			}},
			{title: "Findings", height: 7, width: 15, panels: []panel{
				findings(15, "kind", "resource"),
				{
					title:       "About",
					description: "Which prof.log this is, the releases that write a text like it, and how much of the run the verdict rests on.",
					unit:        "none",
					width:       9,
					view:        table{labels: []string{"format", "path"}},
					empty:       "No prof.log was read in the time shown.",
					queries: []query{
						{expr: `last_over_time(bro_prof_info{$here}[$__range]) * 0 + ignoring (path, format) group_left () last_over_time(bro_analysis_span_seconds{$here}[$__range]) or last_over_time(bro_prof_info{$here}[$__range]) * 0`, legend: "Judged on", unit: "dtdurations", width: 110},
					},
				},
			}},
			{title: "Queues", height: 9, width: 8, panels: []panel{
				{
					title:       "Waiting for the thread",
					description: "Messages on their way to each thread. One message to a writer may hold 1000 log records. Normal: near 0; rising: the thread is stuck or too slow.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroThreadStuck", "BroQueueInGrowing"},
					queries:     []query{{expr: `bro_thread_messages_pending_in{$here}`, legend: "{{thread}}"}},
				},
				{
					title:       "Waiting for the main thread",
					description: "Messages of each thread that the main thread has not taken. High while big input files are read; high for long: the main thread is overloaded.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroQueueOutGrowing"},
					queries:     []query{{expr: `bro_thread_messages_pending_out{$here}`, legend: "{{thread}}"}},
				},
				{
					title:       "Written to and read by the fullest",
					description: "Messages each second written to, and read by, the five threads for which most waits. Written but not read: the thread is stuck.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroThreadStuck", "BroReaderNotOneToOne"},
					queries: []query{
						{expr: `rate(bro_thread_queue_in_writes_total{$here}[$__rate_interval]) and topk(5, bro_thread_messages_pending_in{$here} @ end())`, legend: "written {{thread}}"},
						{expr: `rate(bro_thread_queue_in_reads_total{$here}[$__rate_interval]) and topk(5, bro_thread_messages_pending_in{$here} @ end())`, legend: "read {{thread}}"},
					},
				},
			}},
			{title: "Memory and CPU", height: 9, width: 8, panels: []panel{
				{
					title:       "Memory",
					description: "peak: prof.log's total; since 2.4 the largest resident size since the start, so it never falls (up to 2.3 the heap). now: resident size from /proc. malloced: what malloc has handed out (2.0 to 5.1, not with jemalloc). now far below the peak: memory was given back. now far above malloced: malloc keeps it.",
					unit:        "bytes",
					view:        lines{},
					alerts:      []string{"BroMemoryGrowing", "BroCoreLeak", "BroMemoryExhaustedSoon"},
					empty:       noSnapshot,
					queries: []query{
						{expr: `bro_memory_total_bytes{$here}`, legend: "peak"},
						{expr: `bro_process_resident_memory_bytes{$here} or instance_process:bro_memory:native{$here}`, legend: "now"},
						{expr: `bro_memory_malloced_bytes{$here}`, legend: "malloced"},
					},
				},
				{
					title:       "CPU",
					description: "CPU of all threads, from prof.log's run-times; 100 % is one core. A worker near 100 % drops packets, since its main thread is one thread. Much system time: capture or disk.",
					unit:        "percentunit",
					view:        lines{stacked: true},
					alerts:      []string{"BroCPUSaturated", "BroProcessBusy", "BroPacketsDropped"},
					empty:       noSnapshot,
					queries: []query{
						{expr: `rate(bro_runtime_user_seconds_total{$here}[$__rate_interval])`, legend: "user"},
						{expr: `rate(bro_runtime_system_seconds_total{$here}[$__rate_interval])`, legend: "system"},
						{expr: `instance_process:bro_cpu:native{$here}`, legend: "both, from telemetry"},
					},
				},
				{
					title:       "Growth since the start",
					description: "prof.log's total_adj: total minus the first total of the process. Off by a multiple of 4 GiB if that was larger than 4 GiB. Normal: level after hours.",
					unit:        "bytes",
					view:        lines{},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_memory_total_adj_bytes{$here}`, legend: "since the start"}},
				},
			}},
			{title: "Connections", height: 9, width: 8, panels: []panel{
				{
					title:       "Connections",
					description: "all: connections in memory. sessions: those in the session table. Normal: nearly the same, in waves of day and night.",
					unit:        "short",
					view:        lines{},
					alerts:      []string{"BroSessionsGrowing"},
					empty:       noSnapshot,
					queries: []query{
						{expr: connections, legend: "all"},
						{expr: `bro_sessions_current{$here}`, legend: "sessions"},
					},
				},
				{
					title:       "Connections held",
					description: "Connections that are no longer sessions: only scripts or timers hold them. Normal: a few. Steady growth is a leak: a script that keeps connection records in a table without expiry.",
					unit:        "short",
					view:        lines{},
					alerts:      []string{"BroConnectionsHeld"},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_connections_current{$here} - bro_sessions_current{$here}`, legend: "held"}},
				},
				{
					title:       "New connections",
					description: "new: connections made each second. timed out: those that ended by inactivity timeouts. Many of the latter: scans, or traffic with only one side in sight.",
					unit:        "cps",
					view:        lines{},
					empty:       noSnapshot,
					queries: []query{
						{expr: `rate(bro_connections_total{$here}[$__rate_interval])` + orTelemetry("bro_connections:rate5m"), legend: "new"},
						{expr: `rate(bro_connections_expired_inactive_total{$here}[$__rate_interval])`, legend: "timed out"},
					},
				},
				{
					title:       "By protocol",
					description: "Connections in memory by transport protocol.",
					unit:        "short",
					view:        lines{stacked: true},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_protocol_connections_current{$here}`, legend: "{{protocol}}"}},
				},
				{
					title:       "Most by protocol",
					description: "Most connections at one time since the process started. It never falls; a step up is a flood or a scan at that time.",
					unit:        "short",
					view:        lines{},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_protocol_connections_max{$here}`, legend: "{{protocol}}"}},
				},
			}},
			{title: "Tables", height: 9, width: 12, panels: []panel{
				{
					title:       "Table entries",
					description: "Entries of all global tables; recursive: with those of tables in tables. Every 20th snapshot (5 min) counts them. Normal: waves of day and night. Only rising: a table without expiry; up to 5.0 the names below say which.",
					unit:        "short",
					view:        lines{},
					empty:       expensive,
					alerts:      []string{"BroTableGrowing", "BroTablesNotMeasured"},
					queries: []query{
						{expr: `bro_table_entries{$here}`, legend: "entries", slow: true},
						{expr: `bro_table_entries_recursive{$here}`, legend: "recursive", slow: true},
					},
				},
				{
					title:       "Large tables",
					description: "tables: global tables of over 100 entries. largest: entries of the largest of them.",
					unit:        "short",
					view:        lines{},
					empty:       expensive,
					queries: []query{
						{expr: `bro_large_tables{$here}`, legend: "tables", slow: true},
						{expr: `bro_large_table_entries_max{$here}`, legend: "largest", slow: true},
					},
				},
			}},
			{title: "Timers, triggers and DNS", height: 9, width: 8, panels: []panel{
				{
					title:       "Timers",
					description: "now: timers that wait. most: the longest the queue was since the start. Normal: in step with connections; rising alone: timers that never fire.",
					unit:        "short",
					view:        lines{},
					empty:       noSnapshot,
					queries: []query{
						{expr: `bro_timers_pending{$here}` + orTelemetry("bro_timers:pending"), legend: "now"},
						{expr: `bro_timers_pending_max{$here}`, legend: "most"},
					},
				},
				{
					title:       "Timers by type",
					description: "Waiting timers by type; a type without any is absent. The type that grows says what does: ConnectionInactivityTimer connections, TableValTimer tables, ScheduleTimer scripts' schedule, TriggerTimer outstanding when statements.",
					unit:        "short",
					view:        lines{stacked: true},
					alerts:      []string{"BroTimersGrowing", "BroTriggersGrowing"},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_timer_pending{$here}`, legend: "{{timer}}"}},
				},
				{
					title:       "Timer lag",
					description: "Packet time minus the time of the timer that ran last. Normal: below a second. Rising: timers are due faster than they are run (max_timer_expires), or the process is overloaded.",
					unit:        "s",
					view:        lines{},
					empty:       "No timer has run.",
					alerts:      []string{"BroTimersLagging"},
					queries:     []query{{expr: `bro_timers_lag_seconds{$here}` + orTelemetry("bro_timers_lag:seconds"), legend: "lag"}},
				},
				{
					title:       "Triggers each second",
					description: "Triggers of when statements: made (up to 3.0), or queued for evaluation (since 3.1).",
					unit:        "cps",
					view:        lines{},
					empty:       noSnapshot,
					queries:     []query{{expr: `rate(bro_triggers_total{$here}[$__rate_interval])`, legend: "triggers"}},
				},
				{
					title:       "Triggers waiting",
					description: "Triggers that wait for evaluation at this moment. Normal: 0. When statements still outstanding are the TriggerTimer of Timers by type.",
					unit:        "short",
					view:        lines{},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_triggers_pending{$here}`, legend: "waiting"}},
				},
				{
					title:       "DNS look-ups",
					description: "Look-ups that scripts ask for, each second. Many failures: the resolver.",
					unit:        "reqps",
					view:        lines{},
					empty:       noSnapshot,
					queries: []query{
						{expr: `rate(bro_dns_requests_total{$here}[$__rate_interval])`, legend: "asked"},
						{expr: `rate(bro_dns_requests_successful_total{$here}[$__rate_interval])`, legend: "answered"},
						{expr: `rate(bro_dns_requests_failed_total{$here}[$__rate_interval])`, legend: "failed"},
					},
				},
				{
					title:       "DNS look-ups waiting",
					description: "Look-ups in flight; Bro allows 20. Stuck at 20 while none are asked: the DNS manager hangs, and the scripts that wait for it with it. Restart the process.",
					unit:        "none",
					view:        lines{},
					alerts:      []string{"BroDNSStuck"},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_dns_requests_pending{$here}` + orTelemetry("bro_dns_pending:current"), legend: "waiting"}},
				},
				{
					title:       "DNS cache",
					description: "Names and addresses in the DNS cache. It keeps them; growth by new names is normal.",
					unit:        "short",
					view:        lines{},
					alerts:      []string{"BroDNSCacheGrowing"},
					empty:       noSnapshot,
					queries: []query{
						{expr: `bro_dns_cached_hosts{$here}`, legend: "names"},
						{expr: `bro_dns_cached_addresses{$here}`, legend: "addresses"},
					},
				},
			}},
			{title: "TCP states", height: 9, width: 12, panels: []panel{
				{
					title:       "TCP states now",
					description: "TCP connections by the states of both ends, as in prof.log: rows are originators, columns responders. established and established: open. syn_sent and inactive: a SYN without answer. syn_sent and reset: refused. Many half-open ones are a scan, or traffic seen from one side only.",
					unit:        "short",
					view:        matrix{rows: "originator", columns: "responder", names: tcpStates()},
					empty:       noSnapshot,
					queries:     tcpRows(),
				},
				{
					title:       "TCP states over time",
					description: "The pairs of states, originator and responder, that had connections; the scale says which colour is more. A pair that gains colour over days grows: syn_sent and inactive a scan or one-sided traffic, closed and closed connections that are not let go.",
					unit:        "short",
					view:        heat{},
					empty:       "No TCP connections.",
					queries:     []query{{expr: `bro_tcp_connections{$here} > 0`, legend: "{{originator}} / {{responder}}"}},
				},
			}},
			{title: "Threads", height: 9, width: 8, panels: []panel{
				{
					title:       "Threads",
					description: "Threads that Bro's thread manager knows: log writers and input readers. A number that only rises is input streams or commands that never end.",
					unit:        "none",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroSeriesDropped"},
					queries:     []query{{expr: `bro_threads{$here}` + orTelemetry("bro_threads:current"), legend: "threads"}},
				},
				{
					title:       "Messages to threads",
					description: "Messages sent to each thread, each second: what is logged, and one heartbeat. All below 1: the main loop stalls, or packets stopped.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: `rate(bro_thread_messages_in_total{$here}[$__rate_interval])`, legend: "{{thread}}"}},
				},
				{
					title:       "Messages from threads",
					description: "Messages that each thread sends, each second: rows and events of readers. Writers send about 1 up to 7.0, and none since 7.1.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: `rate(bro_thread_messages_out_total{$here}[$__rate_interval])`, legend: "{{thread}}"}},
				},
				{
					title:       "Reads and writes of all queues",
					description: "Messages each second in the queues of all threads together. Written to threads and read by them, written by threads and read by the main thread: each pair is the same, or something waits.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries: []query{
						{expr: `sum(rate(bro_thread_queue_in_writes_total{$here}[$__rate_interval]))`, legend: "written to threads"},
						{expr: `sum(rate(bro_thread_queue_in_reads_total{$here}[$__rate_interval]))`, legend: "read by threads"},
						{expr: `sum(rate(bro_thread_queue_out_writes_total{$here}[$__rate_interval]))`, legend: "written by threads"},
						{expr: `sum(rate(bro_thread_queue_out_reads_total{$here}[$__rate_interval]))`, legend: "read by the main thread"},
					},
				},
			}},
			{title: "prof.log", height: 8, width: 8, panels: []panel{
				{
					title:       "Snapshots and clocks",
					description: "snapshots: read each minute; normally 4, as profiling_interval (15 s) says, for they come by packet time. clock: seconds that the process's own clock went on in each second; below 1 snapshots come late.",
					unit:        "short",
					view:        lines{},
					empty:       noSnapshot,
					queries: []query{
						{expr: `rate(bro_prof_snapshots_total{$here}[$__rate_interval]) * 60`, legend: "snapshots"},
						{expr: `rate(bro_runtime_real_seconds_total{$here}[$__rate_interval])`, legend: "clock"},
					},
				},
				{
					title:       "Packet time behind the clock",
					description: "How old the newest packet was when prof.log was written to. Normal: a second or less. Growing: the process cannot keep up with its packets, or there are none. Years: it reads a trace file.",
					unit:        "s",
					view:        lines{},
					empty:       "No packet yet.",
					queries: []query{{
						expr:   `bro_prof_file_mtime_seconds{$here} - (bro_prof_last_snapshot_timestamp_seconds{$here} > 0)`,
						legend: "behind",
					}},
				},
				{
					title:       "Age of the table sizes",
					description: "How much older the newest expensive snapshot is than the newest snapshot. Sizes of tables and of the signature engine are from it. Normal: up to 5 min; longer if expensive_profiling_multiple is more than 20; none if it is 0.",
					unit:        "s",
					view:        lines{},
					empty:       expensive,
					queries: []query{{
						expr:   `bro_prof_last_snapshot_timestamp_seconds{$here} - bro_prof_last_expensive_snapshot_timestamp_seconds{$here}`,
						legend: "age",
					}},
				},
				{
					title:       "Size of prof.log",
					description: "It grows until the process restarts, some 35 MB a day for a busy worker.",
					unit:        "bytes",
					view:        lines{},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_prof_file_size_bytes{$here}`, legend: "size"}},
				},
				{
					title:       "Lines not understood, read errors",
					description: "Lines that no rule knows, each minute: scripts may print into prof.log (profiling_update). Unknown fields: a newer release writes more than the exporter reads. Read errors: permissions, or a file that is replaced.",
					unit:        "cpm",
					view:        lines{},
					alerts:      []string{"BroLogUnreadable"},
					empty:       noSnapshot,
					queries: []query{
						{expr: `rate(bro_prof_unparsed_lines_total{$here}[$__rate_interval]) * 60`, legend: "lines"},
						{expr: `rate(bro_prof_unknown_fields_total{$here}[$__rate_interval]) * 60`, legend: "unknown fields"},
						{expr: `rate(bro_prof_read_errors_total{$here}[$__rate_interval]) * 60`, legend: "read errors"},
					},
				},
				{
					title:       "Series left out",
					description: "Threads, globals and timers that are added up as \"other\" because of a limit (--collector.max-threads, --collector.max-globals). Normal: 0.",
					unit:        "none",
					view:        lines{},
					alerts:      []string{"BroSeriesDropped"},
					empty:       noSnapshot,
					queries:     []query{{expr: `bro_prof_dropped_series{$here}`, legend: "{{collector}}"}},
				},
				{
					title:       "The verdict",
					description: "When the exporter reached its newest verdict on the process, and until when nothing can be told.",
					unit:        "dateTimeAsIso",
					view:        number{},
					empty:       judging,
					queries: []query{
						{expr: `bro_analysis_timestamp_seconds{$here} * 1000`, legend: "reached"},
						{expr: `bro_analysis_undecided_until_timestamp_seconds{$here} * 1000`, legend: "undecided until"},
						{expr: `bro_memory_exhaustion_timestamp_seconds{$here} * 1000`, legend: "memory used up"},
					},
				},
			}},
			{title: "Broker", collapsed: true, height: 9, width: 8, panels: []panel{
				{
					title:       "Peers and stores",
					description: "Broker's peers, data stores and the queries to them that wait. Normal: level; fewer peers: a node is unreachable. These values are one snapshot older than the rest.",
					unit:        "none",
					view:        lines{},
					empty:       broker,
					queries: []query{
						{expr: `bro_broker_peers{$here}`, legend: "peers"},
						{expr: `bro_broker_stores{$here}`, legend: "stores"},
						{expr: `bro_broker_pending_queries{$here}`, legend: "queries waiting"},
					},
				},
				{
					title:       "Events and identifiers",
					description: "Events and identifier updates by Broker, each second. 0 with the ZeroMQ cluster backend, the default since 8.1: that does not mean that nothing is sent.",
					unit:        "eps",
					view:        lines{},
					empty:       broker,
					queries: []query{
						{expr: `rate(bro_broker_events_in_total{$here}[$__rate_interval])`, legend: "events in"},
						{expr: `rate(bro_broker_events_out_total{$here}[$__rate_interval])`, legend: "events out"},
						{expr: `rate(bro_broker_ids_in_total{$here}[$__rate_interval])`, legend: "identifiers in"},
						{expr: `rate(bro_broker_ids_out_total{$here}[$__rate_interval])`, legend: "identifiers out"},
					},
				},
				{
					title:       "Logs",
					description: "Log messages by Broker, each second: out of workers, into loggers. 0 with the ZeroMQ cluster backend, the default since 8.1.",
					unit:        "mps",
					view:        lines{},
					empty:       broker,
					queries: []query{
						{expr: `rate(bro_broker_logs_in_total{$here}[$__rate_interval])`, legend: "logs in"},
						{expr: `rate(bro_broker_logs_out_total{$here}[$__rate_interval])`, legend: "logs out"},
					},
				},
			}},
			{title: "Zeek's own telemetry", height: 9, width: 6, panels: []panel{
				{
					title:       "Packets",
					description: "Packets that the process received, each second. Needs misc/stats in Zeek. 0 on a worker: it sees no traffic.",
					unit:        "cps",
					view:        lines{},
					empty:       native,
					queries:     []query{{expr: `host_process:bro_packets:rate5m{$telemetry}`, legend: "received"}},
				},
				{
					title:       "Packets dropped",
					description: "The share of packets that were dropped. Normal: 0. Above 1 % logs are not complete: see CPU and Connections.",
					unit:        "percentunit",
					view:        lines{},
					empty:       native,
					alerts:      []string{"BroPacketsDropped"},
					queries:     []query{{expr: `host_process:bro_packets_dropped:ratio5m{$telemetry}`, legend: "dropped"}},
				},
				{
					title:       "Log records and events",
					description: "Log records written each second, and events received from and sent to other nodes, with Broker or ZeroMQ. Events come from prof.log where telemetry has none.",
					unit:        "cps",
					view:        lines{},
					empty:       native,
					queries: []query{
						{expr: `host_process:bro_log_writes:rate5m{$telemetry}`, legend: "log records"},
						{expr: `host_process:bro_events_in:rate5m{$telemetry}`, legend: "events in"},
						{expr: `host_process:bro_events_out:rate5m{$telemetry}`, legend: "events out"},
					},
				},
				{
					title:       "Messages waiting",
					description: "Messages in the queues of all threads together, from prof.log where it is written. Only prof.log shows the thread that they wait for: see Queues.",
					unit:        "short",
					view:        lines{},
					empty:       native,
					queries: []query{
						{expr: `host_process:bro_messages_pending_in:sum{$telemetry}`, legend: "for threads"},
						{expr: `host_process:bro_messages_pending_out:sum{$telemetry}`, legend: "for the main thread"},
					},
				},
			}},
			{title: "Signatures", collapsed: true, height: 9, width: 8, panels: []panel{
				{
					title:       "Matchers and states",
					description: "dfa: states of the signature engine's cache, which grows with new input by design. nfa: those it is made from, sum (since 2.5) or mean (up to 2.4) of all matchers.",
					unit:        "short",
					view:        lines{},
					empty:       noSignatures,
					queries: []query{
						{expr: `bro_rule_matchers{$here}`, legend: "matchers", slow: true},
						{expr: `bro_rule_matcher_dfa_states{$here}`, legend: "dfa", slow: true},
						{expr: `bro_rule_matcher_nfa_states{$here}`, legend: "nfa, sum", slow: true},
						{expr: `bro_rule_matcher_nfa_states_average{$here}`, legend: "nfa, mean", slow: true},
					},
				},
				{
					title:       "States computed",
					description: "New states of the signature engine, each second. Normal: many after a start, then few. Many all day: the traffic is ever new to the signatures, and the cache grows.",
					unit:        "cps",
					view:        lines{},
					empty:       noSignatures,
					queries:     []query{{expr: `rate(bro_rule_matcher_dfa_states_computed_total{$here}[$__rate_interval])`, legend: "computed", slow: true}},
				},
				{
					title:       "Memory of signatures",
					description: "Memory of the signature engine. It grows with new input by design, more and more slowly.",
					unit:        "bytes",
					view:        lines{},
					empty:       noSignatures,
					queries:     []query{{expr: `bro_rule_matcher_memory_bytes{$here}`, legend: "signatures", slow: true}},
				},
			}},
			{title: "/proc", collapsed: true, height: 9, width: 8, panels: []panel{
				{
					title:       "Virtual memory",
					description: "Address space, from /proc. Normal: far larger than the resident memory; only steady growth tells something.",
					unit:        "bytes",
					view:        lines{},
					empty:       fromPID,
					queries:     []query{{expr: `bro_process_virtual_memory_bytes{$here}`, legend: "virtual"}},
				},
				{
					title:       "CPU, from /proc",
					description: "The same, asked of the kernel: it goes on when the process writes no snapshots. prof.log silent and this at 100 %: an endless loop.",
					unit:        "percentunit",
					view:        lines{},
					empty:       fromPID,
					queries:     []query{{expr: `rate(bro_process_cpu_seconds_total{$here}[$__rate_interval])`, legend: "user and system"}},
				},
				{
					title:       "Open files",
					description: "Open file descriptors, from /proc: logs, input files, sockets. Rising for days: files or connections that nobody closes. Only seen if the exporter runs as the process's user or root.",
					unit:        "none",
					view:        lines{},
					empty:       fromPID,
					queries:     []query{{expr: `bro_process_open_fds{$here}`, legend: "open files"}},
				},
				{
					title:       "Started",
					description: "When the kernel started the process, from /proc.",
					unit:        "dateTimeAsIso",
					view:        number{},
					empty:       fromPID,
					queries:     []query{{expr: `bro_process_start_time_seconds{$here} * 1000`, legend: "started"}},
				},
			}},
			{title: "Tables by name", collapsed: true, height: 9, width: 12, panels: []panel{
				{
					title:       "Entries by global",
					description: "Entries of each global table with more than 100. " + byName,
					unit:        "short",
					view:        lines{},
					empty:       byName,
					alerts:      []string{"BroTableGrowing"},
					queries:     []query{{expr: `bro_global_table_entries{$here}`, legend: "{{global}}", slow: true}},
				},
				{
					title:       "Entries by global, recursive",
					description: "Entries of each global table with those of the tables in it. Many more than above: it is a table of tables, and the inner ones grow. " + byName,
					unit:        "short",
					view:        lines{},
					empty:       byName,
					queries:     []query{{expr: `bro_global_table_entries_recursive{$here}`, legend: "{{global}}", slow: true}},
				},
			}},
			{title: "Written up to 5.0 only", collapsed: true, height: 9, width: 8, panels: []panel{
				{
					title:       "Memory of connections",
					description: "connections: all of them with their analysers (wraps at 2 GiB). session table: the table with its connections. records: the scripts' connection records. reassembly: data that waits for gaps to close. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					alerts:      []string{"BroReassemblerGrowing"},
					queries: []query{
						{expr: `bro_connections_memory_bytes{$here}`, legend: "connections", slow: true},
						{expr: `bro_session_table_memory_bytes{$here}`, legend: "session table", slow: true},
						{expr: `bro_connection_values_memory_bytes{$here}`, legend: "records", slow: true},
						{expr: `bro_reassembler_memory_bytes{$here}`, legend: "reassembly"},
					},
				},
				{
					title:       "Memory of one connection",
					description: "Mean memory of a connection. Normal: some kilobytes, level. Rising: connections collect state. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					alerts:      []string{"BroConnectionMemoryGrowing"},
					queries:     []query{{expr: `bro_connections_memory_average_bytes{$here}`, legend: "mean", slow: true}},
				},
				{
					title:       "External connections",
					description: "Connections with an external timer manager. Normal: 0. " + until30,
					unit:        "short",
					view:        lines{},
					empty:       until30,
					queries:     []query{{expr: `bro_connections_external{$here}`, legend: "external"}},
				},
				{
					title:       "Memory of timers",
					description: "Memory of all timers. " + until30,
					unit:        "bytes",
					view:        lines{},
					empty:       until30,
					queries:     []query{{expr: `bro_timers_memory_bytes{$here}`, legend: "timers"}},
				},
				{
					title:       "Size of all globals",
					description: "Memory of all global variables of the scripts. Wraps at 4 GiB. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					alerts:      []string{"BroGlobalsGrowing"},
					queries:     []query{{expr: `bro_globals_size_bytes{$here}`, legend: "globals", slow: true}},
				},
				{
					title:       "Size by global",
					description: "Memory of each global of over 100 KiB or 100 entries; one that shrinks below that is absent, not 0. One that only rises is the leak; constants, such as SSL::root_certs, are level. " + until50,
					unit:        "bytes",
					view:        lines{},
					empty:       until50,
					alerts:      []string{"BroIntelGrowing"},
					queries:     []query{{expr: `bro_global_size_bytes{$here}`, legend: "{{global}}", slow: true}},
				},
			}},
		},
	}
}

const (
	noSnapshot   = "No snapshot was read in the time shown, or the process is down."
	broker       = "Written since 2.6, and by 2.4 and 2.5 built with Broker."
	noSignatures = "No expensive snapshot yet, or no signatures are loaded."
)

// orTelemetry extends an expression to a process that has only telemetry.
func orTelemetry(record string) string {
	return "\n  or on () host_process:" + record + "{$telemetry}"
}

// tcpStates are the states in the order of prof.log's matrix.
func tcpStates() []string {
	return []string{"inactive", "syn_sent", "syn_ack_sent", "partial", "established", "closed", "reset"}
}

// tcpRows asks for one row each, since rows are shown in the order of the queries.
func tcpRows() []query {
	var rows []query
	for _, state := range tcpStates() {
		rows = append(rows, query{
			expr:   fmt.Sprintf(`sum by (originator, responder) (bro_tcp_connections{$here, originator=%q})`, state),
			legend: "{{originator}} / {{responder}}",
		})
	}
	return rows
}
