package analyze_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/internal/labelled"
)

var (
	set   = flag.Uint64("set", 0, "seed of the labelled logs to judge")
	cases = flag.Int("cases", 1, "how many logs of each class and span to judge")
	looks = flag.Bool("looks", false, "judge every log at each of its hours, too")
	names = flag.String("only", "", "judge logs whose name contains this only")
	every = flag.Int("every", 8, "judge one in this many of the scenes")
	wrong = flag.Bool("wrong", false, "list the logs that are judged wrong")
)

// TestQuality judges labelled logs and compares what is found with what is true.
func TestQuality(t *testing.T) {
	all, err := labelled.Sample(os.DirFS("../testdata"), *set, *cases)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(c labelled.Case) bool { return !strings.Contains(c.Name, *names) })
	outcomes := judgeAll(t, all)
	t.Logf("seed %d, %d of each class and span\n%s", *set, *cases, tables(outcomes))
	for _, target := range targets(outcomes) {
		t.Log(target)
	}
	if *wrong {
		for _, o := range outcomes {
			if text := o.wrong(); text != "" {
				t.Log(text)
			}
			for _, text := range o.wavering() {
				t.Log(text)
			}
		}
	}
	holds(t, outcomes)
}

// TestScenes judges the simpler labelled logs, which other tests use by name.
func TestScenes(t *testing.T) {
	all, err := labelled.Cases(os.DirFS("../testdata"), int(*set))
	if err != nil {
		t.Fatal(err)
	}
	var some []labelled.Case
	for i := 0; i < len(all); i += *every {
		if strings.Contains(all[i].Name, *names) {
			some = append(some, all[i])
		}
	}
	leaking, healthy := split(judgeAll(t, some))
	found, alarms := count(leaking, (*outcome).named), count(healthy, (*outcome).leaks)
	t.Logf("leaks found %d of %d, healthy logs called leaks %d of %d", found, len(leaking), alarms, len(healthy))
	if missed := len(leaking) - found; missed*100 > 15*len(leaking) {
		t.Errorf("missed %d leaks of %d", missed, len(leaking))
	}
	if alarms*100 > len(healthy) {
		t.Errorf("%d of %d healthy logs are called leaks", alarms, len(healthy))
	}
	for _, o := range slices.Concat(leaking, healthy) {
		if text := o.wrong(); text != "" {
			t.Log(text)
		}
	}
}

// holds fails the test where the judge is worse than chance can make it on a small sample.
func holds(t *testing.T, all []outcome) {
	leaking, healthy := split(all)
	decidable := filter(leaking, func(o *outcome) bool { return !o.undecidable })
	found := filter(decidable, (*outcome).found)
	for _, bound := range []struct {
		what        string
		n, all      int
		least, most int
	}{
		{what: "leaks found", n: len(found), all: len(decidable), least: 90, most: 100},
		{what: "leaks found that are rightly named", n: count(found, (*outcome).named), all: len(found), least: 95, most: 100},
		{what: "healthy logs called leaks", n: count(healthy, (*outcome).leaks), all: len(healthy), most: 2},
		{what: "healthy logs suspected", n: count(healthy, (*outcome).suspected), all: len(healthy), most: 10},
	} {
		if 100*bound.n < bound.least*bound.all || 100*bound.n > bound.most*bound.all {
			t.Errorf("%s: %d of %d, want %d to %d %%", bound.what, bound.n, bound.all, bound.least, bound.most)
		}
	}
	const least = 0.85
	ratios, held := trueRates(found)
	if _, high := wilson(held, len(ratios)); high < least {
		t.Errorf("the interval holds the true rate in %d of %d, want %.0f %%", held, len(ratios), 100*least)
	}
}

// judgeAll judges logs on all cores. The outcomes are in the order of the logs.
func judgeAll(t *testing.T, all []labelled.Case) []outcome {
	outcomes := make([]outcome, len(all))
	queue := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range queue {
				o, err := judgeCase(&all[i])
				if err != nil {
					t.Errorf("%s: %v", all[i].Name, err)
				}
				outcomes[i] = o
			}
		})
	}
	for i := range all {
		queue <- i
	}
	close(queue)
	workers.Wait()
	return outcomes
}

// outcome is what the judge made of a log.
type outcome struct {
	*labelled.Case
	end         look
	looks       []look // at each hour
	undecidable bool
	decidable   float64   // hours of the log after which it is not
	onset       time.Time // true; of the last process
}

// look is the verdict at some time.
type look struct {
	hours  float64 // since the log began
	worst  analyze.Level
	answer analyze.Answer
	named  analyze.Level    // of the worst finding of the right kind
	right  *analyze.Finding // that finding
	said   string           // the worst finding
}

func judgeCase(c *labelled.Case) (outcome, error) {
	o := outcome{Case: c}
	p := analyze.New(time.Time{}, time.Time{})
	var before, age float64 // hours of the processes that have ended, and of this one
	for s, err := range c.Snapshots() {
		if err != nil {
			return o, err
		}
		real := s.Runtime.Real.Value / 3600
		if real < age {
			before, age = before+age, 0
		}
		struck := math.Floor(before+real) > math.Floor(before+age)
		age = real
		if s.Time > 0 {
			o.onset = time.UnixMilli(int64(1000 * (s.Time + 3600*(c.Growth.Onset-real))))
		}
		p.Add(s)
		if *looks && struck && c.Span != "" {
			r := p.Report(c.Name, c.Name)
			o.looks = append(o.looks, o.look(before+real, &r))
		}
	}
	r := p.Report(c.Name, c.Name)
	o.end = o.look(c.Hours, &r)
	for _, f := range r.Findings {
		if g := f.Growth; math.IsInf(g.High-g.Low, 0) || !(g.Low <= g.PerHour && g.PerHour <= g.High) {
			return o, fmt.Errorf("%s: growth %v", f.Text, g)
		}
	}
	if c.Leak != "" && c.Span != "" {
		_, o.decidable = c.Oracle()
		o.undecidable = math.IsInf(o.decidable, 1)
	}
	return o, nil
}

func (o *outcome) look(hours float64, r *analyze.Report) look {
	l := look{hours: hours, worst: r.Worst(), answer: r.Answer, said: string(r.Answer)}
	if len(r.Findings) > 0 && l.worst >= analyze.Suspected {
		l.said = fmt.Sprintf("%s: %s: %s", r.Findings[0].Level, r.Findings[0].Kind, r.Findings[0].Text)
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; string(f.Kind) == o.Leak && f.Level > l.named {
			l.named, l.right = f.Level, f
		}
	}
	return l
}

func (o *outcome) found() bool     { return o.end.worst >= analyze.Suspected }
func (o *outcome) leaks() bool     { return o.alarms(o.end) }
func (o *outcome) missed() bool    { return !o.found() && !o.cannotTell() }
func (o *outcome) suspected() bool { return o.end.worst == analyze.Suspected }
func (o *outcome) named() bool     { return o.end.named >= analyze.Suspected }
func (o *outcome) cannotTell() bool {
	return !o.found() && o.end.answer == analyze.CannotTell
}

// alarms reports whether a verdict is a leak or something stuck. A backlog is trouble while it is
// there, even if it drains, but no leak.
func (o *outcome) alarms(l look) bool {
	return l.worst == analyze.Leak || l.worst == analyze.Stuck && o.Class != "drains"
}

// wrong describes what is wrong about an outcome, empty if nothing is.
func (o *outcome) wrong() string {
	switch {
	case o.Span == labelled.Hours && o.Leak != "" && o.named() && o.clear() && !o.leaks():
		return fmt.Sprintf("%s: %s grows by %.3g/h from %.1f h on (%.2g of its level), only %s", o.Name, o.What, o.Growth.PerHour, o.Growth.Onset, o.Growth.Share, o.end.said)
	case o.Leak == "" && !o.found(), o.Leak != "" && o.named():
		return ""
	case o.undecidable && !o.found():
		return fmt.Sprintf("%s: missed, undecidable", o.Name)
	}
	if o.Leak == "" {
		return fmt.Sprintf("%s: healthy, %s", o.Name, o.end.said)
	}
	return fmt.Sprintf("%s: %s grows by %.3g/h from %.1f h on (%.2g of its level), %s", o.Name, o.What, o.Growth.PerHour, o.Growth.Onset, o.Growth.Share, o.end.said)
}

// wavering describes the hours at which a healthy log is called a leak, or a leak no longer is.
func (o *outcome) wavering() []string {
	var all []string
	was := false
	for _, l := range append(slices.Clone(o.looks), o.end) {
		now := o.alarms(l)
		switch {
		case now && !was && (o.Leak == "" || l.hours < o.Growth.Onset):
			all = append(all, fmt.Sprintf("%s: falsely at %.0f h, %s", o.Name, l.hours, l.said))
		case was && !now && o.Leak != "" && l.hours >= o.Growth.Onset:
			all = append(all, fmt.Sprintf("%s: taken back at %.0f h, %s", o.Name, l.hours, l.said))
		}
		was = now
	}
	return all
}

func split(all []outcome) (leaking, healthy []outcome) {
	return filter(all, func(o *outcome) bool { return o.Leak != "" }), filter(all, func(o *outcome) bool { return o.Leak == "" })
}

func filter(all []outcome, is func(*outcome) bool) []outcome {
	var some []outcome
	for i := range all {
		if is(&all[i]) {
			some = append(some, all[i])
		}
	}
	return some
}

func count(all []outcome, is func(*outcome) bool) int { return len(filter(all, is)) }

func tables(all []outcome) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	leaking, healthy := split(all)
	leakTable(table, "span", leaking, spanOf)
	leakTable(table, "text", leaking, textOf)
	leakTable(table, "class", leaking, classOf)
	healthyTable(table, "span", healthy, spanOf)
	healthyTable(table, "text", healthy, textOf)
	healthyTable(table, "class", healthy, classOf)
	if *looks {
		looksTable(table, leaking, healthy)
	}
	table.Flush()
	return text.String()
}

func spanOf(o *outcome) string  { return string(o.Span) }
func textOf(o *outcome) string  { return o.Text }
func classOf(o *outcome) string { return o.Class + ", " + string(o.Span) }

// groups calls each with the outcomes that have a key in common, in the order in which the keys come.
func groups(all []outcome, key func(*outcome) string, each func(string, []outcome)) {
	var order []string
	by := map[string][]outcome{}
	for i := range all {
		k := key(&all[i])
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], all[i])
	}
	for _, k := range order {
		each(k, by[k])
	}
}

func leakTable(w *tabwriter.Writer, by string, all []outcome, key func(*outcome) string) {
	fmt.Fprintf(w, "leaks by %s\tlogs\tleak\tsuspected\tcannot tell\tmissed\tundecidable\tfound of decidable\trightly named\tonset off by, median\trate, median\t\n", by)
	groups(all, key, func(k string, some []outcome) {
		decidable := filter(some, func(o *outcome) bool { return !o.undecidable })
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%d\t%s\t%s\t\n", k, len(some), count(some, (*outcome).leaks), count(some, (*outcome).suspected),
			count(some, (*outcome).cannotTell), count(some, (*outcome).missed), len(some)-len(decidable), share(count(decidable, (*outcome).found), len(decidable)), count(some, (*outcome).named), onsets(some), rates(some))
	})
	fmt.Fprintln(w, "\t")
}

func healthyTable(w *tabwriter.Writer, by string, all []outcome, key func(*outcome) string) {
	fmt.Fprintf(w, "healthy by %s\tlogs\tleak\tsuspected\tcannot tell\tleak\tsuspected\t\n", by)
	groups(all, key, func(k string, some []outcome) {
		leak, suspected := count(some, (*outcome).leaks), count(some, (*outcome).suspected)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t\n", k, len(some), leak, suspected, count(some, (*outcome).cannotTell),
			share(leak, len(some)), share(suspected, len(some)))
	})
	fmt.Fprintln(w, "\t")
}

// onsets is the median error of the onset of leaks that begin in the middle of a process.
func onsets(some []outcome) string {
	var off []float64
	for i := range some {
		if o := &some[i]; o.named() && o.Growth.Onset > 0 && !o.end.right.Onset.IsZero() {
			off = append(off, math.Abs(o.end.right.Onset.Sub(o.onset).Hours()))
		}
	}
	if len(off) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2g h of %d", medianOf(off), len(off))
}

// rates holds the median ratio of found to true rates, and how often the interval holds the true rate.
func rates(some []outcome) string {
	ratios, held := trueRates(some)
	if len(ratios) == 0 {
		return ""
	}
	return fmt.Sprintf("x%.2f, held by %d of %d", medianOf(ratios), held, len(ratios))
}

// trueRates returns the ratio of found to true rate for each leak with the right name, and how many intervals
// hold the true rate.
func trueRates(some []outcome) (ratios []float64, held int) {
	for i := range some {
		o := &some[i]
		truth := o.Growth.PerHour * unitOf(o.Leak)
		if !o.named() || truth == 0 {
			continue
		}
		g := o.end.right.Growth
		if g.Low == g.High {
			continue // counted, not estimated
		}
		ratios = append(ratios, g.PerHour/truth)
		if g.Low <= truth && truth <= g.High {
			held++
		}
	}
	return ratios, held
}

// unitOf is the bytes of the unit of Growth.PerHour.
func unitOf(leak string) float64 {
	switch analyze.Kind(leak) {
	case analyze.KindCore, analyze.KindIntel, analyze.KindGlobals, analyze.KindReassembler:
		return 1024
	}
	return 1
}

func medianOf(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// looksTable is about the verdicts at each hour.
func looksTable(w *tabwriter.Writer, leaking, healthy []outcome) {
	fmt.Fprintln(w, "hourly looks\tprocess-days\tfalse leak episodes\ta day\tsuspected or leak\ta day\t")
	groups(healthy, spanOf, func(k string, some []outcome) {
		var days float64
		leaks, suspicions := 0, 0
		for i := range some {
			days += some[i].Hours / 24
			leaks += some[i].episodes(some[i].alarms)
			suspicions += some[i].episodes(suspicious)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%d\t%.3f\t%d\t%.3f\t\n", k, days, leaks, float64(leaks)/days, suspicions, float64(suspicions)/days)
	})
	fmt.Fprintln(w, "leaks at hourly looks\tlogs\tcalled leak\ttaken back\tkept\tearly\thours to decidable, median\tto suspected\tto leak\t")
	groups(leaking, spanOf, func(k string, some []outcome) {
		given, back, early := 0, 0, 0
		for i := range some {
			g, b := some[i].kept()
			given, back = given+g, back+b
			early += some[i].early()
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%d\t%s\t%s\t%s\t\n", k, len(some), given, back, share(given-back, given), early, decidable(some),
			delay(some, analyze.Suspected), delay(some, analyze.Stuck))
	})
}

// episodes counts how often the verdict becomes such a one.
func (o *outcome) episodes(is func(look) bool) int {
	n, was := 0, false
	for _, l := range append(slices.Clone(o.looks), o.end) {
		now := is(l)
		if now && !was {
			n++
		}
		was = now
	}
	return n
}

func suspicious(l look) bool { return l.worst >= analyze.Suspected }

// kept returns 1 if a leak is ever called one by its name, and 1 if no alarm is left of that at a later
// look.
func (o *outcome) kept() (given, back int) {
	for _, l := range append(slices.Clone(o.looks), o.end) {
		switch {
		case l.hours < o.Growth.Onset:
		case l.named >= analyze.Stuck:
			given = 1
		case given == 1 && !o.alarms(l):
			return 1, 1
		}
	}
	return given, 0
}

// early counts leaks that are found before they begin.
func (o *outcome) early() int {
	for _, l := range o.looks {
		if l.hours < o.Growth.Onset && o.alarms(l) {
			return 1
		}
	}
	return 0
}

// decidable is the median time from the onset until the leak can be decided.
func decidable(some []outcome) string {
	var hours []float64
	for _, o := range some {
		if !o.undecidable {
			hours = append(hours, max(0, o.decidable-o.Growth.Onset))
		}
	}
	if len(hours) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f of %d", medianOf(hours), len(hours))
}

// delay is the median time from the onset until the verdict comes to a level.
func delay(some []outcome, level analyze.Level) string {
	var hours []float64
	for i := range some {
		o := &some[i]
		at := slices.IndexFunc(o.looks, func(l look) bool { return l.hours >= o.Growth.Onset && l.worst >= level })
		if at >= 0 {
			hours = append(hours, o.looks[at].hours-o.Growth.Onset)
		}
	}
	if len(hours) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f of %d", medianOf(hours), len(hours))
}

// share is n of all in percent, with Wilson's 95 % confidence interval.
func share(n, all int) string {
	if all == 0 {
		return ""
	}
	low, high := wilson(n, all)
	return fmt.Sprintf("%.1f %% [%.1f, %.1f]", 100*float64(n)/float64(all), 100*low, 100*high)
}

func wilson(n, all int) (low, high float64) {
	const z = 1.96
	p, m := float64(n)/float64(all), float64(all)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, middle-half), min(1, middle+half)
}

func TestWilson(t *testing.T) {
	for _, test := range []struct {
		n, all    int
		low, high float64
	}{
		{n: 0, all: 20, low: 0, high: 0.161},
		{n: 360, all: 375, low: 0.935, high: 0.976},
		{n: 158, all: 208, low: 0.697, high: 0.813},
		{n: 20, all: 20, low: 0.839, high: 1},
	} {
		t.Run(fmt.Sprintf("%d of %d", test.n, test.all), func(t *testing.T) {
			low, high := wilson(test.n, test.all)
			if math.Abs(low-test.low) > 0.001 || math.Abs(high-test.high) > 0.001 {
				t.Errorf("[%.3f, %.3f], want [%.3f, %.3f]", low, high, test.low, test.high)
			}
		})
	}
}

// targets compares the outcomes with what the verdict has to come to.
func targets(all []outcome) []string {
	leaking, healthy := split(all)
	decidable := filter(leaking, func(o *outcome) bool { return !o.undecidable })
	in := func(some []outcome, span labelled.Span) []outcome {
		return filter(some, func(o *outcome) bool { return o.Span == span })
	}
	var lines []string
	line := func(what string, n int, of []outcome, bound string) {
		lines = append(lines, fmt.Sprintf("%-62s %4d of %4d  %-24s target %s", what, n, len(of), share(n, len(of)), bound))
	}
	found := func(span labelled.Span, bound string) {
		some := in(decidable, span)
		line(string(span)+": leak or suspected", count(some, (*outcome).found), some, bound)
	}
	called := func(some []outcome, what string, is func(*outcome) bool, bound string) {
		line(what, count(some, is), some, bound)
	}
	found(labelled.Snapshots, "100 %")
	found(labelled.Hours, ">= 99.5 %")
	plain := filter(in(decidable, labelled.Hours), func(o *outcome) bool { return o.found() && o.clear() })
	called(plain, "4-12 h, found, queues, held, memory or >= 10 %/h: leak", (*outcome).leaks, ">= 90 %")
	found(labelled.Day, ">= 95 %")
	called(in(decidable, labelled.Days), string(labelled.Days)+": leak", (*outcome).leaks, ">= 98 %")
	for _, b := range []struct {
		span            labelled.Span
		leak, suspected string
	}{
		{span: labelled.Snapshots, leak: "<= 0.5 %", suspected: "<= 2 %"},
		{span: labelled.Hours, leak: "<= 0.5 %", suspected: "<= 2 %"},
		{span: labelled.Day, leak: "<= 1 %", suspected: "<= 15 %"},
		{span: labelled.TwoDays, leak: "<= 1 %", suspected: "<= 15 %"},
		{span: labelled.Days, leak: "<= 0.5 %", suspected: "<= 2 %"},
	} {
		some := in(healthy, b.span)
		called(some, string(b.span)+", healthy: leak", (*outcome).leaks, b.leak)
		called(some, string(b.span)+", healthy: suspected", (*outcome).suspected, b.suspected)
	}
	onset := func(what, bound string, is func(*outcome) bool) {
		lines = append(lines, fmt.Sprintf("%-62s %-38s target %s", what, onsets(filter(leaking, is)), bound))
	}
	onset("onset in 2.3.2 off by, median", "<= 1 h", func(o *outcome) bool { return o.Text == "2.3.2" })
	onset("onset of memory in 7.0.11 off by, median", "<= 3 h", func(o *outcome) bool {
		return strings.HasPrefix(o.Text, "7") && o.Leak == string(analyze.KindCore)
	})
	if *looks {
		var days float64
		episodes, given, back := 0, 0, 0
		for _, o := range in(healthy, labelled.Days) {
			days += o.Hours / 24
			episodes += o.episodes(o.alarms)
		}
		for i := range leaking {
			g, b := leaking[i].kept()
			given, back = given+g, back+b
		}
		lines = append(lines,
			fmt.Sprintf("%-62s %4d in %.0f days: %.3f a day %9s target <= 0.01", string(labelled.Days)+", healthy: leak episodes at hourly looks", episodes, days, float64(episodes)/days, ""),
			fmt.Sprintf("%-62s %4d of %4d  %-24s target >= 98 %%", "leaks once found and kept", given-back, given, share(given-back, given)))
	}
	return lines
}

// clear reports whether a leak is of the kinds that hours are enough to be sure of.
func (o *outcome) clear() bool {
	switch analyze.Kind(o.Leak) {
	case analyze.KindBacklogIn, analyze.KindBacklogOut, analyze.KindReader, analyze.KindThreadStuck, analyze.KindDNSStuck,
		analyze.KindConnsHeld, analyze.KindCore:
		return true
	}
	return o.Growth.Share >= 0.1
}
