package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
)

var binary string

// The tests run the program as shipped, built once.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, name)
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// exporter is a running bro_exporter.
type exporter struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	log *bytes.Buffer
	end chan error
}

var listening = regexp.MustCompile(`Listening on.*address=(\S+)`)

// start runs the exporter on a free port.
func start(t *testing.T, args ...string) *exporter {
	t.Helper()
	return startAs(t, nil, args...)
}

// startAs runs the exporter as another user and waits until it is ready.
func startAs(t *testing.T, user *syscall.SysProcAttr, args ...string) *exporter {
	t.Helper()
	e := launch(t, user, args...)
	e.await("/-/ready", "is ready")
	return e
}

// launch runs the exporter until it listens.
func launch(t *testing.T, user *syscall.SysProcAttr, args ...string) *exporter {
	t.Helper()
	args = append([]string{"--web.listen-address=127.0.0.1:0", "--tail.poll-interval=20ms", "--collector.discovery-interval=50ms"}, args...)
	e := &exporter{t: t, cmd: exec.Command(binary, args...), log: &bytes.Buffer{}, end: make(chan error, 1)}
	e.cmd.SysProcAttr = user
	stderr, err := e.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			fmt.Fprintln(e.log, lines.Text())
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
		e.end <- e.cmd.Wait()
	}()
	t.Cleanup(func() { e.cmd.Process.Kill() })
	select {
	case a := <-address:
		e.url = "http://" + a
	case err := <-e.end:
		t.Fatalf("ended at once: %v\n%s", err, e.log)
	case <-time.After(2 * time.Minute):
		t.Fatal("never listened")
	}
	return e
}

func (e *exporter) get(path string) (code int, body string) {
	e.t.Helper()
	resp, err := http.Get(e.url + path)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// await gets a page until it holds all of want.
func (e *exporter) await(path string, want ...string) {
	e.t.Helper()
	spooltest.Await(e.t, func() error {
		_, body := e.get(path)
		for _, w := range want {
			if !strings.Contains(body, w) {
				return fmt.Errorf("%s never held %q:\n%s", path, w, body)
			}
		}
		return nil
	})
}

// stop asks the exporter to stop and returns its exit code and log.
func (e *exporter) stop() (code int, log string) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		e.t.Fatal(err)
	}
	select {
	case err := <-e.end:
		return exitCode(e.t, err), e.log.String()
	case <-time.After(2 * time.Minute):
		e.t.Fatal("did not stop")
		return 0, ""
	}
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// command runs the exporter to its end.
func command(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	err := cmd.Run()
	return exitCode(t, err), out.String(), errs.String()
}

func newest(process string, at float64) string {
	return fmt.Sprintf("bro_prof_last_snapshot_timestamp_seconds{process=%q} %v\n", process, at)
}

func TestServe(t *testing.T) {
	spool := spooltest.New(t)
	worker, manager := spool.Node("worker-1"), spool.Node("manager")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	manager.Start(spooltest.Load(t, "7.0.11-cluster/manager/prof.log"))
	manager.Write(5)
	e := start(t, "--prof.path="+spool.Pattern())
	e.await("/metrics", newest("worker-1", worker.Write(4)), `bro_up{process="manager"} 1`, `bro_up{process="worker-1"} 1`,
		"bro_exporter_build_info{", "bro_exporter_processes 2", "promhttp_metric_handler_requests_total", "go_goroutines")
	e.await("/metrics", newest("worker-1", worker.Write(3)))

	worker.Start(spooltest.Load(t, "7.0.11/restart/prof.run3.log"))
	e.await("/metrics", newest("worker-1", worker.Write(2)), `bro_prof_restarts_total{process="worker-1"} 1`,
		`bro_prof_restarts_total{process="manager"} 0`)

	spool.Node("proxy-1").Start(spooltest.Load(t, "7.0.11-cluster/proxy-1/prof.log"))
	e.await("/metrics", `bro_up{process="proxy-1"} 1`)

	e.await("/", `href="metrics"`, "Bro/Zeek exporter", `href="process?name=worker-1"`)
	e.await("/process?name=worker-1", "packet_filter/Log::WRITER_ASCII", worker.Path())
	e.await("/-/healthy", "is healthy")
	if code, _ := e.get("/nothing"); code != http.StatusNotFound {
		t.Errorf("a page that is not there has code %d", code)
	}
	if code, log := e.stop(); code != 0 || !strings.Contains(log, "Stopping") {
		t.Errorf("stopped with %d:\n%s", code, log)
	}
}

func TestFlags(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(4)
	e := start(t, "--prof.path=sensor="+worker.Path(), "--no-collector.tcp", "--no-collector.threads", "--web.disable-exporter-metrics", "--web.telemetry-path=/bro")
	e.await("/bro", `bro_up{process="sensor"} 1`, "bro_connections_total", "bro_exporter_build_info", "bro_exporter_processes 1")
	_, body := e.get("/bro")
	for _, unwanted := range []string{"bro_tcp_connections", "bro_thread", "go_goroutines", "promhttp"} {
		if strings.Contains(body, unwanted) {
			t.Errorf("%s is exposed", unwanted)
		}
	}
	if code, _ := e.get("/metrics"); code != http.StatusNotFound {
		t.Errorf("/metrics has code %d", code)
	}
}

// The verdicts on the processes are exposed as soon as their logs have been read, unless they are
// switched off.
func TestFindings(t *testing.T) {
	logs, err := filepath.Abs("../../testdata/3.0.14/*/prof.log")
	if err != nil {
		t.Fatal(err)
	}
	e := start(t, "--prof.path="+logs)
	e.await("/metrics", `,process="table-leak",resource="table Leak::conns_seen"} 1`,
		`bro_analysis_span_seconds{process="live"}`, `bro_prof_dropped_series{collector="findings",process="live"} 0`)
	if _, log := e.stop(); !strings.Contains(log, `process=table-leak kind=script-table`) {
		t.Errorf("the log does not tell the leak:\n%s", log)
	}
	off := start(t, "--prof.path="+logs, "--analysis.interval=0s")
	off.await("/metrics", `bro_up{process="live"}`)
	if _, body := off.get("/metrics"); strings.Contains(body, "bro_analysis") || strings.Contains(body, "bro_finding") {
		t.Error("an analysis that is switched off is exposed")
	}
}

func TestOnce(t *testing.T) {
	cluster, err := filepath.Abs("../../testdata/7.0.11-cluster")
	if err != nil {
		t.Fatal(err)
	}
	code, out, _ := command(t, "", "--once", "--prof.path="+cluster+"/*/prof.log")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, process := range []string{"manager", "proxy-1", "worker-1", "worker-2"} {
		if !strings.Contains(out, fmt.Sprintf("bro_memory_total_bytes{process=%q} ", process)) {
			t.Errorf("no memory of %s", process)
		}
	}
	code, out, _ = command(t, filepath.Join(cluster, "manager"), "--once")
	if code != 0 || !strings.Contains(out, `bro_memory_total_bytes{process="bro"} `) {
		t.Errorf("./prof.log: code %d\n%s", code, out)
	}
}

// An error at the start takes one line, and the line says what to do.
func TestWrongUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	broken := filepath.Join(dir, "web.yml")
	if err := os.WriteFile(broken, []byte("tls_server_config:\n  cert_fiel: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keyless := filepath.Join(dir, "tls.yml")
	if err := os.WriteFile(keyless, []byte("tls_server_config:\n  cert_file: cert.pem\n  key_file: gone.pem\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nothing := "--prof.path=" + dir + "/*/prof.log"
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{name: "no prof.log", args: []string{"--once", nothing}, code: 1, want: "holds no prof.log: profiling is off"},
		{name: "no directory", args: []string{"--once", "--prof.path=" + dir + "/none/*/prof.log"}, code: 1, want: "Name the spool directory, as in --prof.path="},
		{name: "a path that leads nowhere", args: []string{"--once", "--prof.path=" + dir + "/none"}, code: 1, want: "Nothing is there: " + dir + "/none."},
		{name: "a directory without one", args: []string{"--once", "--prof.path=" + dir}, code: 1, want: "@load misc/profiling"},
		{name: "a bad pattern", args: []string{"--prof.path=/[/prof.log"}, code: 2, want: "--prof.path: pattern"},
		{name: "an address that is taken", args: []string{nothing, "--web.listen-address=" + taken.Addr().String()}, code: 1, want: "choose another address with --web.listen-address"},
		{name: "an address that is none", args: []string{nothing, "--web.listen-address=192.0.2.1:0"}, code: 1, want: "correct --web.listen-address"},
		{name: "a mistyped web configuration", args: []string{nothing, "--web.config.file=" + broken}, code: 1, want: "field cert_fiel not found"},
		{name: "a key that is not there", args: []string{nothing, "--web.config.file=" + keyless}, code: 1, want: "Cannot use the web configuration"},
		{name: "an interval below zero", args: []string{"--analysis.interval=-1s"}, code: 2, want: "must not be below 0"},
		{name: "no interval", args: []string{"--tail.poll-interval=0s"}, code: 2, want: "must be longer than 0s"},
		{name: "a relative path", args: []string{"--web.telemetry-path=metrics"}, code: 2, want: "write it as /metrics"},
		{name: "an unknown flag", args: []string{"--no-such-flag"}, code: 2, want: "unknown long flag"},
		{name: "help", args: []string{"--help"}},
		{name: "version", args: []string{"--version"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, errs := command(t, dir, test.args...)
			if code != test.code || !strings.Contains(errs, test.want) {
				t.Errorf("code %d, want %d with %q:\n%s", code, test.code, test.want, errs)
			}
		})
	}
}

// A build without make does not know its version.
func TestVersion(t *testing.T) {
	if _, out, _ := command(t, t.TempDir(), "--version"); !strings.HasPrefix(out, "bro_exporter, version unknown") {
		t.Errorf("--version: %s", out)
	}
}

// The web configuration file is read: here it asks for a password, which is "secret".
func TestBasicAuth(t *testing.T) {
	config := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(config, []byte("basic_auth_users:\n  grafana: '$2a$04$b9mNGXmSbY2sIs.fsMTqNOdEFJ82GueHA2DUzQoggYRva.kqcB7RS'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := launch(t, nil, "--prof.path="+t.TempDir()+"/*/prof.log", "--web.config.file="+config)
	if code, _ := e.get("/metrics"); code != http.StatusUnauthorized {
		t.Errorf("without a password the code is %d", code)
	}
	e.url = strings.Replace(e.url, "http://", "http://grafana:secret@", 1)
	e.await("/metrics", "bro_exporter_build_info")
}

func TestManPageAndCompletion(t *testing.T) {
	for flag, want := range map[string][]string{
		"--help-man":                {".TH bro_exporter 1", "--prof.path=[NAME=]GLOB", "--web.listen-address"},
		"--completion-script-bash":  {"complete -F _bro_exporter_bash_autocomplete -o default bro_exporter"},
		"--completion-script-zsh":   {"#compdef bro_exporter"},
		"--completion-bash --prof.": {"--prof.path"},
	} {
		code, out, _ := command(t, "", strings.Fields(flag)...)
		for _, text := range want {
			if code != 0 || !strings.Contains(out, text) {
				t.Errorf("%s: code %d, no %s in\n%s", flag, code, text, out)
			}
		}
	}
}
