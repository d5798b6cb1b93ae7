package collector

import "bro_exporter/parse"

// brokerTopic is "Comm: peers=0 stores=1 pending_queries=0 events_in=0 ...". The line reaches
// the disk one snapshot late.
func brokerTopic() Topic {
	return Topic{"broker", from(withComm,
		gauge("bro_broker_peers",
			"Comm: peers. Since 2.4; up to 2.5 only if built with Broker.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.Peers }),
		gauge("bro_broker_stores",
			"Comm: stores, data stores. Since 2.4; up to 2.5 only if built with Broker.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.Stores }),
		gauge("bro_broker_pending_queries",
			"Comm: pending_queries to data stores. Since 2.6.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.PendingQueries }),
		counter("bro_broker_events_in_total",
			"Comm: events_in. Since 2.6; 0 with the ZeroMQ cluster backend, the default since 8.1.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.EventsIn }),
		counter("bro_broker_events_out_total",
			"Comm: events_out. Since 2.6; 0 with the ZeroMQ cluster backend, the default since 8.1.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.EventsOut }),
		counter("bro_broker_logs_in_total",
			"Comm: logs_in. Since 2.6; 0 with the ZeroMQ cluster backend, the default since 8.1.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.LogsIn }),
		counter("bro_broker_logs_out_total",
			"Comm: logs_out. Since 2.6; 0 with the ZeroMQ cluster backend, the default since 8.1.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.LogsOut }),
		counter("bro_broker_ids_in_total",
			"Comm: ids_in, identifier updates. Since 2.6.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.IDsIn }),
		counter("bro_broker_ids_out_total",
			"Comm: ids_out, identifier updates. Since 2.6.",
			func(d *digest) parse.Opt[uint64] { return d.Comm.IDsOut }),
	)}
}
