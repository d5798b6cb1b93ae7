package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// connectionsTopic is the two "Conns:" lines and the two below the TCP states.
func connectionsTopic() Topic {
	metrics := []Metric{
		counter("bro_connections_total", "Conns: total", allReleases,
			"Connections made since the process started.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Total }),
		gauge("bro_connections_current", "Conns: current=a/b, a", allReleases,
			"Connections that are alive. Scripts or timers hold those that are no session.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Current }),
		gauge("bro_sessions_current", "Conns: current=a/b, b", allReleases,
			"Entries of the session table.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Sessions }),
		gauge("bro_connections_external", "Conns: ext", parse.ConnsExt,
			"Connections with an external timer manager.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Ext }),
	}
	metrics = append(metrics, from(withExpensive,
		gauge("bro_connections_memory_bytes", "Conns: mem", parse.ConnsSizes,
			"Memory of all connections, in bytes although the log writes K. Wraps at 2 GiB.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Mem }),
		gauge("bro_connections_memory_average_bytes", "Conns: avg", parse.ConnsSizes,
			"Memory of a connection, on average.",
			func(d *digest) parse.Opt[float64] { return d.Conns.Avg }),
		gauge("bro_session_table_memory_bytes", "Conns: table", parse.ConnsSizes,
			"Memory of the session table with its connections.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Table }),
		gauge("bro_connection_values_memory_bytes", "Conns: connvals", parse.ConnsSizes,
			"Memory of the scripts' connection records.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.ConnVals }),
	)...)
	return Topic{Name: "connections", Metrics: append(metrics,
		byProtocol("bro_protocol_connections_current", "Conns: tcp=c/m udp=c/m icmp=c/m, c",
			"Connections of a protocol now.",
			func(p parse.Protocol) parse.Opt[uint64] { return p.Current }),
		byProtocol("bro_protocol_connections_max", "Conns: tcp=c/m udp=c/m icmp=c/m, m",
			"Most connections of a protocol at one time since the process started.",
			func(p parse.Protocol) parse.Opt[uint64] { return p.Max }),
		counter("bro_connections_expired_inactive_total", "Connections expired due to inactivity", allReleases,
			"Connections that have expired because they were inactive.",
			func(d *digest) parse.Opt[uint64] { return d.Conns.Expired }),
		gauge("bro_reassembler_memory_bytes", "Total reassembler data", parse.ReassemblerSize,
			"Memory that holds data for reassembly.",
			func(d *digest) parse.Opt[uint64] { return d.Reassembly }),
	)}
}

func byProtocol(name, line, help string, field func(parse.Protocol) parse.Opt[uint64]) Metric {
	return Metric{Name: name, Help: help, Line: line, Type: prometheus.GaugeValue, Labels: []string{"protocol"},
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
