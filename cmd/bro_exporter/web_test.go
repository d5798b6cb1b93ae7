package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/collector"
	"bro_exporter/internal/spooltest"
	"bro_exporter/spool"
)

// A client that announces a body and sends none must not keep others from their scrape.
func TestClientsWithoutBody(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(4)
	e := start(t, "--prof.path="+spool.Pattern())
	for method, want := range map[string]int{"POST": http.StatusMethodNotAllowed, "GET": http.StatusBadRequest, "HEAD": http.StatusBadRequest} {
		t.Run(method, func(t *testing.T) {
			var clients []net.Conn
			for range 45 {
				c, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				fmt.Fprintf(c, "%s /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", method)
				clients = append(clients, c)
			}
			// Each is refused. A server that waits for the body does not reply, or replies with the metrics.
			for i, c := range clients {
				reply, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
				if err != nil || reply.StatusCode != want {
					t.Fatalf("client %d: reply %v, error %v", i, reply, err)
				}
				reply.Body.Close()
			}
			for range 16 {
				if code, body := e.get("/metrics"); code != http.StatusOK || !strings.Contains(body, `bro_up{process="worker-1"} 1`) {
					t.Fatalf("an honest scrape has code %d:\n%s", code, body)
				}
			}
		})
	}
}

func TestMethods(t *testing.T) {
	server := httptest.NewServer(readOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "page")
	})))
	defer server.Close()
	for method, want := range map[string]int{
		http.MethodGet: http.StatusOK, http.MethodHead: http.StatusOK,
		http.MethodPost: http.StatusMethodNotAllowed, http.MethodPut: http.StatusMethodNotAllowed,
		http.MethodDelete: http.StatusMethodNotAllowed, http.MethodOptions: http.StatusMethodNotAllowed, "X": http.StatusMethodNotAllowed,
	} {
		t.Run(method, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("code %d, want %d", resp.StatusCode, want)
			}
		})
	}
}

func TestTelemetryPath(t *testing.T) {
	for _, good := range []string{"/metrics", "/bro", "/zeek/metrics", "/a.b/c-d_e~f", "/processes"} {
		if err := checkTelemetryPath(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "/", "//", "metrics", "/metrics/", "/a b", "/{x}", "/a//b", "/.", "/../a", "/a?b", "/a%20b", "/a#b", "/ä", "/a\n", "/-/ready", "/-/x", "/-", "/debug/pprof", "/process/metrics", "/style.css", "/filter.js", "/report.css", "GET /x", "host/x"} {
		if err := checkTelemetryPath(bad); err == nil || !strings.Contains(err.Error(), "--web.telemetry-path") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

// lines counts the lines of a log by level.
func lines(log *bytes.Buffer, level slog.Level) int {
	return strings.Count(log.String(), "level="+level.String())
}

func logTo(log *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type failingWriter struct{ header http.Header }

func (w failingWriter) Header() http.Header       { return w.header }
func (w failingWriter) WriteHeader(int)           {}
func (w failingWriter) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// A client that hangs up is one line in the log, however many metrics it lacks and however often
// it comes.
func TestAbortedScrape(t *testing.T) {
	var log bytes.Buffer
	c, err := collector.New(collector.Config{Patterns: spool.DefaultPatterns()})
	if err != nil {
		t.Fatal(err)
	}
	handler := newMetrics(c, nil, &webConfig{}, logTo(&log))
	for range 3 {
		handler.ServeHTTP(failingWriter{http.Header{}}, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	}
	if warnings, errs, all := lines(&log, slog.LevelWarn), lines(&log, slog.LevelError), lines(&log, slog.LevelDebug); warnings != 1 || errs != 0 || all != 2 {
		t.Errorf("%d warnings, %d errors, %d for debugging:\n%s", warnings, errs, all, &log)
	}
}

// A client that accepts no encoding gets the metrics, and the log does not blame it for hanging up.
func TestNoEncoding(t *testing.T) {
	var log bytes.Buffer
	c, err := collector.New(collector.Config{Patterns: spool.DefaultPatterns()})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept-Encoding", "identity;q=0")
	reply := httptest.NewRecorder()
	newMetrics(c, nil, &webConfig{}, logTo(&log)).ServeHTTP(reply, request)
	if reply.Code != http.StatusOK || !strings.Contains(reply.Body.String(), "bro_exporter_processes 0") {
		t.Errorf("code %d:\n%s", reply.Code, reply.Body)
	}
	if lines(&log, slog.LevelWarn) != 1 || !strings.Contains(log.String(), "accepts no encoding") {
		t.Errorf("the log:\n%s", &log)
	}
}

func TestTolerant(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "good", Help: "x"}), broken{})
	gatherer := tolerant{registry, newOccasional(logTo(&log))}
	for range 3 {
		families, err := gatherer.Gather()
		if err != nil || len(families) != 1 {
			t.Errorf("%d families, error %v", len(families), err)
		}
	}
	if errs := lines(&log, slog.LevelError); errs != 1 {
		t.Errorf("%d errors in the log:\n%s", errs, &log)
	}
}

// broken is a collector that fails.
type broken struct{}

func (broken) Describe(chan<- *prometheus.Desc) {}
func (broken) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("bad", "x", nil, nil), errors.New("bad"))
}

func TestServerLog(t *testing.T) {
	var log bytes.Buffer
	server := newServer(nil, "", logTo(&log))
	for range 5 {
		server.ErrorLog.Print("http: TLS handshake error from 192.0.2.1:1: EOF")
	}
	for range 5 {
		server.ErrorLog.Print("http2: server: error reading preface from client 192.0.2.1:1: bogus greeting")
		server.ErrorLog.Print("http: Accept error: accept tcp [::]:10147: accept4: too many open files; retrying in 5ms")
	}
	if warnings, errs := lines(&log, slog.LevelWarn), lines(&log, slog.LevelError); warnings != 2 || errs != 1 {
		t.Errorf("%d warnings, %d errors:\n%s", warnings, errs, &log)
	}
}

// certificate writes a web configuration with a certificate of its own.
func certificate(t *testing.T) (config string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for file, content := range map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"web.yml":  []byte("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "web.yml")
}

// Clients that speak no TLS are warned of once, in the exporter's own log format.
func TestTLS(t *testing.T) {
	config := certificate(t)
	e := launch(t, nil, "--prof.path="+t.TempDir()+"/*/prof.log", "--web.config.file="+config)
	address := strings.TrimPrefix(e.url, "http://")
	for range 5 {
		resp, err := http.Get(e.url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://"+address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("by TLS the code is %d", resp.StatusCode)
	}
	// The log names a broken configuration, whatever has failed before.
	if err := os.WriteFile(config, []byte("tls_server_config: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	if resp, err := client.Do(request); err == nil {
		resp.Body.Close()
		t.Error("connected without a web configuration")
	}
	_, log := e.stop()
	if !strings.Contains(log, "No client can connect: correct the web configuration "+config) {
		t.Errorf("the log does not name the configuration:\n%s", log)
	}
	if n := strings.Count(log, "TLS handshake error"); n != 1 || !strings.Contains(log, `level=WARN`) {
		t.Errorf("%d handshake errors in the log:\n%s", n, log)
	}
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("a line bypasses the log: %s", line)
		}
	}
}

func TestHangup(t *testing.T) {
	e := start(t, "--prof.path="+t.TempDir()+"/*/prof.log")
	for range 3 {
		if err := e.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if code, _ := e.get("/-/healthy"); code != http.StatusOK {
			t.Errorf("code %d", code)
		}
	}
	if code, log := e.stop(); code != 0 {
		t.Errorf("code %d:\n%s", code, log)
	}
}

func TestPprof(t *testing.T) {
	pattern := "--prof.path=" + t.TempDir() + "/*/prof.log"
	for _, test := range []struct {
		name string
		args []string
		want int
	}{
		{name: "by default", args: []string{pattern}, want: http.StatusNotFound},
		{name: "on demand", args: []string{pattern, "--web.enable-pprof"}, want: http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := start(t, test.args...)
			for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap"} {
				if code, _ := e.get(path); code != test.want {
					t.Errorf("%s: code %d, want %d", path, code, test.want)
				}
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	var b bytes.Buffer
	text := "a{b=\"\x1b[31mä\u009b\r\"} 1\n"
	if n, err := (printable{&b}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if want := "a{b=\"\uFFFD[31mä\uFFFD\uFFFD\"} 1\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
