// Package spooltest plays what happens in the spool directory of a sensor: Bro processes that
// write their prof.log as they really do, and zeekctl and people who move, truncate and
// forbid.
//
//	spool := spooltest.New(t)
//	worker := spool.Node("worker-1")
//	worker.Start(spooltest.Load(t, "7.0.11/restart/prof.run1.log"))
//	worker.Write(3)
//	spool.Terminate(worker)
package spooltest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"bro_exporter/replay"
)

// Log is a real prof.log in the pieces that a process wrote: each ends with all lines of a
// snapshot but Comm, which lacks its newline and is written with the next.
type Log []replay.Snapshot

// Load reads the log at path, below testdata.
func Load(t testing.TB, path string) Log {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	file, err := os.Open(filepath.Join(filepath.Dir(here), "../../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var log Log
	for snapshot, err := range replay.Split(file) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, snapshot)
	}
	return log
}

// Time returns the time stamp of the log's snapshot i.
func (l Log) Time(i int) float64 { return l[i].Time }

// Spool is a spool directory.
type Spool struct {
	t    testing.TB
	Dir  string
	gone int
}

// New makes a spool directory that lasts as long as the test.
func New(t testing.TB) *Spool { return &Spool{t: t, Dir: t.TempDir()} }

// Pattern matches the prof.logs of all nodes.
func (s *Spool) Pattern() string { return filepath.Join(s.Dir, "*", "prof.log") }

// Node makes the directory of a node.
func (s *Spool) Node(name string) *Node {
	n := &Node{t: s.t, Name: name, Dir: filepath.Join(s.Dir, name)}
	n.do(os.MkdirAll(n.Dir, 0o755))
	s.t.Cleanup(n.Stop)
	return n
}

// Terminate does what zeekctl does when a node stops or crashes: it moves the directory away,
// and makes an empty one. It returns where the old one is now.
func (s *Spool) Terminate(n *Node) (old string) {
	n.t.Helper()
	n.Stop()
	s.gone++
	old = filepath.Join(s.Dir, "tmp", fmt.Sprintf("post-terminate-%s-%d", n.Name, s.gone))
	n.do(os.MkdirAll(filepath.Dir(old), 0o755))
	n.do(os.Rename(n.Dir, old))
	n.do(os.Mkdir(n.Dir, 0o755))
	return old
}

// Node is one Bro process and its directory.
type Node struct {
	t       testing.TB
	Name    string
	Dir     string
	log     Log
	next    int // snapshot of log to write
	process *replay.Process
}

// Path returns the node's prof.log.
func (n *Node) Path() string { return filepath.Join(n.Dir, "prof.log") }

// Start starts the process that wrote log: it truncates prof.log, and keeps it open. Nothing is
// written yet.
func (n *Node) Start(log Log) {
	n.t.Helper()
	n.Stop()
	process, err := replay.Start(n.Dir)
	n.do(err)
	n.log, n.next, n.process = log, 0, process
}

// Write writes the next snapshots of the log and returns the time stamp of the last.
func (n *Node) Write(snapshots int) float64 {
	n.t.Helper()
	for range snapshots {
		n.WriteText(n.Next())
	}
	return n.log.Time(n.next - 1)
}

// Next takes the text of the next snapshot without writing it.
func (n *Node) Next() string {
	n.t.Helper()
	if n.next == len(n.log) {
		n.t.Fatalf("%s: the log has no more than %d snapshots", n.Name, n.next)
	}
	n.next++
	return n.log[n.next-1].Text
}

// WriteText writes any text.
func (n *Node) WriteText(text string) {
	n.t.Helper()
	n.do(n.process.Write(text))
}

// Stop stops the process; what it wrote stays.
func (n *Node) Stop() {
	if n.process != nil {
		n.do(n.process.Stop())
		n.process = nil
	}
}

func (n *Node) do(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// Await asks every few milliseconds until the answer is no error. It is for what tells nobody when it changes,
// such as a page. After two minutes the last error fails the test.
func Await(t testing.TB, ask func() error) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	never := time.After(2 * time.Minute)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-never:
			t.Fatal(err)
		case <-tick.C:
		}
	}
}
