// Package e2e_test tries all of it together: real logs, exporter, Prometheus, rules, Alertmanager.
package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bro_exporter/e2e/stack"
	"bro_exporter/internal/tool"
)

func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true // what is left of them would look like a leak
	goleak.VerifyTestMain(m)
}

// alert is one that Alertmanager tells a webhook of.
type alert struct {
	Status      string
	Labels      map[string]string
	Annotations map[string]string
}

func (a alert) String() string {
	return fmt.Sprintf("%s %s of %s: %s", a.Status, a.Labels["alertname"], a.Labels["process"], a.Annotations["description"])
}

// webhook receives alerts.
func webhook(t *testing.T) (url string, alerts <-chan alert) {
	received := make(chan alert, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Alerts []alert }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		for _, a := range message.Alerts {
			received <- a
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, received
}

func newStack(t *testing.T) *stack.Stack {
	t.Helper()
	bin := t.TempDir()
	programs, err := stack.Build(bin)
	check(t, err)
	s := stack.New(programs, t.TempDir(), stack.Speed)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Logs())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAlerts(t *testing.T) {
	s := newStack(t)
	url, alerts := webhook(t)
	replay, err := s.Start(url)
	check(t, err)
	r := receiver{t: t, alerts: alerts, replay: replay, begin: time.Now()}
	r.await("firing", "BroProcessDown", "silent")
	restart(t, s, "silent")
	r.await("resolved", "BroProcessDown", "silent")
	for _, n := range stack.Nodes() {
		if n.Alert != "" {
			r.await("firing", n.Alert, n.Process)
		}
	}
	t.Run("panels", func(t *testing.T) { panels(t, s) })
	r.drain()
}

// restart lets a process start again, as zeekctl does: in a new directory.
func restart(t *testing.T, s *stack.Stack, process string) {
	t.Helper()
	check(t, os.RemoveAll(filepath.Join(s.Spool, process)))
	_, err := s.Replay("--loop", "--interval=500ms", process+"="+filepath.Join(tool.Root(), "testdata/7.0.11/live/prof.log"))
	check(t, err)
}

// receiver looks at alerts as they arrive.
type receiver struct {
	t      *testing.T
	alerts <-chan alert
	replay *stack.Process
	begin  time.Time
	seen   []alert
}

// await waits for an alert on a process, or for its end.
func (r *receiver) await(status, name, process string) {
	r.t.Helper()
	is := func(a alert) bool {
		return a.Status == status && a.Labels["alertname"] == name && a.Labels["process"] == process
	}
	if slices.ContainsFunc(r.seen, is) {
		return
	}
	for {
		select {
		case a := <-r.alerts:
			if r.receive(a); is(a) {
				return
			}
		case <-r.replay.Ended:
			r.t.Fatalf("the replay has ended (%v), and %s of %s was never %s", r.replay.Err(), name, process, status)
		}
	}
}

// drain looks at what else has arrived.
func (r *receiver) drain() {
	for {
		select {
		case a := <-r.alerts:
			r.receive(a)
		default:
			return
		}
	}
}

// receive checks that an alert tells all that it must, and that its process is one of the troubled.
func (r *receiver) receive(a alert) {
	r.t.Helper()
	r.t.Log(time.Since(r.begin).Round(time.Second), a)
	r.seen = append(r.seen, a)
	process := a.Labels["process"]
	if process == "" {
		return // of the exporter: a machine that halts it for seconds halts it for minutes of the logs' time
	}
	if !slices.ContainsFunc(stack.Nodes(), func(n stack.Node) bool { return n.Process == process && n.Alert != "" }) {
		r.t.Errorf("false alarm: %v", a)
	}
	if !strings.Contains(a.Annotations["description"], process) {
		r.t.Errorf("the description does not name the process: %v", a)
	}
	if want := "#" + strings.ToLower(a.Labels["alertname"]); !strings.HasSuffix(a.Annotations["runbook_url"], want) {
		r.t.Errorf("the runbook of %v is %q, not ...%s", a, a.Annotations["runbook_url"], want)
	}
	if a.Annotations["summary"] == "" || a.Labels["severity"] == "" || a.Labels["job"] != stack.Job || a.Labels["instance"] != stack.Instance {
		r.t.Errorf("incomplete: %v %v", a.Labels, a.Annotations)
	}
}
