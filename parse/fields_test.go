package parse

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// fieldsLine is a line that holds a keyword and fields. Its submatches are what stands before the
// fields, and the fields.
var fieldsLine = regexp.MustCompile(`(?m)^([0-9]{1,12}\.[0-9]{6} (?:Memory:|Run-time:|Conns:|RuleMatcher:|Timers:|DNS_Mgr:|Triggers:|Threads:|Comm:|Connections expired due to inactivity: [0-9]+|Total reassembler data: [0-9]+K|Global_sizes total: [0-9]+K|Global_sizes > 100k: 0K|Total number of table entries: [0-9]+/[0-9]+))((?: (?:[a-z+_]+=[^ \n]+|malloced: [0-9]+K))*)( ?| [0-9]{1,12}\.[0-9]{6} -+| [0-9]{1,12}\.[0-9]{6} +[0-9]+/[0-9]+ entries)$\n`)

var oneField = regexp.MustCompile(` (?:[a-z+_]+=[^ \n]+|malloced: [0-9]+K)`)

// withFields returns text with fields that no release writes, in about one of n places in which a
// release might, and how many.
func withFields(text []byte, random *rand.Rand, n int) (changed []byte, fields int) {
	add := func(b []byte) []byte {
		if random.IntN(n) > 0 {
			return b
		}
		fields++
		return append(b, []string{" x=1", " bar=3.5s", " new_field=7/8K"}[random.IntN(3)]...)
	}
	changed = fieldsLine.ReplaceAllFunc(text, func(line []byte) []byte {
		m := fieldsLine.FindSubmatch(line)
		if len(m[2]) == 0 && bytes.HasSuffix(m[1], []byte(":")) || bytes.Count(line, []byte("malloced:")) > 1 {
			return line // no release writes such a line
		}
		b := add(bytes.Clone(m[1]))
		for _, field := range oneField.FindAll(m[2], -1) {
			b = add(append(b, field...))
		}
		return append(append(b, m[3]...), '\n')
	})
	return changed, fields
}

// placeless returns what a Reader finds in text, but for where it stands.
func placeless(text []byte) (snapshots []*Snapshot, faults []string, r *Reader) {
	r = NewReader(bytes.NewReader(text), "x")
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *Snapshot:
			s := rec.Clone()
			s.Offset = 0
			snapshots = append(snapshots, s)
		case *SyntaxError:
			faults = append(faults, rec.Error())
		}
	}
	return snapshots, faults, r
}

// sameWithFields checks that fields which no rule knows change nothing else, and returns the text
// with them, how many they are, and how many were skipped.
func sameWithFields(t *testing.T, text []byte, seed uint64, n int) (changed []byte, added int, skipped uint64) {
	t.Helper()
	changed, added = withFields(text, rand.New(rand.NewPCG(seed, 3)), n)
	want, wantFaults, wantReader := placeless(text)
	got, faults, reader := placeless(changed)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("with unknown fields:\n%s\nwithout:\n%s", show(got), show(want))
	}
	if !reflect.DeepEqual(faults, wantFaults) {
		t.Fatalf("faults %q, want %q", faults, wantFaults)
	}
	if a, b := reader.Unparsed(), wantReader.Unparsed(); a != b {
		t.Fatalf("%d lines unparsed, want %d", a, b)
	}
	return changed, added, reader.UnknownFields() - wantReader.UnknownFields()
}

// A field that a newer release writes, in any place, is skipped and counted, and all others keep
// their values, whichever way the text is read.
func TestUnknownFields(t *testing.T) {
	for _, file := range logs(t) {
		t.Run(file, func(t *testing.T) {
			text := []byte(load(t, strings.TrimPrefix(file, "../testdata/")))
			text = text[:bytes.LastIndexByte(text[:min(len(text), 200<<10)], '\n')+1]
			for _, n := range []int{1, 5} {
				changed, added, skipped := sameWithFields(t, text, uint64(n), n)
				if added < 50/n || skipped != uint64(added) {
					t.Errorf("%d unknown fields skipped, want %d", skipped, added)
				}
				agree(t, changed, uint64(n))
			}
		})
	}
}

// Every line and every place in it, one at a time.
func TestUnknownFieldInEachPlace(t *testing.T) {
	snapshot := `1.000000 Memory: total=1K total_adj=2K malloced: 3K
1.000000 Run-time: user+sys=1.0 user=2.0 sys=3.0 real=4.0
1.000000 Conns: total=1 current=2/3 ext=4 mem=5K avg=6.0 table=7K connvals=8K
1.000000 Conns: tcp=1/2 udp=3/4 icmp=5/6
1.000000 Connections expired due to inactivity: 7
1.000000 Total reassembler data: 8K
1.000000 RuleMatcher: matchers=1 nfa_states=2 dfa_states=3 ncomputed=4 mem=5K
1.000000 RuleMatcher: matchers=1 dfa_states=3 ncomputed=4 mem=5K avg_nfa_states=2
1.000000 Timers: current=1 max=2 mem=3K lag=0.05s
1.000000 DNS_Mgr: requests=1 succesful=2 failed=3 pending=4 cached_hosts=5 cached_addrs=6
1.000000 DNS_Mgr: requests=1 successful=2 failed=3 pending=4 cached_hosts=5 cached_addrs=6
1.000000 Triggers: total=1 pending=2
1.000000 Threads: current=0
1.000000 Comm: peers=1 stores=2 store_queries=3 store_responses=4 outgoing_conn_status=5 incoming_conn_status=6 reports=7
1.000000 Comm: peers=1 stores=2 pending_queries=3 events_in=4 events_out=5 logs_in=6 logs_out=7 ids_in=8 ids_out=9` + " \n" +
		`1.000000 Global_sizes > 100k: 0K
1.000000 Global_sizes total: 5K
1.000000 Total number of table entries: 5/6
`
	places := 0
	for _, line := range strings.SplitAfter(snapshot, "\n") {
		m := fieldsLine.FindStringSubmatch(line)
		if line != "" && m == nil {
			t.Fatalf("no line of fields: %q", line)
		}
		if m == nil {
			continue
		}
		at := strings.Index(snapshot, line) + len(m[1])
		for _, field := range append([]string{""}, oneField.FindAllString(m[2], -1)...) {
			at += len(field)
			places++
			text := snapshot[:at] + " x=1" + snapshot[at:]
			want, _, _ := placeless([]byte(snapshot))
			got, faults, r := placeless([]byte(text))
			equal(t, "snapshots of "+text, got, want)
			equal(t, "faults", len(faults), 0)
			equal(t, "unknown fields", r.UnknownFields(), uint64(1))
			equal(t, "lines unparsed", r.Unparsed(), uint64(0))
		}
	}
	if places < 80 {
		t.Errorf("%d places tried", places)
	}
}

// Fields may change places.
func TestFieldsInAnyOrder(t *testing.T) {
	s := one(t, "1.000000 Memory: malloced: 3K total_adj=2K total=4K\n1.000000 Triggers: pending=2 total=1\n")
	equal(t, "memory", s.Memory, Memory{Total: u(4096), TotalAdj: u(2048), Malloced: u(3072)})
	equal(t, "triggers", s.Triggers, Triggers{Total: u(1), Pending: u(2)})
}

// FuzzUnknownFields checks that fields which no rule knows change nothing else, whichever way the
// text is read.
func FuzzUnknownFields(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		changed, _, _ := sameWithFields(t, text, seed, 1+int(seed%7))
		agree(t, changed, seed)
	})
}
