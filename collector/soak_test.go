package collector

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
	"bro_exporter/spool"
)

var soak = flag.Duration("soak", 3*time.Second, "how long TestSoak takes")

// soakNode is a node of the soak and what must be seen of it.
type soakNode struct {
	*spooltest.Node
	logs    []spooltest.Log
	written int // snapshots of the present log
	log     spooltest.Log
	gone    bool
	process string // its name on /metrics
	// forbidden: the directory may not be read. away: the file is not in its place for a moment.
	forbidden, away bool
}

// TestSoak lets 64 nodes live through months in minutes: processes write, restart, are moved
// away by zeekctl, truncated, renamed and removed at random. Whenever they rest for a moment,
// what is exposed of each must be what a plain reading of its file gives, and nothing may pile up.
func TestSoak(t *testing.T) {
	const nodes = 64
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11-cluster/worker-1/prof.log", "7.0.11-cluster/worker-2/prof.log", "7.0.11-cluster/manager/prof.log",
		"3.0.14/threads/prof.log", "2.3.2/threads/prof.log", "7.0.11/custom-no-newline/prof.log", "7.0.11/threads/prof.log")
	asNobody(t, spool.Dir)
	var all []*soakNode
	for i := range nodes {
		name := fmt.Sprintf("worker-%d", i)
		if i%8 == 0 { // the namesake of another node
			name = fmt.Sprintf("other/worker-%d", i+1)
		}
		n := &soakNode{Node: spool.Node(name), logs: logs}
		n.start(random)
		all = append(all, n)
	}
	t.Cleanup(func() {
		for _, n := range all {
			os.Chmod(n.Dir, 0o755)
		}
	})
	other := filepath.Join(spool.Dir, "other", "*", "prof.log")
	w := follow(t, Config{Patterns: patterns(spool.Pattern(), other), PollInterval: 20 * time.Millisecond})
	names := map[string]string{}
	for _, p := range w.collector.Status().Processes {
		names[p.Path] = p.Name
	}
	for _, n := range all {
		n.process = names[n.Path()]
	}
	var begin usageOf
	scrapes, events := 0, 0
	ctx, cancel := context.WithTimeout(t.Context(), *soak)
	defer cancel()
	for round := 0; ctx.Err() == nil; round++ {
		for _, n := range all {
			events += n.live(spool, random)
		}
		w.showsAll(all)
		scrapes++
		if round == 10 {
			begin = usageNow()
		}
		if round%100 == 99 {
			now := usageNow()
			t.Logf("round %d: %d events, %+v", round+1, events, now)
			if now.goroutines > begin.goroutines+5 || now.fds > begin.fds+5 || now.heap > begin.heap+24<<20 {
				t.Fatalf("round %d: %+v, in the beginning %+v", round, now, begin)
			}
		}
	}
	t.Logf("%d rounds, %d events; in the beginning %+v, in the end %+v", scrapes, events, begin, usageNow())
}

func (n *soakNode) start(random *rand.Rand) {
	n.log = n.logs[random.IntN(len(n.logs))]
	n.Start(n.log)
	n.written, n.gone = 0, false
	n.write(2)
}

func (n *soakNode) write(snapshots int) {
	n.Write(snapshots)
	n.written += snapshots
}

// live lets a moment pass for a node and returns how often something happened to it.
func (n *soakNode) live(spool *spooltest.Spool, random *rand.Rand) int {
	if n.forbidden {
		if err := os.Chmod(n.Dir, 0o755); err != nil {
			panic(err)
		}
		n.forbidden = false
		return 1
	}
	if n.away {
		if err := os.Rename(n.Path()+".away", n.Path()); err != nil {
			panic(err)
		}
		n.away = false
		return 1
	}
	if n.gone || n.written+4 > len(n.log) {
		if err := os.MkdirAll(n.Dir, 0o755); err != nil {
			panic(err)
		}
		n.start(random)
		return 1
	}
	switch random.IntN(40) {
	case 0: // zeekctl restart, the old directory kept
		spool.Terminate(n.Node)
		n.start(random)
	case 1: // the same, the old one removed
		if err := os.RemoveAll(spool.Terminate(n.Node)); err != nil {
			panic(err)
		}
		n.start(random)
	case 2: // restart by hand or systemd
		n.start(random)
	case 3: // logrotate's copytruncate; the process goes on
		if err := os.Truncate(n.Path(), 0); err != nil {
			panic(err)
		}
		n.write(2)
	case 4: // the node is taken out of the cluster
		n.Stop()
		if err := os.RemoveAll(n.Dir); err != nil {
			panic(err)
		}
		n.gone = true
	case 5: // somebody forbids the directory
		if err := os.Chmod(n.Dir, 0); err != nil {
			panic(err)
		}
		n.forbidden = true
	case 6: // an automount that blinks
		if err := os.Rename(n.Path(), n.Path()+".away"); err != nil {
			panic(err)
		}
		n.away = true
	case 7: // a script that prints what strangers choose: many lines, or a long one
		n.WriteText("\n" + strings.Repeat(")\n", 8<<10) + strings.Repeat("x", 100_000*random.IntN(20)) + "\n")
		n.write(2)
	case 8: // a clock that jumps
		n.WriteText(strings.ReplaceAll(n.Next(), "17953", "99999"))
		n.written++
	case 9, 10: // an idle process
		return 0
	default:
		n.write(1 + random.IntN(2))
		return 0
	}
	return 1
}

// showsAll waits until all nodes look as they must.
func (w *watch) showsAll(nodes []*soakNode) {
	w.t.Helper()
	want := map[string]map[string]float64{}
	for _, n := range nodes {
		if want[n.process] = nil; n.gone || n.forbidden || n.away {
			continue
		}
		c, err := New(Config{Patterns: []spool.Pattern{{Name: n.process, Glob: n.Path()}}})
		if err != nil {
			w.t.Fatal(err)
		}
		c.Poll()
		want[n.process] = byProcess((&watch{t: w.t, registry: registryOf(c)}).series())[n.process]
	}
	w.until("what a plain reading gives", func(all map[string]float64) bool {
		got := byProcess(all)
		for name, series := range want {
			up := 1.0
			if series == nil {
				up = 0
			}
			if seen, known := all["bro_up process="+name]; !known || seen != up || !maps.Equal(got[name], series) {
				return false
			}
			delete(want, name)
		}
		return true
	})
}

// asNobody lets the test, if it runs as root, do only what any user may, in dir.
func asNobody(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	for d := dir; d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setreuid(-1, nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setreuid(-1, 0); err != nil {
			t.Error(err)
		}
	})
}

type usageOf struct {
	goroutines, fds int
	heap            uint64
}

func usageNow() usageOf {
	fds, _ := os.ReadDir("/proc/self/fd")
	return usageOf{runtime.NumGoroutine(), len(fds), heap()}
}
