package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"bro_exporter/internal/labelled"
	"bro_exporter/internal/tool"
	"bro_exporter/replay"
)

// Node is a process of the sensor.
type Node struct {
	Process string
	Case    string        // the labelled log that it writes
	Grows   string        // what is made to leak in it, a pattern whose second group is a number
	Until   time.Duration // it falls silent at that age, if it is not 0
	Alert   string        // what there must be an alert on, "" if it is healthy
}

const (
	memory  = `(Memory: total=)(\d+)`
	entries = `(Total number of table entries: \d+/)(\d+)`

	// growth is how much that leaks in an hour, as a share of its level: so much that it can be told
	// from the load even on a machine whose stalls make the load seem to swing.
	growth = 0.2
)

// Nodes are the processes of the sensor. The rules leave out eight hours of start-up.
func Nodes() []Node {
	return []Node{
		{Process: "healthy", Case: "noise/flat/noise5/12h/3.0.14"},
		{Process: "healthy-worker", Case: "constant/flat/noise1/12h/7.0.11-worker"},
		{Process: "tables", Case: "constant/flat/noise1/12h/2.3.2", Grows: entries, Alert: "BroTableEntriesGrowing"},
		{Process: "core", Case: "noise/flat/noise5/12h/7.0.11-worker", Grows: memory, Alert: "BroCoreLeakSuspected"},
		{Process: "intel", Case: "intel/5%/h/starved/flat/noise3/12h/3.0.14", Alert: "BroWatchedGlobalGrowing"},
		{Process: "held", Case: "conns-held/5%/h/wandering/flat/noise3/12h/7.0.11", Alert: "BroConnectionsHeld"},
		{Process: "stuck", Case: "thread-stuck/from6h/flat/noise5/12h/3.0.14", Alert: "BroThreadStuck"},
		{Process: "backlog", Case: "backlog-in/reads99%/flat/noise10/12h/7.0.11", Alert: "BroQueueInGrowing"},
		{Process: "silent", Case: "constant/flat/noise1/12h/7.0.11", Until: 2 * time.Hour, Alert: "BroProcessDown"},
	}
}

// writeLogs writes their logs to files, and returns them as NAME=LOG, as proftool is given them: those
// that go on, and those that end.
func writeLogs(dir string, nodes []Node) (logs, silent []string, err error) {
	cases, err := labelled.Cases(os.DirFS(filepath.Join(tool.Root(), "testdata")), 0)
	if err != nil {
		return nil, nil, err
	}
	byName := map[string]labelled.Case{}
	for _, c := range cases {
		byName[c.Name] = c
	}
	for _, n := range nodes {
		c, ok := byName[n.Case]
		if !ok {
			return nil, nil, fmt.Errorf("no log is called %q", n.Case)
		}
		path := filepath.Join(dir, n.Process+".log")
		if err := n.write(path, c); err != nil {
			return nil, nil, err
		}
		if n.Until > 0 {
			silent = append(silent, n.Process+"="+path)
		} else {
			logs = append(logs, n.Process+"="+path)
		}
	}
	return logs, silent, nil
}

var realTime = regexp.MustCompile(` real=([\d.]+)`)

// every is the time between two blocks in seconds, twice the usual: half as much to write.
const every = 30

func (n Node) write(path string, c labelled.Case) error {
	log, err := c.OpenEvery(every)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	grows := regexp.MustCompile(n.Grows)
	for block, err := range replay.Split(log) {
		if err != nil {
			return err
		}
		age, err := age(block)
		if err != nil {
			return fmt.Errorf("%s: %w", n.Case, err)
		}
		if n.Until > 0 && age > n.Until {
			return nil
		}
		if n.Grows != "" {
			block.Text = grow(block.Text, grows, age)
		}
		if _, err := file.WriteString(block.Text); err != nil {
			return err
		}
	}
	return nil
}

// age is how long the process had run that wrote a block.
func age(block replay.Snapshot) (time.Duration, error) {
	m := realTime.FindStringSubmatch(block.Text)
	if m == nil {
		return 0, fmt.Errorf("a block without real=: %.200q", block.Text)
	}
	seconds, err := strconv.ParseFloat(m[1], 64)
	return time.Duration(seconds * float64(time.Second)), err
}

// grow makes a number larger, the more the older its process is.
func grow(text string, number *regexp.Regexp, age time.Duration) string {
	return number.ReplaceAllStringFunc(text, func(s string) string {
		m := number.FindStringSubmatch(s)
		n, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return s
		}
		return fmt.Sprintf("%s%.0f", m[1], n*(1+growth*age.Hours()))
	})
}
