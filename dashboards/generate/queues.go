package main

import "strings"

const queuesUID = "bro-queues"

// queues answers which thread does not keep up, by how much, and since when.
func queues() dashboard {
	return dashboard{
		file:        "queues.json",
		uid:         queuesUID,
		title:       "Bro / Message queues",
		description: "Each log writer and input reader is a thread with two queues: in, from the main thread to it, and out, back to the main thread. Messages are counted, not records: one message to a writer may hold 1000 log records.",
		from:        "now-3h",
		refresh:     "1m",
		scope:       manyProcesses,
		variables: []variable{
			{
				name: "thread", description: "Threads by name, as in conn/Log::WRITER_ASCII. Type .*WRITER.* for all writers.",
				label: "thread", metric: `bro_thread_messages_in_total{$here}`,
			},
			{name: "top", description: "How many threads to show.", choice: []string{"10", "5", "20", "50"}},
			{name: "window", description: "The time over which the growth of queues is measured.", choice: []string{"15m", "5m", "1h", "6h"}},
		},
		rows: []row{
			{title: "Now", height: 4, width: 4, panels: []panel{
				{
					title:       "Stuck threads",
					description: "Threads that have read nothing for 5 minutes although messages were written to them. Normal: 0. The table below marks them.",
					unit:        "none",
					view:        number{steps: alarmFromOne()},
					empty:       since21,
					alerts:      []string{"BroThreadStuck"},
					queries:     []query{{expr: `count(` + ofThread(stuck) + `) or count(bro_thread_messages_pending_in{$here, thread=~"$thread"}) * 0`, legend: "stuck"}},
				},
				{
					title:       "Furthest behind",
					description: "How far the slowest thread is behind: what waits for it, divided by what is written to it each second. Normal: seconds.",
					unit:        "s",
					view:        number{steps: warnFrom(300)},
					empty:       since21,
					queries:     []query{{expr: `max(` + ofThread(behind) + `)`, legend: "behind"}},
				},
				{
					title:       "Waiting for threads",
					description: "Messages that the main threads have sent and the threads have not taken yet. Normal: near 0.",
					unit:        "short",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(bro_thread_messages_pending_in{$here, thread=~"$thread"})`, legend: "waiting"}},
				},
				{
					title:       "Waiting for main threads",
					description: "Messages of threads that the main threads have not taken yet. Many while a big input file is read; else near 0.",
					unit:        "short",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(bro_thread_messages_pending_out{$here, thread=~"$thread"})`, legend: "waiting"}},
				},
				{
					title:       "To threads",
					description: "Messages sent to threads each second. At least one for each thread: the heartbeat.",
					unit:        "mps",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(rate(bro_thread_messages_in_total{$here, thread=~"$thread"}[$__rate_interval]))`, legend: "messages"}},
				},
				{
					title:       "Threads",
					description: "Threads of all chosen processes that Bro's thread manager knows. Broker's own are not among them.",
					unit:        "none",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(bro_threads{$here})`, legend: "threads"}},
				},
			}},
			{title: "Trouble", height: 9, width: 24, panels: []panel{
				{
					title:       "Threads that do not keep up",
					description: "The threads for which most messages wait. Behind: what waits, divided by what is written each second; the log is that late. Written and Read: messages each second. Written but not read: the thread is stuck, in a write to a full or remote disk, in a pipe without a reader, in a plugin. All that is logged to it waits in memory; look at the disk and the log's target.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "thread"}, sortBy: "Waiting"},
					empty:       since21,
					alerts:      []string{"BroThreadStuck", "BroQueueInGrowing", "BroReaderNotOneToOne"},
					queries: []query{
						{expr: `topk($top, bro_thread_messages_pending_in{$here, thread=~"$thread"})`, legend: "Waiting"},
						{expr: ofThread(stuck) + ` * 0 + 1`, legend: "Stuck", texts: []text{{"1", "stuck", alarm}}},
						{expr: `(` + ofThread(behind) + `)` + ofFullest, legend: "Behind", unit: "s", steps: warnFrom(300)},
						{expr: `deriv(bro_thread_messages_pending_in{$here, thread=~"$thread"}[$window]) * 60` + ofFullest, legend: "Growth/min"},
						{expr: `rate(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$__rate_interval])` + ofFullest, legend: "Written", unit: "mps"},
						{expr: `rate(bro_thread_queue_in_reads_total{$here, thread=~"$thread"}[$__rate_interval])` + ofFullest, legend: "Read", unit: "mps"},
						{expr: `bro_thread_messages_pending_out{$here, thread=~"$thread"}` + ofFullest, legend: "Waiting for main", width: 120},
					},
				},
			}},
			{title: "Waiting", height: 10, width: 12, panels: []panel{
				{
					title:       "Waiting for the thread",
					description: "pending in: messages on their way to the threads that had most of them in the time shown. Peaks that drain are normal; a line that stays up is a thread too slow, a line that rises one that is stuck.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroThreadStuck", "BroQueueInGrowing"},
					queries:     []query{{expr: fullest("bro_thread_messages_pending_in"), legend: everyThread}},
				},
				{
					title:       "Waiting for the main thread",
					description: "pending out: messages of the threads that had most of them waiting for the main thread in the time shown. High while big input files are read; high for long means the main thread is overloaded.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroQueueOutGrowing"},
					queries:     []query{{expr: fullest("bro_thread_messages_pending_out"), legend: everyThread}},
				},
				{
					title:       "Behind by",
					description: "How late the threads are for which most waits at the end: what waits, divided by what is written each second.",
					unit:        "s",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroQueueInGrowing"},
					queries:     []query{{expr: behindOfFullest, legend: everyThread}},
				},
				{
					title:       "Slowest heartbeat",
					description: "Writes each second to the thread that gets fewest, for the slowest processes. A heartbeat goes to every thread each second of packet time, so this is 1 in a process that only idles, and more if all are busy. Below 1: the main loop stalls, or packets stopped.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries: []query{{
						expr:   slowestHeartbeat + ` and bottomk($top, ` + atEnd(slowestHeartbeat) + `)`,
						legend: everyProcess,
					}},
				},
			}},
			{title: "Reads and writes", height: 10, width: 12, panels: []panel{
				{
					title:       "Written to and read by threads",
					description: "Messages each second that the main threads put into the in queues and that the threads take. Choose one thread above to see whether it reads what is written to it. Reads flat while writes go on: stuck. Writes below 1 for all threads of a process: its main loop stalls.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroThreadStuck", "BroReaderNotOneToOne"},
					queries: []query{
						{expr: busiest("bro_thread_queue_in_writes_total", "bro_thread_queue_in_writes_total"), legend: "written " + everyThread},
						{expr: busiest("bro_thread_queue_in_reads_total", "bro_thread_queue_in_writes_total"), legend: "read " + everyThread},
					},
				},
				{
					title:       "Written to and read by main threads",
					description: "Messages each second that the threads put into the out queues and that the main threads take: rows and events of readers. Writers send about 1 up to 7.0, and none since 7.1.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroQueueOutGrowing"},
					queries: []query{
						{expr: busiest("bro_thread_queue_out_writes_total", "bro_thread_queue_out_writes_total"), legend: "written " + everyThread},
						{expr: busiest("bro_thread_queue_out_reads_total", "bro_thread_queue_out_writes_total"), legend: "read " + everyThread},
					},
				},
				{
					title:       "From threads",
					description: "Messages that the busiest threads send each second: rows and events of input readers; flushes of idle writers up to 7.0.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: busiest("bro_thread_messages_out_total", "bro_thread_messages_out_total"), legend: everyThread}},
				},
				{
					title:       "Threads of each process",
					description: "Threads where they are most. They come with logs and input files and stay; a number that only rises is input streams or commands (Exec, ActiveHTTP) that never end.",
					unit:        "none",
					view:        lines{},
					empty:       since21,
					alerts:      []string{"BroSeriesDropped"},
					queries:     []query{{expr: topmost(`bro_threads{$here}`), legend: everyProcess}},
				},
			}},
		},
	}
}

// ofThread is an expression about the chosen threads.
func ofThread(expr string) string {
	return strings.ReplaceAll(expr, "{$here}", `{$here, thread=~"$thread"}`)
}

// ofFullest keeps the threads for which most waits.
const ofFullest = ` and topk($top, bro_thread_messages_pending_in{$here, thread=~"$thread"})`

// behindOfFullest chooses the threads before it divides: thousands of pairs at each point took seconds.
const behindOfFullest = `(bro_thread_messages_pending_in{$here, thread=~"$thread"} and topk($top, bro_thread_messages_pending_in{$here, thread=~"$thread"} @ end()))
  / (rate(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$__rate_interval]) > 0 and topk($top, bro_thread_messages_pending_in{$here, thread=~"$thread"} @ end()))`

const slowestHeartbeat = `min without (thread) (rate(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$__rate_interval]))`

// fullest are the queues of a metric where most waited in the time shown.
func fullest(metric string) string {
	series := metric + `{$here, thread=~"$thread"}`
	return series + `
  and topk($top, max_over_time(` + series + `[$__range] @ end()))`
}

// busiest is the rate of a counter for the threads where another rose most in the time shown, so that
// the same threads stay in the graph from its begin to its end.
func busiest(counter, by string) string {
	const threads = `{$here, thread=~"$thread"}`
	return `rate(` + counter + threads + `[$__rate_interval])
  and topk($top, increase(` + by + threads + `[$__range] @ end()))`
}
