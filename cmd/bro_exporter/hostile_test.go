package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
)

// nobody is a user who may only do what the file modes say. Root may do anything.
var nobody = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}

// openTo lets nobody reach dir, which is below a directory of the test.
func openTo(t *testing.T, dir string) {
	t.Helper()
	for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForbiddenDirectory(t *testing.T) {
	spool := spooltest.New(t)
	openTo(t, spool.Dir)
	openTo(t, filepath.Dir(binary))
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	worker, neighbour := spool.Node("worker-1"), spool.Node("worker-2")
	worker.Start(log)
	worker.Write(3)
	neighbour.Start(log)
	neighbour.Write(3)
	e := startAs(t, unprivileged(), "--prof.path="+spool.Pattern())
	e.await("/metrics", `bro_up{process="worker-1"} 1`, `bro_up{process="worker-2"} 1`)
	for range 3 {
		if err := os.Chmod(worker.Dir, 0); err != nil {
			t.Fatal(err)
		}
		e.await("/metrics", `bro_up{process="worker-1"} 0`)
		if _, body := e.get("/metrics"); strings.Contains(body, `bro_memory_total_bytes{process="worker-1"}`) ||
			value(t, body, `bro_prof_read_errors_total{process="worker-1"}`) == 0 {
			t.Errorf("a directory that may not be read: values shown, or errors not counted:\n%s", body)
		}
		e.await("/metrics", newest("worker-2", neighbour.Write(1)))
		stamp := worker.Write(1)
		if err := os.Chmod(worker.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		e.await("/metrics", `bro_up{process="worker-1"} 1`, newest("worker-1", stamp))
	}
	// The file alone, while nothing is written.
	if err := os.Chmod(worker.Path(), 0); err != nil {
		t.Fatal(err)
	}
	e.await("/metrics", `bro_up{process="worker-1"} 0`)
	if code, log := e.stop(); code != 0 || !strings.Contains(log, "permission denied: run the exporter as a user who may read it") {
		t.Errorf("code %d, log:\n%s", code, log)
	}
}

// unprivileged runs a command as nobody, if we are root.
func unprivileged() *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return nobody
	}
	return nil
}

// value returns the value of a series in a scrape.
func value(t *testing.T, body, series string) float64 {
	t.Helper()
	m := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(series) + " (.*)$").FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no %s in:\n%s", series, body)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Clients that dawdle, hang up, or come all at once must leave nothing behind.
func TestClients(t *testing.T) {
	spool := spooltest.New(t)
	log := spooltest.Load(t, "7.0.11/pcap/prof.log")
	for i := range 30 {
		n := spool.Node(fmt.Sprintf("worker-%d", i))
		n.Start(log[100:])
		n.Write(3)
	}
	e := start(t, "--prof.path="+spool.Pattern(), "--web.max-requests=8")
	e.await("/metrics", `bro_up{process="worker-29"} 1`)
	before := e.usage()
	address := strings.TrimPrefix(e.url, "http://")

	var dawdlers []net.Conn
	for range 200 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\nX-")
		dawdlers = append(dawdlers, c)
	}
	for range 50 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
		io.CopyN(io.Discard, c, 1000)
		c.Close()
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			resp, err := http.Get(e.url + "/metrics")
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			switch {
			case err != nil:
				t.Error(err)
			case resp.StatusCode == http.StatusServiceUnavailable:
			case resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `bro_up{process="worker-29"} 1`):
				t.Errorf("code %d, %d bytes", resp.StatusCode, len(body))
			}
		})
	}
	all.Wait()
	// The server ends those that have not said what they want.
	for _, c := range dawdlers {
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatalf("a client that dawdles is still served: %v", err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	spooltest.Await(t, func() error {
		after := e.usage()
		if after.goroutines > before.goroutines+5 || after.fds > before.fds+5 || after.heap > before.heap+32<<20 {
			return fmt.Errorf("before %+v, after %+v", before, after)
		}
		return nil
	})
}

type usage struct{ goroutines, fds, heap float64 }

func (e *exporter) usage() usage {
	e.t.Helper()
	_, body := e.get("/metrics")
	return usage{
		goroutines: value(e.t, body, "go_goroutines"),
		fds:        value(e.t, body, "process_open_fds"),
		heap:       value(e.t, body, "go_memstats_heap_inuse_bytes"),
	}
}
