package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/collector"
	"bro_exporter/internal/spooltest"
	"bro_exporter/parse"
	"bro_exporter/spool"
	"bro_exporter/verdict"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func measuredAs[T uint64 | float64](v T) parse.Opt[T] { return parse.Opt[T]{Value: v, Measured: true} }

func process(name string, state collector.State) collector.Process {
	return collector.Process{
		Name: name, Path: "/spool/" + name + "/prof.log", State: state, Changed: now.Add(-10 * time.Second), Size: 5 << 20, CPU: 0.42,
		Newest: &parse.Snapshot{
			Memory:  parse.Memory{Total: measuredAs(uint64(300 << 20))},
			Conns:   parse.Conns{Current: measuredAs(uint64(1234))},
			Threads: parse.Threads{List: []parse.Thread{{Name: "conn/Log::WRITER_ASCII", PendingIn: 5, PendingOut: 2}}},
		},
	}
}

func judged(answer analyze.Answer, findings ...analyze.Finding) verdict.Verdict {
	return verdict.Verdict{Course: []float64{1, 2, 3}, Report: analyze.Report{
		Runs: []analyze.Run{{Answer: answer, Detectable: 1 << 20, UndecidedUntil: now.Add(time.Hour)}}, Findings: findings,
	}}
}

// fleetOfAll has a process of each kind.
func fleetOfAll(filter string) fleet {
	exhausted := judged(analyze.AnswerLeak, analyze.Finding{Level: analyze.Leak, Text: "core: memory grows"})
	exhausted.Exhausted = now.Add(5 * time.Hour)
	unreadable := process("unreadable", collector.Unreadable)
	unreadable.Err = "permission denied: run the exporter as a user who may read it"
	live := process("worker-2", collector.Up)
	live.Live = &collector.LiveProcess{Resident: 100 << 20}
	status := collector.Status{Processes: []collector.Process{
		process("worker-10", collector.Up), live, process("leak", collector.Up), process("stuck", collector.Up),
		process("suspected", collector.Up), process("early", collector.Up), process("stale", collector.Stale),
		process("stale-leak", collector.Stale), unreadable, process("dead", collector.Dead),
	}}
	verdicts := map[string]verdict.Verdict{
		"worker-10": judged(analyze.Fine), "leak": exhausted,
		"stuck":      judged(analyze.AnswerStuck, analyze.Finding{Level: analyze.Stuck, Text: "a thread is stuck"}),
		"suspected":  judged(analyze.AnswerSuspected, analyze.Finding{Level: analyze.Suspected, Text: "a table grows"}),
		"early":      judged(analyze.CannotTell, analyze.Finding{Level: analyze.Note, Text: "young"}),
		"stale-leak": judged(analyze.AnswerLeak, analyze.Finding{Level: analyze.Leak, Text: "a table grows"}),
	}
	return newFleet(status, verdicts, true, filter, now)
}

func TestFleetIsSortedByTrouble(t *testing.T) {
	f := fleetOfAll("")
	var names []string
	for _, r := range f.Rows {
		names = append(names, r.Name)
	}
	want := []string{"stale-leak", "dead", "stale", "unreadable", "leak", "stuck", "suspected", "early", "worker-2", "worker-10"}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if want := "10 processes: 4 are down, 1 leaks, 1 is stuck, 1 may leak."; f.Headline != want {
		t.Errorf("got %q, want %q", f.Headline, want)
	}
}

func TestFleetWords(t *testing.T) {
	words := map[string]string{}
	for _, r := range fleetOfAll("").Rows {
		words[r.Name] = r.Words
	}
	for name, want := range map[string]string{
		"leak":       "Core: memory grows. Memory is used up about 2026-03-01 17:00 UTC.",
		"stale-leak": "The process has written nothing for 10 s: check that it runs and sees traffic. A table grows.",
		"dead":       "The process has died: see its directory for a core file and its stderr.log, then zeekctl diag.",
		"unreadable": "Permission denied: run the exporter as a user who may read it.",
		"early":      "The judge can say more from 2026-03-01 13:00 UTC on.",
		"worker-10":  "A leak of 1.0 MiB/h of memory would have been seen.",
		"worker-2":   "Its prof.log is being read.",
	} {
		if words[name] != want {
			t.Errorf("%s: got %q, want %q", name, words[name], want)
		}
	}
}

// A log that ended before it showed anything needs no waiting.
func TestFleetWordsOfAnOldLog(t *testing.T) {
	status := collector.Status{Processes: []collector.Process{process("worker-1", collector.Stale)}}
	verdicts := map[string]verdict.Verdict{"worker-1": judged(analyze.CannotTell)}
	got := newFleet(status, verdicts, true, "", now.Add(2*time.Hour)).Rows[0].Words
	if want := "A log up to 2026-03-01 13:00 UTC would tell more."; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The clock that stamps the file may differ from ours.
func TestFileOfTheFuture(t *testing.T) {
	p := process("worker-1", collector.Stale)
	p.Modified = now.Add(48 * time.Hour)
	if r := newRow(&p, now); r.Age != "10 s" || !strings.HasPrefix(r.Words, "The process has written nothing for 10 s:") {
		t.Errorf("%q, %q", r.Age, r.Words)
	}
	if list := facts(&p, now); !slices.Contains(list, fact{"written to", "10 s ago"}) {
		t.Errorf("facts %v", list)
	}
}

func TestFleetNumbers(t *testing.T) {
	for _, r := range fleetOfAll("worker").Rows {
		want := row{Name: "worker-10", Age: "10 s", Memory: "300 MiB", Connections: "1,234", Waiting: "7", CPU: "42 %", Spark: "M0 15 30 8 60 1"}
		if r.Name == "worker-2" {
			want.Name, want.Memory, want.Spark = "worker-2", "100 MiB", ""
		}
		r.Words, r.Verdict, r.State, r.rank = "", "", "", 0
		if r != want {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
}

func TestFilter(t *testing.T) {
	for filter, want := range map[string]int{"": 10, "worker": 2, "WORKER-1": 1, "stale leak": 1, "table grows": 2, "nothing else": 0} {
		t.Run(filter, func(t *testing.T) {
			if got := len(fleetOfAll(filter).Rows); got != want {
				t.Errorf("%d rows, want %d", got, want)
			}
		})
	}
}

func TestSpark(t *testing.T) {
	for _, test := range []struct {
		name   string
		course []float64
		want   string
	}{
		{name: "nothing"},
		{name: "one value", course: []float64{1}},
		{name: "zeros", course: []float64{0, 0}},
		{name: "flat", course: []float64{100, 99, 100}, want: "M0 1 30 1 60 1"},
		{name: "steep", course: []float64{0, 50, 100}, want: "M0 15 30 8 60 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := spark(test.course); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The page explains for each place why it has no prof.log.
func TestCauses(t *testing.T) {
	search := func(glob, root string, missing bool, unreadable ...spool.Unreadable) spool.Search {
		return spool.Search{Pattern: spool.Pattern{Glob: glob}, Root: root, Missing: missing, Unreadable: unreadable}
	}
	absent, standalone := search("/opt/bro/spool/*/prof.log", "/opt/bro/spool", true), search("prof.log", ".", false)
	for _, test := range []struct {
		name        string
		searched    []spool.Search
		want        []string
		noProfiling bool
	}{
		{name: "nothing is there", searched: []spool.Search{absent, standalone},
			want: []string{"Nothing is there: /opt/bro/spool/*/prof.log, prof.log. Name the spool directory, as in --prof.path='/opt/zeek/spool/*/prof.log'."}},
		{name: "profiling is off", searched: []spool.Search{absent, search("/opt/zeek/spool/*/prof.log", "/opt/zeek/spool", false), standalone}, noProfiling: true,
			want: []string{"/opt/zeek/spool holds no prof.log: profiling is off, or no process has started since it was turned on."}},
		{name: "not readable", searched: []spool.Search{absent, search("/opt/zeek/spool/*/prof.log", "/opt/zeek/spool", false, spool.Unreadable{Path: "/opt/zeek/spool", Err: fs.ErrPermission})},
			want: []string{"Cannot read /opt/zeek/spool: permission denied: run the exporter as a user who may, such as the one Zeek runs as."}},
		{name: "something is there", searched: []spool.Search{absent, {Matches: 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, noProfiling := causes(spool.Report{Searched: test.searched})
			if !slices.Equal(got, test.want) || noProfiling != test.noProfiling {
				t.Errorf("got %q, %v", got, noProfiling)
			}
		})
	}
}

// newTestSite returns the pages of the prof.logs that match a pattern.
func newTestSite(t testing.TB, pattern string) *http.ServeMux {
	t.Helper()
	c, err := collector.New(collector.Config{Patterns: []spool.Pattern{{Glob: pattern}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	s, err := newSite(c, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	s.register(mux)
	return mux
}

func get(t testing.TB, handler http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// hostile are names that would do harm if they were not shown as text.
var hostile = []string{
	`<script>alert(1)</script>`, `"onmouseover="alert(1)`, `</title><b>`, `javascript:alert(1)`, `{{.}}`,
	"\x1b[31mred", "\xff\xfe", "a b&c=d?e#f", "%3Cb%3E", "\u202egnp.exe", "'", strings.Repeat("x", 200),
}

// Whatever a directory or a thread is called, it is text, and its page is found by its name.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("../../testdata/7.0.11/live/prof.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range hostile {
		node := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.Mkdir(node, 0o755); err != nil {
			t.Fatal(err)
		}
		evil := strings.ReplaceAll(string(text), "conn/Log::WRITER_ASCII", `<img src=x onerror=alert(1)>`)
		if err := os.WriteFile(filepath.Join(node, "prof.log"), []byte(evil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mux := newTestSite(t, dir+"/*/prof.log")
	page := get(t, mux, "/").Body.String()
	links := regexp.MustCompile(`href="(process\?[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) != len(hostile) {
		t.Fatalf("%d links", len(links))
	}
	pages := []string{page}
	for _, link := range links {
		w := get(t, mux, "/"+link[1])
		if w.Code != http.StatusOK {
			t.Errorf("%s: code %d", link[1], w.Code)
		}
		pages = append(pages, w.Body.String())
	}
	pages = append(pages, get(t, mux, "/?filter="+url.QueryEscape(hostile[1])).Body.String())
	for _, page := range pages {
		for _, bad := range []string{"<script>alert", "<img", `"onmouse`, "</title><b>", "\x1b", "\xff", "\u202e"} {
			if strings.Contains(page, bad) {
				t.Errorf("a page holds %q", bad)
			}
		}
	}
}

func TestUnknownProcess(t *testing.T) {
	mux := newTestSite(t, t.TempDir()+"/*/prof.log")
	w := get(t, mux, "/process?name="+url.QueryEscape("<b>"))
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "&lt;b&gt;") {
		t.Errorf("code %d:\n%s", w.Code, w.Body)
	}
}

// No page takes anything from elsewhere, nor lets a script in.
func TestSecurityHeaders(t *testing.T) {
	mux := newTestSite(t, "../../testdata/7.0.11/live/prof.log")
	for _, path := range []string{"/", "/process?name=live", "/process?name=x"} {
		h := get(t, mux, path).Header()
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// many makes the logs of n processes, each with findings.
func many(t testing.TB, n int) fleet {
	var status collector.Status
	verdicts := map[string]verdict.Verdict{}
	for i := range n {
		p := process(fmt.Sprintf("worker-%d-%d", i/16, i%16), collector.Up)
		status.Processes = append(status.Processes, p)
		v := judged(analyze.AnswerLeak, analyze.Finding{Level: analyze.Leak, Text: "script state: table Custom::seen_hosts_of_the_day (97 % of the growth of all tables) grows by 12,345 entries/h, from 123,456 entries to 345,678 entries"})
		v.Course = make([]float64, 24)
		for k := range v.Course {
			v.Course[k] = float64(k*k*7919%131 + k)
		}
		verdicts[p.Name] = v
	}
	return newFleet(status, verdicts, true, "", now)
}

func TestFleetIsNotTooLarge(t *testing.T) {
	s, err := newSite(nil, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.write(w, http.StatusOK, "fleet", many(t, 256))
	if size := w.Body.Len(); size > 300_000 || size < 100_000 {
		t.Errorf("256 processes take %d bytes", size)
	}
}

func BenchmarkFleet(b *testing.B) {
	s, err := newSite(nil, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.write(httptest.NewRecorder(), http.StatusOK, "fleet", many(b, 256))
	}
}

// Every link of the pages leads somewhere, wherever the metrics are.
func TestNoDeadLinks(t *testing.T) {
	node := spooltest.New(t).Node("worker-1")
	node.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	node.Write(4)
	for _, args := range [][]string{nil, {"--web.telemetry-path=/zeek/metrics", "--web.enable-pprof"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			e := start(t, append(args, "--prof.path="+node.Path())...)
			base, err := url.Parse(e.url + "/")
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			queue := []string{base.String()}
			for len(queue) > 0 {
				at := queue[0]
				queue = queue[1:]
				if seen[at] {
					continue
				}
				seen[at] = true
				code, body := e.get(strings.TrimPrefix(at, e.url))
				if code != http.StatusOK {
					t.Errorf("%s has code %d", at, code)
				}
				if strings.Contains(at, "/debug/pprof/") {
					continue // Go's own
				}
				for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
					from, err := url.Parse(at)
					if err != nil {
						t.Fatal(err)
					}
					to, err := from.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
					if err != nil {
						t.Errorf("%s: %v", m[1], err)
						continue
					}
					if to.Fragment = ""; to.Host != base.Host {
						t.Errorf("%s leads to %s", at, to)
						continue
					}
					queue = append(queue, to.String())
				}
			}
			if len(seen) < 7 {
				t.Errorf("only %v were linked", seen)
			}
		})
	}
}
