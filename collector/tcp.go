package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
)

// tcpTopic is the TCP-States matrix: rows are originators, columns responders.
func tcpTopic() Topic {
	states := [parse.NumTCPStates]string{
		parse.Inactive:    "inactive",
		parse.SynSent:     "syn_sent",
		parse.SynAckSent:  "syn_ack_sent",
		parse.Partial:     "partial",
		parse.Established: "established",
		parse.Closed:      "closed",
		parse.Reset:       "reset",
	}
	var labels [parse.NumTCPStates][parse.NumTCPStates][]string
	for i := range states {
		for j := range states {
			labels[i][j] = []string{states[i], states[j]}
		}
	}
	return Topic{Name: "tcp", Metrics: []Metric{{
		Name:   "bro_tcp_connections",
		Help:   "TCP connections by the states of their two ends.",
		Line:   "TCP-States",
		Type:   prometheus.GaugeValue,
		Labels: []string{"originator", "responder"},
		ofSnapshot: func(d *digest, emit emit) {
			if !d.TCPStates.Measured {
				return
			}
			for originator, row := range d.TCPStates.Cells {
				for responder, n := range row {
					// Below zero is a counter of Bro's that has wrapped.
					if n >= 0 {
						emit(float64(n), labels[originator][responder]...)
					}
				}
			}
		},
	}}}
}
