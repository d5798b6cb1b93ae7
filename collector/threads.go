package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// threadsTopic is "Threads: current=17" and the thread lines:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)
func threadsTopic() Topic {
	return Topic{Name: "threads", Metrics: []Metric{
		gauge("bro_threads", "Threads: current", parse.ThreadLines,
			"Threads of the process that Bro's thread manager knows.",
			func(d *digest) parse.Opt[uint64] { return d.Threads.Current }),
		byThread("bro_thread_messages_in_total", prometheus.CounterValue, "in=",
			"Messages that the main thread has sent to this thread.",
			func(t *parse.Thread) uint64 { return t.In }),
		byThread("bro_thread_messages_out_total", prometheus.CounterValue, "out=",
			"Messages that this thread has sent to the main thread.",
			func(t *parse.Thread) uint64 { return t.Out }),
		byThread("bro_thread_messages_pending_in", prometheus.GaugeValue, "pending=i/o, i",
			"Messages that wait for this thread. One message may hold 1000 log records.",
			func(t *parse.Thread) uint64 { return t.PendingIn }),
		byThread("bro_thread_messages_pending_out", prometheus.GaugeValue, "pending=i/o, o",
			"Messages of this thread that wait for the main thread.",
			func(t *parse.Thread) uint64 { return t.PendingOut }),
		byThread("bro_thread_queue_in_reads_total", prometheus.CounterValue, "#queue r/w: in=r/w, r",
			"Messages that this thread has taken from its queue. Rises every second while it works.",
			func(t *parse.Thread) uint64 { return t.InReads }),
		byThread("bro_thread_queue_in_writes_total", prometheus.CounterValue, "#queue r/w: in=r/w, w",
			"Messages put into this thread's queue.",
			func(t *parse.Thread) uint64 { return t.InWrites }),
		byThread("bro_thread_queue_out_reads_total", prometheus.CounterValue, "#queue r/w: out=r/w, r",
			"Messages of this thread that the main thread has taken.",
			func(t *parse.Thread) uint64 { return t.OutReads }),
		byThread("bro_thread_queue_out_writes_total", prometheus.CounterValue, "#queue r/w: out=r/w, w",
			"Messages that this thread has put into the main thread's queue.",
			func(t *parse.Thread) uint64 { return t.OutWrites }),
	}}
}

func byThread(name string, kind prometheus.ValueType, line, help string, field func(*parse.Thread) uint64) Metric {
	return Metric{Name: name, Help: help, Line: line, Releases: parse.ThreadLines, Type: kind, Labels: []string{"thread"},
		ofSnapshot: func(d *digest, emit emit) {
			for i := range d.Threads.List {
				t := &d.Threads.List[i]
				emit(float64(field(t)), d.threadNames[i:i+1]...)
			}
		}}
}
