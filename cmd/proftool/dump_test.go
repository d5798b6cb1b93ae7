package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"bro_exporter/cmd/internal/readme"
	"bro_exporter/logs"
	"bro_exporter/parse"
)

// Every release's fields, as they are printed.
func TestDump(t *testing.T) {
	expect(t, "dump.jsonl", output(t, "", "dump", "../../testdata/excerpts/zeek-docs-v9.0.0-rc1.txt", "../../testdata/excerpts/seed-egberts-bro-messaging-block2.txt")+
		output(t, "", "dump", "--last", "../../testdata/3.0.14/table-leak"))
}

// However a log comes, the same is printed of it.
func TestDumpOfAnySource(t *testing.T) {
	text := load(t, "7.0.11/live/prof.log")
	for _, flags := range [][]string{{}, {"--last"}} {
		args := append([]string{"dump"}, flags...)
		want := output(t, "", append(args, "x=../../testdata/7.0.11/live")...)
		if want == "" || len(flags) > 0 && strings.Count(want, "\n") != 1 {
			t.Fatalf("%q prints %q", args, want)
		}
		for _, got := range []string{
			output(t, text, append(args, "x=-")...),
			output(t, zipped(text), append(args, "x=-")...),
			output(t, "", append(args, "x="+file(t, "prof.14:00:00-15:00:00.log.gz", zipped(text)))...),
		} {
			if withoutPaths(got) != withoutPaths(want) {
				t.Errorf("%q prints\n%.500s\nwant\n%.500s", args, got, want)
			}
		}
	}
}

func withoutPaths(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		before, after, _ := strings.Cut(line, `"path":`)
		_, after, _ = strings.Cut(after, ",")
		b.WriteString(before + after)
	}
	return b.String()
}

// Each snapshot is a line of JSON, in order.
func TestDumpHasEverySnapshot(t *testing.T) {
	text := load(t, "3.0.14/live/prof.log")
	r := parse.NewReader(strings.NewReader(text), "")
	lines := strings.Split(strings.TrimSpace(output(t, text, "dump", "-")), "\n")
	for i := 0; r.Scan(); i++ {
		want := r.Record().(*parse.Snapshot)
		var got struct {
			Process    string
			Line       int
			Time       float64
			Expensive  bool
			Connection struct {
				Memory *uint64 `json:"memory_bytes"`
			} `json:"connections"`
			TCPStates [][]int64 `json:"tcp_states"`
			Threads   struct{ List []struct{ Name string } }
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		if got.Process != "stdin" || got.Line != want.Line || got.Time != want.Time || got.Expensive != want.Expensive || len(got.Threads.List) != len(want.Threads.List) {
			t.Fatalf("snapshot %d is %+v, want %+v", i, got, want)
		}
		if (got.Connection.Memory != nil) != want.Expensive {
			t.Fatalf("snapshot %d: a field that was not measured is not absent", i)
		}
		if est := int(parse.Established); got.TCPStates[est][est] != want.TCPStates.Cells[est][est] {
			t.Fatalf("snapshot %d: TCP states %v", i, got.TCPStates)
		}
		lines[i] = ""
	}
	if strings.Join(lines, "") != "" {
		t.Errorf("%d lines are more than there are snapshots", len(lines))
	}
}

// dumped is a line of JSON as encoding/json makes it.
type dumped struct {
	Process string `json:"process"`
	Path    string `json:"path"`
	*parse.Snapshot
}

func encoded(t *testing.T, log logs.Log, s *parse.Snapshot) string {
	t.Helper()
	var line bytes.Buffer
	to := json.NewEncoder(&line)
	to.SetEscapeHTML(false)
	// A copy has nil for a list without items, which is left out.
	if err := to.Encode(dumped{log.Process, log.Path, s.Clone()}); err != nil {
		t.Fatal(err)
	}
	return line.String()
}

// A line is what encoding/json makes of the tags: of every field, and of all real logs.
func TestJSONLine(t *testing.T) {
	var d dump
	check := func(t *testing.T, log logs.Log, s *parse.Snapshot) {
		t.Helper()
		if got, want := string(d.encode(log, s).b), encoded(t, log, s); got != want {
			t.Fatalf("got %swant %s", got, want)
		}
	}
	t.Run("every field", func(t *testing.T) {
		var s parse.Snapshot
		n := 0
		fill(t, reflect.ValueOf(&s).Elem(), &n)
		if n < 90 {
			t.Fatalf("%d fields", n)
		}
		check(t, logs.Log{Process: "a\"b\xff", Path: "c"}, &s)
	})
	t.Run("no field", func(t *testing.T) { check(t, logs.Log{}, &parse.Snapshot{}) })
	t.Run("great and small numbers", func(t *testing.T) {
		for _, v := range []float64{0, 1e-7, 1e-6, 0.1, 1e20, 1e21, 1e300, 1500000000.123456} {
			check(t, logs.Log{}, &parse.Snapshot{Time: v, Timers: parse.Timers{Lag: parse.Opt[float64]{Value: -v, Measured: true}}})
		}
	})
	paths, _ := filepath.Glob("../../testdata/*/*/prof*.log")
	if len(paths) < 30 {
		t.Fatalf("%d logs", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimPrefix(path, "../../testdata/"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := parse.NewReader(bytes.NewReader(text), "")
			for i := 0; r.Scan(); i++ {
				if s, ok := r.Record().(*parse.Snapshot); ok && i%7 == 0 {
					check(t, logs.Log{Process: "bro", Path: path}, s)
				}
			}
		})
	}
}

// fill sets every field that v holds to a value of its own, and counts them.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Struct:
		*n--
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprintf("name %d <&>\u2028\t", *n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Uint16:
		v.SetUint(16)
	case reflect.Uint64:
		v.SetUint(uint64(*n) << 40)
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Int64:
		v.SetInt(-int64(*n))
	default:
		t.Fatalf("a field of kind %v", v.Kind())
	}
}

func TestDumpOfHostileNames(t *testing.T) {
	text := load(t, "7.0.11/live-default-interval/prof.log")
	text = strings.ReplaceAll(text, "conn/Log", "\xff\"<\x01>\xc3/Log")
	out := output(t, text, "dump", "-")
	if !utf8.ValidString(out) || !strings.Contains(out, `"\ufffd\"<\u0001>\ufffd/Log::WRITER_ASCII"`) {
		t.Errorf("the name is not as it should be in\n%.9000s", out)
	}
}

// The README has every field that dump may print, and no other.
func TestReadme(t *testing.T) {
	var sections []readme.Section
	for _, c := range []string{"analyze", "dump", "backfill", "replay"} {
		sections = append(sections, readme.Section{Name: c, Content: readme.Help(output(t, "", c, "--help"))})
	}
	var fields strings.Builder
	fields.WriteString("| field | type |\n|---|---|\n")
	listFields(&fields, "", reflect.TypeFor[dumped]())
	sections = append(sections, readme.Section{Name: "fields", Content: fields.String()})
	readme.Check(t, "README.md", *update, sections...)
	readme.Check(t, "../../README.md", *update, readme.Section{Name: "report", Content: firstFinding(t)})
}

// firstFinding is the beginning of a report, up to its first finding.
func firstFinding(t *testing.T) string {
	t.Helper()
	r := proftool(t, "", "analyze", "../../testdata/3.0.14/table-leak/prof.log")
	text, _, found := strings.Cut(r.stdout, "\n\n  2. ")
	if r.code != leaking || !found {
		t.Errorf("code %d\n%s", r.code, r.stdout)
	}
	return "```\n" + strings.ReplaceAll(text, "../../", "") + "\n  ...\n```\n"
}

func listFields(to *strings.Builder, prefix string, of reflect.Type) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := jsonType(f.Type)
		switch {
		case f.Anonymous:
			listFields(to, prefix, f.Type.Elem())
		case name == "-":
		case kind != "":
			fmt.Fprintf(to, "| `%s%s` | %s |\n", prefix, name, kind)
		case f.Type.Kind() == reflect.Slice:
			listFields(to, prefix+name+"[].", f.Type.Elem())
		default:
			listFields(to, prefix+name+".", f.Type)
		}
	}
}

// jsonType returns what a field is in JSON; nothing for an object.
func jsonType(of reflect.Type) string {
	switch of {
	case reflect.TypeFor[parse.Opt[uint64]](), reflect.TypeFor[parse.Opt[float64]](), reflect.TypeFor[uint64](), reflect.TypeFor[int](), reflect.TypeFor[float64]():
		return "number"
	case reflect.TypeFor[bool]():
		return "boolean"
	case reflect.TypeFor[string](), reflect.TypeFor[parse.Releases]():
		return "string"
	case reflect.TypeFor[parse.TCPStates]():
		return "7 arrays of 7 numbers"
	default:
		return ""
	}
}
