package main

const queuesUID = "bro-queues"

// queues answers which thread does not keep up, and since when.
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
			{name: "window", description: "How long a thread must have done nothing to be called stuck, and over how long trends are taken.", choice: []string{"5m", "15m", "1h", "6h"}},
		},
		rows: []row{
			{title: "Now", height: 4, width: 4, panels: []panel{
				{
					title:       "Threads",
					description: "Threads of all chosen processes that Bro's thread manager knows. Broker's own are not among them.",
					unit:        "none",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(bro_threads{$here})`, legend: "threads"}},
				},
				{
					title:       "Stuck threads",
					description: "Threads to which messages were written in the window, and which read none. Normal: 0. They are listed below.",
					unit:        "none",
					view:        number{steps: alarmFrom(1)},
					queries:     []query{{expr: `count(` + stuck + `) or vector(0)`, legend: "stuck"}},
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
					title:       "From threads",
					description: "Messages that threads send each second: rows and events of input readers; flushes of idle writers up to 7.0.",
					unit:        "mps",
					view:        number{},
					empty:       since21,
					queries:     []query{{expr: `sum(rate(bro_thread_messages_out_total{$here, thread=~"$thread"}[$__rate_interval]))`, legend: "messages"}},
				},
			}},
			{title: "Trouble", height: 9, width: 12, panels: []panel{
				{
					title:       "Stuck threads",
					description: "Threads to which messages were written in the window, and which read none. Each second a heartbeat is sent to every thread, so a thread that reads nothing hangs: in a write to a full or remote disk, in a pipe nobody reads, in a plugin. Everything logged to it waits in memory. Look at the disk and the log's target; only a restart frees it.",
					unit:        "short",
					view:        table{labels: []string{"instance", "process", "thread"}},
					empty:       "No thread is stuck.",
					queries: []query{
						{expr: stuck, legend: "Waiting"},
						{expr: `increase(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$window]) and ` + stuck, legend: "Written in window"},
					},
				},
				{
					title:       "Queues that grow",
					description: "The queues that grow fastest over the window. To the thread: it is slower than what is logged. To the main thread: the main thread is slower than the reader. 0 is normal.",
					unit:        "cpm",
					view:        table{labels: []string{"instance", "process", "thread", "direction"}},
					empty:       since21,
					queries:     []query{{expr: `topk($top, ` + growing + `)`, legend: "Growth per minute"}},
				},
			}},
			{title: "Waiting", height: 10, width: 12, panels: []panel{
				{
					title:       "Waiting for the thread",
					description: "pending in: messages on their way to the threads that had most of them in the time shown. Peaks that drain are normal; a line that stays up is a thread too slow, a line that rises one that is stuck.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					queries: []query{{
						expr: `bro_thread_messages_pending_in{$here, thread=~"$thread"}
  and topk($top, max_over_time(bro_thread_messages_pending_in{$here, thread=~"$thread"}[$__range] @ end()))`,
						legend: everyThread,
					}},
				},
				{
					title:       "Waiting for the main thread",
					description: "pending out: messages of the threads that had most of them waiting for the main thread in the time shown. High while big input files are read; high for long means the main thread is overloaded.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					queries: []query{{
						expr: `bro_thread_messages_pending_out{$here, thread=~"$thread"}
  and topk($top, max_over_time(bro_thread_messages_pending_out{$here, thread=~"$thread"}[$__range] @ end()))`,
						legend: everyThread,
					}},
				},
				{
					title:       "Behind, to the thread",
					description: "Writes minus reads of the in queue: how many messages the threads furthest behind at the end are behind. Off by a few: Bro counts one after the other. Rising: the thread reads less than is written.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: behind("bro_thread_queue_in"), legend: everyThread}},
				},
				{
					title:       "Behind, to the main thread",
					description: "Writes minus reads of the out queue: how many messages the main thread is behind, with the threads where these are most at the end. Off by a few: Bro counts one after the other.",
					unit:        "short",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: behind("bro_thread_queue_out"), legend: everyThread}},
				},
			}},
			{title: "Reads and writes", height: 10, width: 12, panels: []panel{
				{
					title:       "Writes to threads",
					description: "Messages put into the in queues, each second: what is logged, and one heartbeat. Below 1 for all threads of a process: its main loop stalls. The busiest threads of the time shown.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: busiest("bro_thread_queue_in_writes_total"), legend: everyThread}},
				},
				{
					title:       "Reads by threads",
					description: "Messages that the threads take from their in queues, each second. Normal: the same as is written. 0 while something is written: stuck. The busiest threads of the time shown.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: busiest("bro_thread_queue_in_reads_total"), legend: everyThread}},
				},
				{
					title:       "Writes to main threads",
					description: "Messages that the threads put into the out queues, each second: rows and events of readers. Writers send about 1 up to 7.0, and none since 7.1.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: busiest("bro_thread_queue_out_writes_total"), legend: everyThread}},
				},
				{
					title:       "Reads by main threads",
					description: "Messages that the main threads take from the out queues, each second. Normal: the same as is written.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: busiest("bro_thread_queue_out_reads_total"), legend: everyThread}},
				},
				{
					title:       "Slowest heartbeat",
					description: "Writes each second to the thread that gets fewest, for each process. A heartbeat goes to every thread each second of packet time, so this is 1 in a process that only idles, and more if all are busy. Below 1: the main loop stalls, or packets stopped.",
					unit:        "mps",
					view:        lines{},
					empty:       since21,
					queries: []query{{
						expr:   `min by (job, instance, process) (rate(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$__rate_interval]))`,
						legend: everyProcess,
					}},
				},
				{
					title:       "Threads",
					description: "Threads of each process. They come with logs and input files and stay; a number that only rises is input streams or commands (Exec, ActiveHTTP) that never end.",
					unit:        "none",
					view:        lines{},
					empty:       since21,
					queries:     []query{{expr: `bro_threads{$here}`, legend: everyProcess}},
				},
			}},
		},
	}
}

const since21 = "No threads: written since 2.1."

// stuck is what waits for the threads to which something was written and that read nothing. Of
// those that are gone nothing waits.
const stuck = `(bro_thread_messages_pending_in{$here, thread=~"$thread"} > 0
  and increase(bro_thread_queue_in_writes_total{$here, thread=~"$thread"}[$window]) > 0
  unless increase(bro_thread_queue_in_reads_total{$here, thread=~"$thread"}[$window]) > 0)`

// growing is by how many messages a minute every queue grows.
const growing = `(label_replace(deriv(bro_thread_messages_pending_in{$here, thread=~"$thread"}[$window]) * 60, "direction", "to the thread", "", "")
  or label_replace(deriv(bro_thread_messages_pending_out{$here, thread=~"$thread"}[$window]) * 60, "direction", "to the main thread", "", ""))`

// busiest is the rate of a counter for the threads where it rose most in the time shown, so that
// the same threads stay in the graph from its begin to its end.
func busiest(counter string) string {
	series := counter + `{$here, thread=~"$thread"}`
	return `rate(` + series + `[$__rate_interval])
  and topk($top, increase(` + series + `[$__range] @ end()))`
}

// behind is by how much the reads of a queue trail its writes, for the threads that trail most at
// the end of the time shown.
func behind(queue string) string {
	writes, reads := queue+`_writes_total{$here, thread=~"$thread"}`, queue+`_reads_total{$here, thread=~"$thread"}`
	return writes + ` - ` + reads + `
  and topk($top, ` + writes + ` @ end() - ` + reads + ` @ end())`
}
