package labelled

import (
	"bytes"
	"hash/crc64"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"bro_exporter/parse"
)

func cases(t testing.TB) []Case {
	t.Helper()
	all, err := Cases(os.DirFS("../../testdata"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// made returns the cases that the model writes.
func made(t testing.TB) []Case {
	return slices.DeleteFunc(cases(t), func(c Case) bool { return c.spec == nil })
}

func TestSet(t *testing.T) {
	all := cases(t)
	names, classes := map[string]bool{}, map[string]int{}
	for _, c := range all {
		if names[c.Name] {
			t.Errorf("two cases are called %s", c.Name)
		}
		names[c.Name] = true
		classes[c.Class]++
	}
	for class, n := range classes {
		if n < 8 {
			t.Errorf("%d cases of class %s, want 8", n, class)
		}
	}
	if len(all) < 300 {
		t.Errorf("%d cases, want 300", len(all))
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%4d %s", classes[class], class)
	}
}

// A template holds all of its real snapshot, and nothing else.
func TestTemplateIsItsLog(t *testing.T) {
	testdata := os.DirFS("../../testdata")
	for name, o := range outlines() {
		t.Run(name, func(t *testing.T) {
			o.threads = nil
			real, err := readTemplate(testdata, o)
			if err != nil {
				t.Fatal(err)
			}
			log, err := os.ReadFile("../../testdata/" + o.log)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := lastExpensive(string(log))
			stamp, _, _ := strings.Cut(want, " ")
			real.values[expensive] = 1
			var b []byte
			for i := range real.lines {
				b = real.lines[i].append(b, []byte(stamp+" "), real.values)
			}
			if string(b) != want {
				t.Errorf("the snapshot\n%s\nbecame\n%s", want, b)
			}
		})
	}
}

func TestParses(t *testing.T) {
	for _, c := range made(t) {
		t.Run(c.Name, func(t *testing.T) {
			f, err := c.OpenEvery(fewer(&c, 60))
			if err != nil {
				t.Fatal(err)
			}
			parses(t, c.Name, f)
		})
	}
}

// fewer returns the interval, in seconds, at which a log has about n snapshots.
func fewer(c *Case, n float64) float64 { return max(interval, 3600*c.Hours/n) }

func parses(t *testing.T, name string, text io.Reader) {
	r := parse.NewReader(text, name)
	n := 0
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *parse.Snapshot:
			n++
			if !rec.Whole() {
				t.Errorf("snapshot %d is not whole", n)
			}
		case *parse.SyntaxError:
			t.Error(rec)
		}
	}
	if n == 0 || r.Err() != nil || r.Unparsed() != 0 {
		t.Errorf("%d snapshots, %v, %d lines unparsed", n, r.Err(), r.Unparsed())
	}
}

func TestReadsBackAsDriven(t *testing.T) {
	seen := map[string]int{}
	for _, c := range made(t) {
		if seen[c.template.command]++; seen[c.template.command]%20 != 1 {
			continue
		}
		b := c.walk(false)
		for n := 0; n < 200 && b.next(); n++ {
			r := parse.NewReader(bytes.NewReader(b.p.appendTo(nil)), c.Name)
			if !r.Scan() {
				t.Fatalf("%s: snapshot %d is none", c.Name, n)
			}
			agree(t, &c, b.p, r.Record().(*parse.Snapshot))
		}
	}
}

// agree compares a snapshot with what the model set.
func agree(t *testing.T, c *Case, p *process, s *parse.Snapshot) {
	t.Helper()
	v := func(name string) float64 { return p.values[p.t.slot(name)] }
	check := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.051 {
			t.Errorf("%s: snapshot %d: %s is %v, want %v", c.Name, p.written, name, got, want)
		}
	}
	check("time", s.Time, p.time)
	check("total", float64(s.Memory.Total.Value), 1024*v("Memory total"))
	check("total_adj", float64(s.Memory.TotalAdj.Value), 1024*v("Memory total_adj"))
	check("malloced", float64(s.Memory.Malloced.Value), 1024*v("Memory malloced"))
	check("user", s.Runtime.User.Value, v("Run-time user"))
	check("real", s.Runtime.Real.Value, v("Run-time real"))
	check("conns", float64(s.Conns.Total.Value), v("Conns total"))
	check("current", float64(s.Conns.Current.Value), v("Conns current"))
	check("sessions", float64(s.Conns.Sessions.Value), v("Conns current/"))
	check("mem", float64(s.Conns.Mem.Value), v("Conns mem"))
	check("tcp max", float64(s.Conns.TCP.Max.Value), v("Conns tcp/"))
	check("expired", float64(s.Conns.Expired.Value), v("Connections expired due to inactivity"))
	check("reassembler", float64(s.Reassembly.Value), 1024*v("Total reassembler data"))
	check("timers", float64(s.Timers.Current.Value), v("Timers current"))
	check("requests", float64(s.DNS.Requests.Value), v("DNS_Mgr requests"))
	check("pending", float64(s.DNS.Pending.Value), v("DNS_Mgr pending"))
	check("triggers", float64(s.Triggers.Total.Value), v("Triggers total"))
	check("events_out", float64(s.Comm.EventsOut.Value), v("Comm events_out"))
	check("threads", float64(s.Threads.Current.Value), float64(len(s.Threads.List)))
	check("expensive", btof(s.Expensive), v("expensive"))
	var timers float64
	for _, timer := range s.Timers.ByName {
		timers += float64(timer.Pending)
	}
	check("sum of timers", timers, v("Timers current"))
	var states float64
	for _, row := range s.TCPStates.Cells {
		for _, cell := range row {
			states += float64(cell)
		}
	}
	check("sum of TCP states", states, v("Conns tcp"))
	for _, th := range p.threads {
		if p.values[th.line.shown] != 0 {
			agreeThread(t, c, p.values[th.line.slot:], find(s, th.line.name))
		}
	}
	if s.Expensive {
		check("entries", float64(s.Globals.Entries.Value), v("Total number of table entries"))
		check("recursive", float64(s.Globals.EntriesRecursive.Value), v("Total number of table entries/"))
		check("size", float64(s.Globals.Size.Value), 1024*v("Global_sizes total"))
	}
}

func find(s *parse.Snapshot, name string) parse.Thread {
	i := slices.IndexFunc(s.Threads.List, func(th parse.Thread) bool { return th.Name == name })
	return s.Threads.List[i]
}

func agreeThread(t *testing.T, c *Case, v []float64, th parse.Thread) {
	t.Helper()
	got := [...]uint64{th.In, th.Out, th.PendingIn, th.PendingOut, th.InReads, th.InWrites, th.OutReads, th.OutWrites}
	for i := range got {
		if float64(got[i]) != v[i] {
			t.Errorf("%s: %s: number %d is %d, want %v", c.Name, th.Name, i, got[i], v[i])
		}
	}
	if th.In != th.InWrites || th.PendingIn != th.InWrites-th.InReads || th.PendingOut != th.OutWrites-th.OutReads {
		t.Errorf("%s: %s: %+v", c.Name, th.Name, th)
	}
}

func btof(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestSameEachTime(t *testing.T) {
	first, second := made(t), made(t)
	for i := 0; i < len(first); i += 61 {
		if sum(t, &first[i]) != sum(t, &second[i]) {
			t.Errorf("%s differs from time to time", first[i].Name)
		}
	}
}

func sum(t *testing.T, c *Case) uint64 {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	if _, err := c.WriteTo(h); err != nil {
		t.Fatal(err)
	}
	return h.Sum64()
}

func TestReadAndWriteToAgree(t *testing.T) {
	c := made(t)[0]
	f, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(struct{ io.Reader }{f})
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if _, err := c.WriteTo(&written); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read, written.Bytes()) {
		t.Errorf("%d bytes read, %d written", len(read), written.Len())
	}
}

func BenchmarkText(b *testing.B) {
	all := made(b)
	for name := range outlines() {
		b.Run(name, func(b *testing.B) {
			i := slices.IndexFunc(all, func(c Case) bool { return c.spec.template == name && c.Hours >= 12 })
			var n int64
			for b.Loop() {
				n, _ = all[i].WriteTo(io.Discard)
			}
			b.SetBytes(n)
		})
	}
}
