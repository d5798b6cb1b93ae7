package labelled

import (
	"fmt"
	"io/fs"
	"math"
)

// Span is the length of a log, which decides how much anybody can know.
type Span string

// The spans. A run of less than 26 hours has not seen the same hour of two days.
const (
	Snapshots Span = "1-30 snapshots"
	Hours     Span = "4-12 h"
	Day       Span = "6-26 h" // with tables, caches and traffic that take a day
	TwoDays   Span = "26-52 h"
	Days      Span = "52-168 h"
)

// Growth is the true growth of what leaks.
type Growth struct {
	PerHour float64 // in the log's own unit, so KiB of memory; a mean from the onset on
	Share   float64 // the same as a share of the level; 0 where a level means nothing
	Onset   float64 // hours after the start of each process
}

// Sample draws n logs of each class, for each span where the class makes sense. A seed decides all
// about them: parameters, time of the week, traffic and noise. The templates come from testdata, the
// directory of that name in the repository.
func Sample(testdata fs.FS, seed uint64, n int) ([]Case, error) {
	templates, err := templates(testdata, (*template).stock)
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, class := range classes() {
		for _, span := range class.spans {
			for i := range n {
				all = append(all, class.draw(templates, span, seed, i))
			}
		}
	}
	return all, nil
}

// class is a kind of log, healthy if leak is empty.
type class struct {
	name  string
	leak  string
	spans []Span
	texts []string
	is    func(*drawing)
}

// drawing is a log in the making. Its dice draw parameters once; closures must not throw them again.
type drawing struct {
	*dice
	spec
}

func (c *class) draw(templates map[string]*template, span Span, seed uint64, i int) Case {
	name := fmt.Sprintf("%s/%s/%d-%d", c.name, span, seed, i)
	s := hash(name)
	d := &drawing{dice: newDice(s, seed, false)}
	d.spec = spec{
		class: c.name, leak: c.leak, seed: s, span: span, variant: name,
		template: c.texts[d.IntN(len(c.texts))], noise: d.scale(0.02, 0.1),
	}
	d.length()
	d.load.week = drawWeek(d.dice, d.between(0, 7*24))
	d.site()
	c.is(d)
	if span != Snapshots && d.chance(0.35) {
		d.beside()
	}
	t := templates[d.template]
	p := newProcess(t, &d.spec, 0, false)
	return Case{
		Name: name + "/" + d.template, Class: c.name, Leak: d.leak, What: d.what, Hours: d.hours,
		Span: span, Text: d.template, Growth: p.grows, spec: &d.spec, template: t,
	}
}

func (d *drawing) length() {
	switch d.span {
	case Snapshots:
		d.last = 1 + d.IntN(30)
		d.interval = d.between(10, 20)
		d.hours = float64(d.last) * d.interval / 3600
	case Hours:
		d.hours, d.interval = d.between(4, 12), interval
	case Day:
		d.hours, d.interval = d.between(6, 25.9), d.between(15, 60)
	case TwoDays:
		d.hours, d.interval = d.between(26, 52), d.between(30, 120)
	case Days:
		d.hours, d.interval = d.between(52, 168), d.between(60, 300)
	}
}

// daily reports whether the log is long enough for what takes a day.
func (d *drawing) daily() bool { return d.span != Hours && d.span != Snapshots }

// site draws what any sensor has: a stock of tables, moody traffic, accidents.
func (d *drawing) site() {
	size := 1.0
	if !d.daily() {
		size = 0.03 // too small to matter, since it fills all day
	}
	apart := d.interval
	d.with(func(p *process) {
		p.every = max(1, int(math.Round(300/apart)))
		p.caches.fill = min(p.caches.fill, 1800)
	})
	d.table("Known::hosts", keys{residents: size * d.scale(100, 3000), visits: d.scale(0.1, 3), life: 24})
	d.table("Known::services", keys{residents: size * d.scale(30, 500), visits: d.scale(0.05, 1), life: 24})
	d.table("Software::tracked", keys{residents: size * d.scale(50, 2000), strangers: size * d.scale(1, 30), visits: d.scale(0.05, 1), life: 24})
	d.table("SSL::intermediate_cache", keys{residents: size * d.scale(50, 2000), strangers: size * d.scale(5, 300), visits: d.scale(0.05, 1), life: 24, read: true})
	d.table("Weird::did_log", keys{strangers: size * d.scale(5, 200), life: 24})
	if d.daily() && d.chance(0.3) {
		d.with(d.tunnels(d.between(14, 41)))
	}
	if d.chance(0.15) {
		d.load.bursts = d.scale(0.05, 1)
	}
	if d.chance(0.08) {
		d.otherTraffic()
	}
	moody := noise{sd: d.between(0.03, 0.12), memory: d.scale(600, 7200), steady: true}
	d.with(func(p *process) { p.traffic.noise = moody })
	if d.chance(0.05) {
		d.with(starved)
	}
	if d.chance(0.03) {
		d.with(d.wrongClock())
	}
}

func (d *drawing) with(c ...change) { d.changes = append(d.changes, c...) }

// table fills a table with keys.
func (d *drawing) table(name string, k keys) {
	d.with(func(p *process) {
		g := p.resource(name)
		*g = gauge{unit: 1, added: []curve{k.curve(p)}}
	})
}

// pick returns one of the choices.
func pick[T any](d *dice, of ...T) T { return of[d.IntN(len(of))] }

func (d *drawing) tunnels(n float64) change {
	k := keys{residents: math.Round(n), visits: d.between(0.05, 1), life: 24, read: true}
	return func(p *process) {
		p.resource(tunnelTimer).add(k.curve(p))
	}
}

// wrongClock stamps one snapshot days ahead, or the first few with the year 2000, as on a host that
// boots before it knows the time.
func (d *drawing) wrongClock() change {
	const year2000, day = 946684800, 86400
	at, ahead, early := 2+d.IntN(300), d.scale(1, 60)*day, 1+d.IntN(3)
	if d.chance(0.5) {
		at, early = 0, early+1
	} else {
		early = 0
	}
	return func(p *process) {
		p.clock = func(n int, t float64) float64 {
			switch {
			case n == at:
				return math.Round(t + ahead)
			case n <= early:
				return math.Round(year2000 + p.now.age)
			}
			return t
		}
	}
}

// leaksIn makes a resource leak by a share of its level per hour. By the end of a process the leak
// comes to at least least, so that it matters, and at most most, so that no number wraps. It begins at the
// onset.
func (d *drawing) leaksIn(what string, least, most float64, level func(*process) float64) (onset float64) {
	length := d.hours / float64(max(1, d.runs))
	if d.runs == 0 && d.chance(0.4) {
		onset = length * d.between(0.25, 0.7)
	}
	share := d.share()
	flow := &flow{onset: onset, kind: pick(d.dice, steady, steady, withTraffic, stairs), stair: length / d.between(20, 60)}
	d.what = what
	d.leaks = func(p *process) {
		f := *flow
		f.rate = min(max(share*level(p), least/(length-onset)), most/(length-onset))
		p.resource(what).add(f.curve(p))
		p.grows = Growth{PerHour: f.rate, Onset: onset}
		if f.kind == withTraffic {
			p.grows.PerHour *= d.load.mean(onset, d.hours)
		}
		if !d.alike { // it has no level of its own
			p.grows.Share = p.grows.PerHour / max(1, level(p))
		}
	}
	return onset
}

// share draws a leak's growth per hour. Only long logs get slow leaks.
func (d *drawing) share() float64 {
	switch {
	case d.runs > 0:
		return d.scale(0.01, 0.1)
	case d.span == Hours:
		return d.scale(0.02, 0.5)
	case d.span == Day:
		return d.scale(0.01, 0.2)
	case d.span == TwoDays:
		return d.scale(0.004, 0.05)
	}
	return d.scale(0.002, 0.01)
}

// flow is a leak as it adds up.
type flow struct {
	rate, onset float64
	kind        flowKind
	stair       float64 // hours between two steps
}

type flowKind int

const (
	steady      flowKind = iota
	withTraffic          // in proportion to traffic
	stairs               // in steps
)

func (f flow) curve(p *process) curve {
	d := p.dice()
	var sum, shown, next float64
	return func(m moment) float64 {
		if m.hours() < f.onset {
			return 0
		}
		load := 1.0
		if f.kind == withTraffic {
			load = m.load
		}
		since := min(m.dt/3600, m.hours()-f.onset)
		sum += f.rate * load * since * max(0, 1+0.3*d.normal())
		if f.kind != stairs || m.hours() >= next {
			shown, next = sum, m.hours()+f.stair*(1+0.2*d.normal())
		}
		return shown
	}
}

// templates reads the templates; more adds to each what a set needs.
func templates(testdata fs.FS, more func(*template)) (map[string]*template, error) {
	all := map[string]*template{}
	for name, o := range outlines() {
		t, err := readTemplate(testdata, o)
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		t.extend()
		more(t)
		if err := t.finish(); err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}
