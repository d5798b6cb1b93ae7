// Package stack runs what a site runs, all on loopback and without a privilege: bro_exporter,
// Prometheus with the project's rules, Alertmanager. Its sensor is logs that proftool replays, some
// hundred times as fast as they were written, and the rules are made as much faster.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

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
	Exporter, Proftool, Prometheus, Promtool, Alertmanager string
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
	promtool, err := tool.Path("prometheus", "promtool")
	if err != nil {
		return Programs{}, err
	}
	alertmanager, err := tool.Path("alertmanager", "alertmanager")
	return Programs{filepath.Join(dir, "bro_exporter"), filepath.Join(dir, "proftool"), prometheus, promtool, alertmanager}, err
}

// Stack is what runs.
type Stack struct {
	Programs Programs
	// Dir holds what the programs write; Spool is the sensor's.
	Dir, Spool string
	// Speed is how many times as fast as in the logs time passes: 1 in a demo, Fast in a test.
	Speed int
	// Live is how much of each log is written while the exporter runs. What is before was there when it
	// started.
	Live time.Duration
	// Progress tells what Start does, if it is not nil.
	Progress func(string)

	Exporter, Prometheus, Alertmanager *Process
	// Fed is closed when the logs of the nodes have come to their end.
	Fed <-chan struct{}

	all         []*Process
	feedErr     error // once Fed is closed
	stopFeeding func() error
}

// New returns a stack for a test. Nothing runs yet.
func New(programs Programs, dir string) *Stack {
	return &Stack{Programs: programs, Dir: dir, Spool: filepath.Join(dir, "spool"), Speed: Fast, Live: 8 * time.Hour}
}

// Fast is how many times as fast everything happens in a test: half a second is a minute, so often
// Prometheus scrapes.
const Fast = 120

// Start starts everything on the nodes, which have written their logs for a while, and on a real cluster, which
// is healthy. Alertmanager tells the webhook, if it is not "".
func (s *Stack) Start(webhook string, nodes []Node) error {
	feeds, err := s.history(nodes)
	if err != nil {
		return err
	}
	if s.Speed == 1 {
		s.tell("Telling Prometheus what it would have scraped ...")
		if err := s.backfill(); err != nil {
			return err
		}
	}
	s.tell("Starting bro_exporter, Prometheus and Alertmanager ...")
	if err := s.StartAlertmanager(webhook); err != nil {
		return err
	}
	if _, err := s.replayAs("worker-1", "--loop", "--interval="+s.SnapshotInterval(), filepath.Join(tool.Root(), "testdata/7.0.11-cluster")); err != nil {
		return err
	}
	if err := s.StartExporter(); err != nil {
		return err
	}
	if err := s.StartPrometheus(); err != nil {
		return err
	}
	s.feed(feeds)
	return nil
}

// StartSensor starts the programs of a sensor: nodes that have written their logs for a while, and the
// exporter.
func (s *Stack) StartSensor(nodes []Node) error {
	feeds, err := s.history(nodes)
	if err != nil {
		return err
	}
	if err := s.StartExporter(); err != nil {
		return err
	}
	s.feed(feeds)
	return nil
}

// history writes the older part of the nodes' logs, and returns what feeds the rest.
func (s *Stack) history(nodes []Node) ([]*feed, error) {
	feeds, err := s.feeds(nodes)
	if err != nil {
		return nil, err
	}
	s.tell("Writing the logs of the last day and a half ...")
	now := time.Now()
	var writing errgroup.Group
	for _, f := range feeds {
		writing.Go(func() error { return f.history(now) })
	}
	return feeds, writing.Wait()
}

func (s *Stack) tell(text string) {
	if s.Progress != nil {
		s.Progress(text)
	}
}

// backfill gives Prometheus the history of the spool directory, as proftool tells it.
func (s *Stack) backfill() error {
	proftool := exec.Command(s.Programs.Proftool, "backfill", "--quiet", "--label=job="+Job, "--label=instance="+Instance, s.Spool)
	promtool := exec.Command(s.Programs.Promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=48h", "/dev/stdin", s.Dir+"/prometheus")
	var complaints strings.Builder
	proftool.Stderr, promtool.Stderr = &complaints, &complaints
	var err error
	if promtool.Stdin, err = proftool.StdoutPipe(); err != nil {
		return err
	}
	if err := errors.Join(promtool.Start(), proftool.Run(), promtool.Wait()); err != nil {
		return fmt.Errorf("backfill: %w\n%s", err, &complaints)
	}
	return nil
}

// SnapshotInterval is the time between two snapshots of real logs that are replayed.
func (s *Stack) SnapshotInterval() string {
	return min(15*time.Second, 120*time.Second/time.Duration(s.Speed)).String()
}

// feed lets the nodes go on with their logs.
func (s *Stack) feed(feeds []*feed) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	s.Fed = ended
	var feeding errgroup.Group
	for _, f := range feeds {
		feeding.Go(func() error { return f.run(ctx) })
	}
	go func() {
		s.feedErr = feeding.Wait()
		close(ended)
	}()
	s.stopFeeding = func() error {
		cancel()
		<-ended
		return s.feedErr
	}
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
	if s.stopFeeding != nil {
		errs = append(errs, s.stopFeeding())
		s.stopFeeding = nil
	}
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

// scrape is how often Prometheus scrapes and evaluates: a minute of the logs' world in a test. Whoever looks at
// a demo shall not wait.
func (s *Stack) scrape() string {
	if s.Speed == 1 {
		return "5s"
	}
	return (time.Minute / time.Duration(s.Speed)).String()
}

// rules returns a file of rules as this stack's Prometheus evaluates it.
func (s *Stack) rules(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(tool.Root(), "dashboards", name))
	if err != nil {
		return "", err
	}
	if s.Speed == 1 {
		text, err = timelapse.Impatient(text, 10*time.Second)
	} else {
		// The alert compares the logs' time with the clock, which are not the same here.
		text, err = timelapse.Rules(text, s.Speed, "BroMemoryExhaustedSoon")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(text), nil
}

// StartExporter starts the exporter on the spool directory. What it waits for is not made as short
// as the rest, as a busy machine may well halt a process for a second.
func (s *Stack) StartExporter() (err error) {
	address := "127.0.0.1:0"
	if s.Exporter != nil {
		address = host(s.Exporter) // where Prometheus scrapes it
	}
	args := []string{"--web.listen-address=" + address, "--prof.path=" + s.Spool + "/*/prof.log"}
	if s.Speed > 1 {
		args = append(args, "--tail.poll-interval=50ms", "--collector.discovery-interval=250ms", "--collector.stale-after=3s",
			"--analysis.interval="+JudgeInterval.String())
	}
	s.Exporter, err = s.add(Serve(s.Programs.Exporter, args...))
	return err
}

// JudgeInterval is how often the exporter of a test judges each process.
const JudgeInterval = 20 * time.Second

// StopExporter stops the exporter. StartExporter starts it again, at the same address.
func (s *Stack) StopExporter() error {
	s.all = slices.DeleteFunc(s.all, func(p *Process) bool { return p == s.Exporter })
	return s.Exporter.Stop()
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
	config := fmt.Sprintf("global: {scrape_interval: %s, evaluation_interval: %[1]s}\n", s.scrape())
	for _, name := range []string{"recording.yml", "alerts.yml"} {
		text, err := s.rules(name)
		if err != nil {
			return err
		}
		if _, err := s.write(name, text); err != nil {
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
	address, err := freeAddress()
	if err != nil {
		return err
	}
	// Without an external URL the links in alerts lead to the host's name.
	s.Prometheus, err = s.ServePrometheus("--web.listen-address="+address, "--web.external-url=http://"+address,
		"--config.file="+path, "--storage.tsdb.path="+s.Dir+"/prometheus", "--rules.alert.resend-delay=5s")
	return err
}

// freeAddress returns an address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
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

// Serve starts another program that listens, and stops it with the others.
func (s *Stack) Serve(path string, args ...string) (*Process, error) {
	return s.add(Serve(path, args...))
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
