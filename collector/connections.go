package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// connectionsTopic is the two "Conns:" lines and the two below the TCP states.
func connectionsTopic() Topic {
	metrics := []Metric{
		counter("bro_connections_total",
			"Conns: total, connections made since the process started. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Total }),
		gauge("bro_connections_current",
			"Conns: current=a/b, a: connections alive. Those that are no session (b) are held by scripts or timers. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Current }),
		gauge("bro_sessions_current",
			"Conns: current=a/b, b: entries of the session table. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Sessions }),
		gauge("bro_connections_external",
			"Conns: ext, connections with an external timer manager. 2.0 to 3.0.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Ext }),
	}
	metrics = append(metrics, from(withExpensive,
		gauge("bro_connections_memory_bytes",
			"Conns: mem of an expensive block, bytes (the log's K is wrong) held by all connections. Wraps at 2 GiB. 2.0 to 5.0.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Mem }),
		gauge("bro_connections_memory_average_bytes",
			"Conns: avg of an expensive block, bytes per connection. 2.0 to 5.0.",
			func(d *digest) parse.Opt[float64] { return d.Conns.Avg }),
		gauge("bro_session_table_memory_bytes",
			"Conns: table of an expensive block, bytes of the session table with its connections. 2.0 to 5.0.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Table }),
		gauge("bro_connection_values_memory_bytes",
			"Conns: connvals of an expensive block, bytes of the script layer's connection records. 2.0 to 5.0.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.ConnVals }),
	)...)
	return Topic{"connections", append(metrics,
		byProtocol("bro_protocol_connections_current",
			"Conns: tcp=c/m udp=c/m icmp=c/m, c: connections now. All releases.",
			func(p parse.Protocol) parse.Opt[uint64] { return p.Current }),
		byProtocol("bro_protocol_connections_max",
			"Conns: tcp=c/m udp=c/m icmp=c/m, m: most connections at one time since the process started. All releases.",
			func(p parse.Protocol) parse.Opt[uint64] { return p.Max }),
		counter("bro_connections_expired_inactive_total",
			"Connections expired due to inactivity. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Expired }),
		gauge("bro_reassembler_memory_bytes",
			"Total reassembler data, bytes held for reassembly. 2.0 to 5.0.",
			func(d *digest) parse.Opt[uint64] { return d.Reassembly }),
	)}
}

func byProtocol(name, help string, field func(parse.Protocol) parse.Opt[uint64]) Metric {
	return Metric{Name: name, Help: help, Type: prometheus.GaugeValue, Labels: []string{"protocol"},
		ofSnapshot: func(d *digest, emit emit) {
			for _, p := range []struct {
				name string
				parse.Protocol
			}{{"tcp", d.Conns.TCP}, {"udp", d.Conns.UDP}, {"icmp", d.Conns.ICMP}} {
				if f := field(p.Protocol); f.Measured {
					emit(float64(f.Value), p.name)
				}
			}
		}}
}
