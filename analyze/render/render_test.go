package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bro_exporter/analyze"
	"bro_exporter/internal/golden"
)

var update = flag.Bool("update", false, "rewrite golden files")

type format struct {
	name  string
	write func(io.Writer, []analyze.Report, Options) error
}

func formats() []format { return []format{{"txt", Text}, {"json", JSON}, {"html", HTML}} }

// options are those of a host with 16 GiB.
func options() Options {
	return Options{MemoryLimit: func(*analyze.Report) float64 { return 16 * gib }}
}

func rendered(t *testing.T, f func(io.Writer, []analyze.Report, Options) error, reports ...analyze.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, reports, options()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, reports := range cases() {
		for _, f := range formats() {
			if name == "cluster" && f.name != "txt" {
				continue // all that is in it is in others
			}
			t.Run(name+"."+f.name, func(t *testing.T) {
				expect(t, filepath.Join("testdata", name+"."+f.name), withoutStyle(rendered(t, f.write, reports...)))
			})
		}
	}
}

func cases() map[string][]analyze.Report {
	return map[string][]analyze.Report{
		"none":      {},
		"empty":     {empty()},
		"healthy":   {healthy("worker-2")},
		"table":     {leakingTable()},
		"core":      {coreLeak()},
		"stuck":     {stuckThread()},
		"restarted": {restarted()},
		"hostile":   {hostile()},
		"odd":       {notNumbers()},
		"suspected": {suspected()},
		"young":     {young()},
		"cluster":   cluster(),
	}
}

// withoutStyle leaves out what is the same in every page.
func withoutStyle(page string) string {
	before, rest, ok := strings.Cut(page, "<style>")
	if !ok {
		return page
	}
	_, after, _ := strings.Cut(rest, "</style>")
	return before + after
}

func TestNothingSteersATerminal(t *testing.T) {
	for name, reports := range cases() {
		for _, f := range formats() {
			t.Run(name+"."+f.name, func(t *testing.T) {
				for i, r := range rendered(t, f.write, reports...) {
					if r == utf8.RuneError && f.name != "json" || r != '\n' && !strconv.IsPrint(r) {
						t.Fatalf("%q at %d", r, i)
					}
				}
			})
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"conn/Log::WRITER_ASCII":   "conn/Log::WRITER_ASCII",
		`C:\x "quoted"`:            `C:\x "quoted"`,
		"日本語":                      "日本語",
		"a\x1b[31m\n\x00":          `a\x1b[31m\n\x00`,
		"\xff\xfe":                 `\xff\xfe`,
		"\u202e\u009b\u2028\u00a0": `\u202e\u009b\u2028\u00a0`,
		"\ufffd":                   "\ufffd",
		"":                         "",
	} {
		t.Run(want, func(t *testing.T) {
			if got := printable(in); got != want {
				t.Errorf("printable(%q) = %s, want %s", in, got, want)
			}
		})
	}
}

func TestJSONKeepsNames(t *testing.T) {
	const name = "a\x1b\u009b\u202e\U000E0041\U0001F600 <\">"
	r := report(name, nil)
	text := rendered(t, JSON, r)
	var doc jsonDocument
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Processes[0].Process; got != name {
		t.Errorf("got %q, want %q", got, name)
	}
	if strings.ContainsRune(text, 0xE0041) {
		t.Error("a letter that cannot be seen is in it")
	}
}

// The meaning of the answer tells that too little was logged: no note repeats it.
func TestNoNoteRepeatsTheAnswer(t *testing.T) {
	r := young()
	r.Findings = []analyze.Finding{{Kind: analyze.KindYoung, Level: analyze.Note, Text: "seen for 10 min only"}}
	for _, f := range formats() {
		if shown := strings.Contains(rendered(t, f.write, r), "seen for 10 min only"); shown != (f.name == "json") {
			t.Errorf("%s: the note is shown: %v", f.name, shown)
		}
	}
}

func TestStartUpIsToldIfThereIsOne(t *testing.T) {
	run := days(1).run()
	for long, told := range map[time.Duration]bool{0: false, time.Hour: true} {
		run.StartUp = long
		if got := strings.Contains(rendered(t, Text, report("p", nil, run)), "start-up"); got != told {
			t.Errorf("start-up of %v: told is %v", long, got)
		}
	}
}

func TestReportsAreLeftAsTheyWere(t *testing.T) {
	got, want := []analyze.Report{hostile(), leakingTable()}, []analyze.Report{hostile(), leakingTable()}
	for _, f := range formats() {
		rendered(t, f.write, got...)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("a format has changed the reports")
	}
}

func TestGrowthIsNeverHidden(t *testing.T) {
	s := days(1)
	hidden := map[analyze.Verdict]bool{analyze.Flat: true, analyze.WithLoad: true, analyze.Unknown: true}
	for _, verdict := range []analyze.Verdict{
		analyze.Flat, analyze.Grows, analyze.Filling, analyze.WithLoad, analyze.Stepped, analyze.Falls, analyze.Unsettled, analyze.Unknown,
	} {
		r := report("worker-1", nil, s.run(s.with(s.resource("queue under test", analyze.QueuesGroup, analyze.Messages, verdict, level(5)))...))
		t.Run(string(verdict), func(t *testing.T) {
			for _, f := range []struct {
				format
				row string
			}{{format{"txt", Text}, "\n  queue under test "}, {format{"html", HTML}, ">queue under test</th>"}} {
				r.Findings = nil
				if shown := strings.Contains(rendered(t, f.write, r), f.row); shown == hidden[verdict] {
					t.Errorf("%s: the row is there: %v", f.name, shown)
				}
				r.Findings = []analyze.Finding{{Level: analyze.Note, Resources: []string{"queue under test"}}}
				if !strings.Contains(rendered(t, f.write, r), f.row) {
					t.Errorf("%s: there is no row although a finding names the queue", f.name)
				}
			}
		})
	}
}

func TestEarlierRunsAreShownIfAFindingIsAboutThem(t *testing.T) {
	text := rendered(t, Text, restarted())
	for _, want := range []string{"Run 1 of 3", "Run 3 of 3", "And 1 other run without findings."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "Run 2 of 3") {
		t.Error("run 2, which has no finding, is shown")
	}
}

func TestTheWorstProcessIsFirst(t *testing.T) {
	for _, f := range []format{{"txt", Text}, {"html", HTML}} {
		got := rendered(t, f.write, healthy("fine-one"), stuckThread(), coreLeak())
		leak, trouble, fine := strings.Index(got, "worker-1"), strings.Index(got, "logger"), strings.Index(got, "fine-one")
		if leak < 0 || leak > trouble || trouble > fine {
			t.Errorf("%s: leak at %d, trouble at %d, fine at %d", f.name, leak, trouble, fine)
		}
	}
}

func TestTextFitsATerminal(t *testing.T) {
	for name, reports := range cases() {
		if name == "hostile" {
			continue // its path is longer
		}
		for line := range strings.Lines(rendered(t, Text, reports...)) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

func TestColumnsAreAligned(t *testing.T) {
	shown := run{Rows: []row{
		{Name: "日本", First: "1,000", Last: "2", Growth: "-", Interval: "-", Verdict: "flat"},
		{Name: "e\u0301", First: "1", Last: "2", Growth: "-", Interval: "-", Verdict: "flat"},
		{Name: "/a/long/" + strings.Repeat("x", 90) + "/Log::WRITER", First: "2", Last: "30,000", Growth: "1/h", Interval: "1/h to 2/h", Verdict: "grows"},
	}}
	var b strings.Builder
	writeRun(&b, &shown)
	const want = `  RESOURCE                                  FIRST    LAST  GROWTH  VERDICT
  日本                                      1,000       2       -  flat
  é                                             1       2       -  flat
  /a/long/xxxxx…xxxxxxxxxxxxxx/Log::WRITER      2  30,000     1/h  grows
`
	if got := strings.ReplaceAll(b.String(), "e\u0301", "é"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestFailedWritesAreTold(t *testing.T) {
	full := errors.New("no space left on device")
	for _, f := range formats() {
		if err := f.write(failing{full}, cluster(), Options{}); !errors.Is(err, full) {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// expect compares got with the golden file at path, or writes it.
func expect(t *testing.T, path, got string) {
	t.Helper()
	golden.Expect(t, path, got, *update)
}
