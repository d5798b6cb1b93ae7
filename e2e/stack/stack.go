// Package stack runs what a site runs, all on loopback and without a privilege: bro_exporter,
// Prometheus with the project's rules, Alertmanager. Its sensor is logs that proftool replays, some
// hundred times as fast as they were written, and the rules are made as much faster.
package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bro_exporter/e2e/timelapse"
	"bro_exporter/internal/tool"
)

// The labels of all series of the sensor host.
const (
	Job      = "zeek"
	Instance = "sensor1:10147"
)

// Programs are the paths of what runs.
type Programs struct {
	Exporter, Proftool, Prometheus, Alertmanager string
}

// Build builds the project's programs into dir, and the others where the Go command keeps them. A
// Prometheus made so has no web pages; one that has is taken from the environment's PROMETHEUS.
func Build(dir string) (Programs, error) {
	build := exec.Command("go", "build", "-o", dir+"/", "./cmd/bro_exporter", "./cmd/proftool")
	build.Dir, build.Stderr = tool.Root(), os.Stderr
	if err := build.Run(); err != nil {
		return Programs{}, fmt.Errorf("cannot build bro_exporter: %w", err)
	}
	prometheus := os.Getenv("PROMETHEUS")
	if prometheus == "" {
		var err error
		if prometheus, err = tool.Path("prometheus", "prometheus"); err != nil {
			return Programs{}, err
		}
	}
	alertmanager, err := tool.Path("alertmanager", "alertmanager")
	return Programs{filepath.Join(dir, "bro_exporter"), filepath.Join(dir, "proftool"), prometheus, alertmanager}, err
}

// Stack is what runs.
type Stack struct {
	Programs Programs
	// Dir holds what the programs write; Spool is the sensor's.
	Dir, Spool string
	// Speed is how many times as fast as in the logs time passes.
	Speed int

	Exporter, Prometheus, Alertmanager *Process

	all []*Process
}

// New returns a stack of which nothing runs yet.
func New(programs Programs, dir string, speed int) *Stack {
	return &Stack{Programs: programs, Dir: dir, Spool: filepath.Join(dir, "spool"), Speed: speed}
}

// Speed is how many times as fast everything happens in Start: half a second is a minute, so often
// Prometheus scrapes, and five minutes are enough for a leak to show.
const Speed = 120

// Start starts everything: the sensor's nodes and a real cluster, which is healthy. Alertmanager tells
// the webhook, if it is not "". Arguments are for proftool replay; it returns that of the nodes.
func (s *Stack) Start(webhook string, args ...string) (replay *Process, err error) {
	logs, silent, err := writeLogs(s.Dir, Nodes())
	if err != nil {
		return nil, err
	}
	if err := s.StartAlertmanager(webhook); err != nil {
		return nil, err
	}
	speed := fmt.Sprintf("--speed=%d", s.Speed)
	if _, err := s.Replay(append(silent, speed)...); err != nil {
		return nil, err
	}
	if replay, err = s.Replay(append(append(args, speed), logs...)...); err != nil {
		return nil, err
	}
	if _, err := s.replayAs("worker-1", "--loop", "--interval=1s", filepath.Join(tool.Root(), "testdata/7.0.11-cluster")); err != nil {
		return nil, err
	}
	if err := s.StartExporter(); err != nil {
		return nil, err
	}
	return replay, s.StartPrometheus()
}

// Ended tells the first server that ends.
func (s *Stack) Ended() <-chan *Process {
	servers := []*Process{s.Exporter, s.Prometheus, s.Alertmanager}
	first := make(chan *Process, len(servers))
	for _, p := range servers {
		go func() {
			<-p.Ended
			first <- p
		}()
	}
	return first
}

// add keeps a process, to stop it with the others.
func (s *Stack) add(p *Process, err error) (*Process, error) {
	if err == nil {
		s.all = append(s.all, p)
	}
	return p, err
}

// Stop stops everything, the last first.
func (s *Stack) Stop() error {
	var errs []error
	for i := len(s.all) - 1; i >= 0; i-- {
		errs = append(errs, s.all[i].Stop())
	}
	s.all = nil
	return errors.Join(errs...)
}

// Logs returns what all programs have said.
func (s *Stack) Logs() string {
	var b strings.Builder
	for _, p := range s.all {
		fmt.Fprintf(&b, "== %s\n%s", p.Name, p.Log())
	}
	return b.String()
}

// fast is a duration of the logs' world.
func (s *Stack) fast(d time.Duration) string { return (d / time.Duration(s.Speed)).String() }

// scrape is how often Prometheus scrapes and evaluates, in the logs' world.
const scrape = time.Minute

// StartExporter starts the exporter on the spool directory. What it waits for is not made as short
// as the rest, as a busy machine may well halt a process for a second.
func (s *Stack) StartExporter() (err error) {
	s.Exporter, err = s.add(Serve(s.Programs.Exporter, "--web.listen-address=127.0.0.1:0", "--prof.path="+s.Spool+"/*/prof.log",
		"--tail.poll-interval=50ms", "--collector.discovery-interval=250ms", "--collector.stale-after=3s"))
	return err
}

// StartAlertmanager starts Alertmanager, which tells a webhook of alerts, and of their end.
func (s *Stack) StartAlertmanager(webhook string) error {
	config := `route: {receiver: webhook, group_by: [alertname, process], group_wait: 0s, group_interval: 1s, repeat_interval: 1d}
receivers:
  - name: webhook
`
	if webhook != "" {
		config += "    webhook_configs: [{url: '" + webhook + "'}]\n"
	}
	path, err := s.write("alertmanager.yml", config)
	if err != nil {
		return err
	}
	s.Alertmanager, err = s.add(Serve(s.Programs.Alertmanager, "--config.file="+path, "--storage.path="+s.Dir+"/alertmanager",
		"--web.listen-address=127.0.0.1:0", "--cluster.listen-address="))
	return err
}

// StartPrometheus starts Prometheus, which scrapes the exporter and tells Alertmanager of alerts.
func (s *Stack) StartPrometheus() error {
	config := fmt.Sprintf("global: {scrape_interval: %s, evaluation_interval: %[1]s}\n", s.fast(scrape))
	for _, name := range []string{"recording.yml", "alerts.yml"} {
		text, err := os.ReadFile(filepath.Join(tool.Root(), "dashboards", name))
		if err != nil {
			return err
		}
		// It compares the logs' time with the clock, which are not the same here.
		if text, err = timelapse.Rules(text, s.Speed, "BroMemoryExhaustedSoon"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := s.write(name, string(text)); err != nil {
			return err
		}
	}
	config += "rule_files: [recording.yml, alerts.yml]\n"
	config += "alerting: {alertmanagers: [{static_configs: [{targets: ['" + host(s.Alertmanager) + "']}]}]}\n"
	config += s.ScrapeConfig()
	path, err := s.write("prometheus.yml", config)
	if err != nil {
		return err
	}
	s.Prometheus, err = s.ServePrometheus("--web.listen-address=127.0.0.1:0", "--config.file="+path, "--storage.tsdb.path="+s.Dir+"/prometheus", "--rules.alert.resend-delay=5s")
	return err
}

// ScrapeConfig is the part of a configuration that scrapes the exporter.
func (s *Stack) ScrapeConfig() string {
	return "scrape_configs: [{job_name: " + Job + ", static_configs: [{targets: ['" + host(s.Exporter) + "'], labels: {instance: '" + Instance + "'}}]}]\n"
}

// ServePrometheus starts a Prometheus and waits until it is ready.
func (s *Stack) ServePrometheus(args ...string) (*Process, error) {
	p, err := s.add(Serve(s.Programs.Prometheus, args...))
	if err != nil {
		return nil, err
	}
	return p, Await("that Prometheus is ready", func() error {
		return fetch(p.URL+"/-/ready", nil)
	})
}

// Replay plays logs into the spool directory, as "proftool replay" does with these arguments.
func (s *Stack) Replay(args ...string) (*Process, error) {
	return s.add(Run(s.Programs.Proftool, s.replay(args)...))
}

func (s *Stack) replay(args []string) []string {
	return append([]string{"replay", "--spool=" + s.Spool}, args...)
}

// replayAs is Replay by a program that is called zeek, as the live process of one node: the exporter
// finds it by its .pid, as zeekctl writes it.
func (s *Stack) replayAs(node string, args ...string) (*Process, error) {
	zeek := filepath.Join(s.Dir, "zeek")
	if err := os.Symlink(s.Programs.Proftool, zeek); err != nil {
		return nil, err
	}
	p, err := s.add(Run(zeek, s.replay(args)...))
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.Spool, node)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return p, os.WriteFile(filepath.Join(dir, ".pid"), []byte(strconv.Itoa(p.cmd.Process.Pid)), 0o644)
}

func (s *Stack) write(name, text string) (path string, err error) {
	path = filepath.Join(s.Dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

func host(p *Process) string { return strings.TrimPrefix(p.URL, "http://") }

// Await asks again and again, until the answer is no error.
func Await(what string, ask func() error) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain %s: %w", what, err)
		}
		<-tick.C
	}
}

// fetch gets a page and reads its JSON into v, if that is not nil.
func fetch(url string, v any) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if v != nil {
		err = json.NewDecoder(resp.Body).Decode(v)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %v", url, resp.Status, v)
	}
	return err
}
