package labelled

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"bro_exporter/parse"
)

func sample(t testing.TB, seed uint64, n int) []Case {
	t.Helper()
	all, err := Sample(os.DirFS("../../testdata"), seed, n)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSnapshotsAreTheText(t *testing.T) {
	const enough = 50 // snapshots of each log
	all := made(t)
	some := sample(t, 0, 1)
	for i := 0; i < len(all); i += 40 {
		some = append(some, all[i])
	}
	for _, c := range some {
		t.Run(c.Name, func(t *testing.T) { isItsText(t, &c, enough) })
	}
}

func isItsText(t *testing.T, c *Case, enough int) {
	text, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	var want []*parse.Snapshot
	for r := parse.NewReader(text, c.Name); len(want) <= enough && r.Scan(); {
		if s, ok := r.Record().(*parse.Snapshot); ok {
			s = s.Clone()
			s.Line, s.Offset = 0, 0
			want = append(want, s)
		}
	}
	n := 0
	for got := range c.Snapshots() {
		if n == enough || n == len(want) {
			break
		}
		if last := n == len(want)-1; last {
			want[n].Releases = got.Releases // nothing shows that no Comm line follows
		}
		if !reflect.DeepEqual(got.Clone(), want[n].Clone()) {
			t.Errorf("snapshot %d is\n%+v, its text\n%+v", n, got, want[n])
			break
		}
		n++
	}
}

func TestSampleIsItsSeeds(t *testing.T) {
	first, again, other := sample(t, 3, 1), sample(t, 3, 1), sample(t, 4, 1)
	names := map[string]bool{}
	for i := range first {
		if names[first[i].Name] {
			t.Errorf("two cases are called %s", first[i].Name)
		}
		names[first[i].Name] = true
		if i%7 != 0 {
			continue
		}
		if fingerprint(&first[i]) != fingerprint(&again[i]) {
			t.Errorf("%s differs from time to time", first[i].Name)
		}
		if fingerprint(&first[i]) == fingerprint(&other[i]) {
			t.Errorf("%s is the same with another seed", first[i].Name)
		}
	}
}

// fingerprint returns a fingerprint of a log.
func fingerprint(c *Case) uint64 {
	h, n := fnv.New64(), 0
	for s := range c.Snapshots() {
		fmt.Fprint(h, s.Time, s.Memory, s.Conns, s.Globals)
		if n++; n == 200 {
			break
		}
	}
	return h.Sum64()
}

// A leak comes to what its case promises and does not begin before its onset. Few are so small that
// nobody could find them.
func TestDrawnLeaksAreThere(t *testing.T) {
	undecidable, leaks := 0, 0
	for i, c := range sample(t, 1, 1) {
		if c.Leak == "" {
			continue
		}
		if i%3 == 0 {
			leaks++
			if t, _ := c.Oracle(); t < Decidable {
				undecidable++
			}
		}
		if c.Leak != "dns-stuck" {
			t.Run(c.Name, func(t *testing.T) { leakIsThere(t, &c) })
		}
	}
	if undecidable*10 > leaks {
		t.Errorf("%d of %d leaks cannot be decided", undecidable, leaks)
	}
}

func leakIsThere(t *testing.T, c *Case) {
	leaked, before := c.leaked()
	want := c.Growth.PerHour * (c.Hours/float64(max(1, c.spec.runs)) - c.Growth.Onset + c.spec.skip)
	most := 1.4
	if c.spec.runs > 0 {
		most = 3 // the traffic of one day, not of all
	}
	if leaked < want/most || leaked > most*want {
		t.Errorf("%s leaks %.4g, want %.4g", c.What, leaked, want)
	}
	if before > 0.02*want+20 {
		t.Errorf("%s leaks %.4g before its onset", c.What, before)
	}
}

// leaked returns what the leak has come to in the end, and before its onset.
func (c *Case) leaked() (all, before float64) {
	sound := *c.spec
	sound.leaks = nil
	with, without := c.walk(true), c.walk(true)
	without.s = &sound
	for with.next() && without.next() {
		name := c.What
		if name == "Memory total" {
			name = "live"
		}
		all = resources(with.p)[name] - resources(without.p)[name]
		if with.p.now.hours() < c.Growth.Onset {
			before = max(before, all)
		}
	}
	return all, before
}

// Under even traffic and without noise a healthy log comes to rest: nothing rises higher in its last
// quarter than in the one before.
func TestDrawnHealthyLogsRest(t *testing.T) {
	for _, c := range sample(t, 2, 1) {
		if c.Leak == "" && c.Span != Snapshots && c.Class != "wrong-clock" {
			t.Run(c.Name, func(t *testing.T) { rests(t, &c) })
		}
	}
}

func rests(t *testing.T, c *Case) {
	s := *c.spec
	even := *s.load.week
	even.shape, even.weekend, even.scale = func(float64) float64 { return 1 }, 1, min(1, even.scale)
	even.days = make([]float64, len(even.days))
	s.load.week, s.load.by = &even, 0
	s.runs, s.hours = 0, 192 // a multiple of all periods
	if c.Span == Hours {
		s.hours = 48
	}
	b := c.walk(true)
	b.s, b.apart = &s, 3600*s.hours/2000
	var third, last map[string]float64
	for b.next() {
		switch age := b.p.now.hours() / s.hours; {
		case age < 0.5, b.p.last: // the last comes early, before what it sees can expire
		case age < 0.75:
			third = most(third, resources(b.p))
		default:
			last = most(last, resources(b.p))
		}
	}
	for name, v := range last {
		if v > 1.02*third[name]+2 && name != "Memory total" {
			t.Errorf("%s rises from %.4g to %.4g", name, third[name], v)
		}
	}
}

func most(a, b map[string]float64) map[string]float64 {
	if a == nil {
		return b
	}
	for name, v := range b {
		a[name] = max(a[name], v)
	}
	return a
}

// A healthy writer may fall behind by day, but catches up by each morning.
func TestDrawnQueuesDrain(t *testing.T) {
	behind := 0
	for _, c := range sample(t, 0, 3) {
		if c.Class != "drains" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			most, least := c.waiting()
			for day, waiting := range least {
				if waiting > 5 {
					t.Errorf("%v messages wait all of day %d", waiting, day)
				}
			}
			if most > 1000 {
				behind++
			}
		})
	}
	if behind == 0 {
		t.Error("no writer falls behind")
	}
}

// waiting returns how many messages wait at most, and at least in each whole day; in a shorter log,
// at its end.
func (c *Case) waiting() (most float64, least []float64) {
	day := min(24, c.Hours-0.5)
	since, low := 0.0, math.Inf(1)
	for b := c.walk(false); b.next(); {
		now := resources(b.p)[connWriter] + resources(b.p)[dnsWriter]
		most, low = max(most, now), min(low, now)
		if b.p.now.hours()-since > day {
			since, least, low = b.p.now.hours(), append(least, low), math.Inf(1)
		} else if day < 24 {
			low = now
		}
	}
	return most, least
}

func TestWeeksGoOn(t *testing.T) {
	for seed := range uint64(50) {
		d := newDice(seed, 0, false)
		w := drawWeek(d, d.between(0, 168))
		for hours := 0.0; hours < 168; hours += 0.1 {
			now, next := w.at(hours), w.at(hours+0.1)
			if now <= 0 || next > 1.5*now || next < now/1.5 {
				t.Errorf("week %d: load %v at %.1f h, then %v", seed, now, hours, next)
			}
		}
	}
}

func BenchmarkSnapshots(b *testing.B) {
	all := sample(b, 0, 1)
	i := slices.IndexFunc(all, func(c Case) bool { return c.Class == "plain" && c.Span == Days })
	n := 0
	for b.Loop() {
		for range all[i].Snapshots() {
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/snapshot")
}
