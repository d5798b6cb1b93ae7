package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"bro_exporter/internal/labelled"
	"bro_exporter/internal/tool"
)

// Node is a process of the sensor.
type Node struct {
	Process string
	Case    string        // the labelled log that it writes
	Grows   string        // what leaks in it besides, a pattern whose second group is a number
	Until   time.Duration // if not 0, it falls silent this time of the log after the start of the exporter
	Alert   string        // the alert that must fire, "" if the process is healthy
	Culprit string        // what the alert must name, "" if it has no finding
}

const (
	memory      = `(Memory: total=)(\d+)`
	entries     = `(Total number of table entries: \d+/)(\d+)`
	intel       = `(Intel::data_store = )(\d+)`
	connections = `(current=)(\d+)` // but not the sessions, behind the slash

	// growth is how much leaks in an hour, as a share of the level: so much that no judge can be in doubt.
	growth = 0.1
)

// Nodes are the processes of the sensor. Those that leak have done so for most of a day or two when the
// exporter starts, so it is sure at its first verdict.
func Nodes() []Node {
	return []Node{
		{Process: "healthy", Case: "constant/flat/noise2/24h/3.0.14"},
		{Process: "healthy-worker", Case: "constant/flat/noise2/24h/7.0.11-worker"},
		{Process: "tables", Case: "diurnal/monday30/noise5/48h/2.3.2", Grows: entries, Alert: "BroTableGrowing", Culprit: "entries of all tables"},
		{Process: "core", Case: "constant/flat/noise2/24h/7.0.11", Grows: memory, Alert: "BroCoreLeak", Culprit: "memory (total)"},
		{Process: "intel", Case: "constant/flat/noise2/24h/2.3.2", Grows: intel, Alert: "BroIntelGrowing", Culprit: "Intel::data_store"},
		{Process: "held", Case: "constant/flat/noise2/24h/7.0.11-worker", Grows: connections, Alert: "BroConnectionsHeld", Culprit: "connections held"},
		{Process: "stuck", Case: "thread-stuck/from6h/flat/noise5/12h/3.0.14", Alert: "BroThreadStuck"},
		{Process: "backlog", Case: "backlog-in/reads95%/daily40/noise10/24h/7.0.11", Alert: "BroQueueInGrowing"},
		{Process: "silent", Case: "constant/flat/noise2/24h/7.0.11", Until: time.Minute, Alert: "BroLogStale"},
	}
}

// every is the time between two snapshots in seconds: four times the usual, and a quarter to write.
const every = 60

// feeds returns the logs of nodes, ready to be fed into the spool directory.
func (s *Stack) feeds(nodes []Node) ([]*feed, error) {
	cases, err := labelled.Cases(os.DirFS(filepath.Join(tool.Root(), "testdata")), 0)
	if err != nil {
		return nil, err
	}
	byName := map[string]labelled.Case{}
	for _, c := range cases {
		byName[c.Name] = c
	}
	var all []*feed
	for _, n := range nodes {
		c, ok := byName[n.Case]
		if !ok {
			return nil, fmt.Errorf("no log is called %q", n.Case)
		}
		log, err := c.OpenEvery(every)
		if err != nil {
			return nil, err
		}
		total := time.Duration(c.Hours * float64(time.Hour))
		all = append(all, &feed{
			log: log, dir: filepath.Join(s.Spool, n.Process), speed: s.Speed, live: s.Live,
			before: total - s.Live, until: n.Until, grows: regexp.MustCompile(n.Grows),
		})
	}
	return all, nil
}
