package collector

import "bro_exporter/parse"

// brokerTopic is "Comm: peers=0 stores=1 pending_queries=0 events_in=0 ...". The line reaches
// the disk one snapshot late.
func brokerTopic() Topic {
	const zeroMQ = " Always 0 with the ZeroMQ cluster backend, the default since 8.1."
	return Topic{Name: "broker", Metrics: from(withComm,
		gauge("bro_broker_peers", "Comm: peers", parse.CommLine,
			"Broker's peers. Up to 2.5 only if built with Broker.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.Peers }),
		gauge("bro_broker_stores", "Comm: stores", parse.CommLine,
			"Broker's data stores. Up to 2.5 only if built with Broker.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.Stores }),
		gauge("bro_broker_pending_queries", "Comm: pending_queries", parse.CommCounters,
			"Queries to data stores that wait for an answer.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.PendingQueries }),
		counter("bro_broker_events_in_total", "Comm: events_in", parse.CommCounters,
			"Events received from peers."+zeroMQ,
			func(d *digest) parse.Opt[uint64] { return d.Comm.EventsIn }),
		counter("bro_broker_events_out_total", "Comm: events_out", parse.CommCounters,
			"Events sent to peers."+zeroMQ,
			func(d *digest) parse.Opt[uint64] { return d.Comm.EventsOut }),
		counter("bro_broker_logs_in_total", "Comm: logs_in", parse.CommCounters,
			"Log records received from peers."+zeroMQ,
			func(d *digest) parse.Opt[uint64] { return d.Comm.LogsIn }),
		counter("bro_broker_logs_out_total", "Comm: logs_out", parse.CommCounters,
			"Log records sent to peers."+zeroMQ,
			func(d *digest) parse.Opt[uint64] { return d.Comm.LogsOut }),
		counter("bro_broker_ids_in_total", "Comm: ids_in", parse.CommCounters,
			"Identifier updates received from peers.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.IDsIn }),
		counter("bro_broker_ids_out_total", "Comm: ids_out", parse.CommCounters,
			"Identifier updates sent to peers.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.IDsOut }),
	)}
}
