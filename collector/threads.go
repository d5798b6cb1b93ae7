package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// threadsTopic is "Threads: current=17" and the thread lines:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)
func threadsTopic() Topic {
	return Topic{"threads", []Metric{
		gauge("bro_threads",
			"Threads: current, threads of the process that Bro's thread manager knows. Since 2.1.",
			func(d *digest) parse.Opt[uint64] { return d.Threads.Current }),
		byThread("bro_thread_messages_in_total", prometheus.CounterValue,
			"in=: messages the main thread has sent to this thread. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.In }),
		byThread("bro_thread_messages_out_total", prometheus.CounterValue,
			"out=: messages this thread has sent to the main thread. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.Out }),
		byThread("bro_thread_messages_pending_in", prometheus.GaugeValue,
			"pending=i/o, i: messages that wait for this thread. A message may hold 1000 log records. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.PendingIn }),
		byThread("bro_thread_messages_pending_out", prometheus.GaugeValue,
			"pending=i/o, o: messages of this thread that wait for the main thread. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.PendingOut }),
		byThread("bro_thread_queue_in_reads_total", prometheus.CounterValue,
			"#queue r/w: in=r/w, r: messages this thread has taken from its queue. Rises every second while it works. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.InReads }),
		byThread("bro_thread_queue_in_writes_total", prometheus.CounterValue,
			"#queue r/w: in=r/w, w: messages put into this thread's queue. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.InWrites }),
		byThread("bro_thread_queue_out_reads_total", prometheus.CounterValue,
			"#queue r/w: out=r/w, r: messages of this thread the main thread has taken. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.OutReads }),
		byThread("bro_thread_queue_out_writes_total", prometheus.CounterValue,
			"#queue r/w: out=r/w, w: messages this thread has put into the main thread's queue. Since 2.1.",
			func(t *parse.Thread) uint64 { return t.OutWrites }),
	}}
}

func byThread(name string, kind prometheus.ValueType, help string, field func(*parse.Thread) uint64) Metric {
	return Metric{Name: name, Help: help, Type: kind, Labels: []string{"thread"},
		ofSnapshot: func(d *digest, emit emit) {
			for i := range d.Threads.List {
				t := &d.Threads.List[i]
				emit(float64(field(t)), d.threadNames[i:i+1]...)
			}
		}}
}
