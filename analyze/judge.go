package analyze

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// How many standard errors growth must be. Looks are many, so the first that finds a leak must hardly
// ever err; those after it ask for less, so that the verdict stays. What is clear needs no look.
const (
	unsureZ  = 3 // less is noise
	suspectZ = 4 // if it grows in each part alike
	surelyZ  = 5
	sureZ    = 6
	clearZ   = 8
)

// needs returns how many standard errors make the resource's growth a leak.
func (t *tracked) needs() float64 {
	if t.looks > 0 {
		return surelyZ
	}
	return sureZ
}

// straightWalk is how straight a line must grow for noise hardly to bend it: its mean increment from part to
// part, in standard errors.
const straightWalk = 6

// young is how many hours of log the judge needs before it judges more than totals.
const young = 1

// sureHours is for how many hours anything but a queue must have grown to be called a leak in the first 30
// hours. The load must be known, too. surelyHours is the same for a resource that nothing fills.
const (
	sureHours   = 2.5
	surelyHours = 1.5
)

// grownFor returns for how many hours a resource must have grown to be called a leak, given the age of the process
// and the hours of it that the log holds. A new table of an old process fills as in a young one. A log of days
// holds busy hours that no other day had.
func grownFor(q *quantity, name string, age, seen float64) float64 {
	switch {
	case seen < settled && !fills(q, name):
		return surelyHours
	case age < settled, seen < settled:
		return sureHours
	case q.kind == KindCore:
		return day / 2
	case fills(q, name):
		return day
	default:
		return day / 4
	}
}

// settled is the age in hours by which a healthy process has filled everything that it fills.
const settled = 30

// decidedAge is the age in hours by which a leak has outgrown everything that fills.
const decidedAge = settled + 22

// judgement is the result of a look at one resource.
type judgement struct {
	trend
	from, to float64 // hours, of the course
	begun    float64 // the onset, or an hour of the start-up before
	judged   bool
	verdict  Verdict
	level    Level
	steps    []step
	least    float64 // the slowest growth that would have been seen, units per hour
}

// resources judges every resource of the run.
func (l *look) resources() ([]Resource, []judgement) {
	r := l.run
	resources, judgements := make([]Resource, len(r.order)), make([]judgement, len(r.order))
	for i, t := range r.order {
		resources[i], judgements[i] = l.resource(t)
	}
	return resources, judgements
}

func (l *look) resource(t *tracked) (Resource, judgement) {
	q := &l.run.quantities[t.key.quantity]
	res := Resource{Name: l.run.title(t), Group: q.group, Unit: q.unit, Verdict: Unknown}
	values := l.points(t.series, q.of)
	measured := slices.DeleteFunc(slices.Clone(values[l.begin:]), math.IsNaN)
	if len(measured) == 0 {
		return res, judgement{verdict: Unknown}
	}
	res.First, res.Last = measured[0], measured[len(measured)-1]
	res.Min, res.Max = slices.Min(measured), slices.Max(measured)
	j := l.judge(t, values, t.needs())
	if j.judged && q.group != QueuesGroup && l.hours[len(l.hours)-1] >= young {
		c := l.newCourse(values, nil, l.begin)
		j.steps = c.steps(&j, q.least)
	}
	if len(j.steps) > 0 && !j.steady && (j.verdict == Filling || j.verdict == Unsettled) {
		j.verdict = Stepped
	}
	switch {
	case t.sure != nil && j.level < Leak && !l.cameBack(values, t.sure, &j):
		j = l.remember(t.sure, &j)
	case l.keeps(t) && j.level < Leak:
		j = l.remember(t.found, &j)
	case t.sure == nil && j.level == Leak && t.looks == 0 && (j.z < clearZ || fills(q, t.key.name) || l.age() >= settled) && q.group != QueuesGroup:
		j.level = Suspected // the next look will tell
	}
	if j.begun = j.onset; j.level >= Suspected && q.group != QueuesGroup {
		j.begun = l.begun(t.values(q.of), &j)
	}
	l.describe(&res, &j)
	if t.key.name == "" || j.verdict != Flat {
		res.Points = l.plot(t)
	}
	return res, j
}

// begun returns the hour at which growth began, given the values of all buckets. The fit leaves out the start-up,
// so a leak as old as the process seems to begin after it. begun follows the line back into the start-up, to the
// point where a level before fits best.
func (l *look) begun(values []float64, j *judgement) float64 {
	const early = 1. / 3
	if l.begin == 0 || j.onset > j.from {
		return j.onset
	}
	width := l.run.clock.width / 3600
	begun, least := j.onset, math.Inf(1)
	for k, at := 0, 0.0; at < j.from; k++ {
		misfit := 0.0
		for i, v := range values {
			h := (float64(i) + 0.5) * width
			if h >= j.from {
				break
			}
			if h+l.run.age/3600 < early || math.IsNaN(v) {
				continue
			}
			e := v - j.base + j.slope*(j.onset-max(h, at))
			misfit += e * e
		}
		if misfit < least {
			begun, least = at, misfit
		}
		at = (float64(k) + 1) * width
	}
	return begun
}

// keeps reports whether the last look found a leak that stays one until the next look, and then if that suspects
// it: other rules hold from the settled age on, and must not take back what those before it found. They may
// show that a table only fills.
func (l *look) keeps(t *tracked) bool {
	q := &l.run.quantities[t.key.quantity]
	return t.looks > 0 && l.age() >= settled && (l.age() >= decidedAge || q.kind == KindCore || !fills(q, t.key.name))
}

// remember returns the sure judgement, with the newest trend if that still grows.
func (l *look) remember(sure, now *judgement) judgement {
	j := *sure
	if now.growth > sure.growth/2 && now.z > suspectZ/2 {
		j.trend, j.from, j.to = now.trend, now.from, now.to
	}
	return j
}

// cameBack reports whether a leak has given back half of its growth, or whether the newest judgement explains
// it. A lower load is no proof, so the resource must have been low for as long as a load is.
func (l *look) cameBack(values []float64, sure, now *judgement) bool {
	end := l.hours[len(l.hours)-1]
	span := min(3*day, max(1, end/4))
	top := math.Inf(-1)
	for i, v := range values {
		if l.hours[i] >= end-span && v > top {
			top = v
		}
	}
	explained := now.level < Suspected && now.z < sureZ && now.slope < sure.slope/2
	return now.judged && explained || top < sure.base+sure.growth/2 && now.growth < sure.growth/2
}

// judge judges one resource.
func (l *look) judge(t *tracked, values []float64, sure float64) judgement {
	q := &l.run.quantities[t.key.quantity]
	if t.key.name != "" && t.max-t.min < q.least {
		return judgement{verdict: Flat} // as most of many names are; not worth a test
	}
	if q.group == QueuesGroup {
		return l.judgeQueue(t, q)
	}
	if l.hours[len(l.hours)-1] < young {
		return l.judgeShort(t, q)
	}
	c := l.newCourse(values, nil, l.begin)
	if len(c.x) < minPoints || c.hours() <= 0 {
		return judgement{verdict: Unknown}
	}
	if q.group == TablesGroup && t.snapshot < l.run.tabled[1] {
		// It became too small to be listed; the newest list may be cut off.
		return judgement{verdict: Falls, from: c.x[0], to: c.x[len(c.x)-1], judged: true}
	}
	j := l.judgeGrowth(t, q, values, sure)
	j.from, j.to, j.judged = c.x[0], c.x[len(c.x)-1], true
	grown := j.trend.to() - j.onset
	switch {
	case j.level != Leak:
	case l.age() < settled && l.made == nil, !l.keeps(t) && grown < grownFor(q, t.key.name, l.age(), l.seen()), j.slope <= intervalErrors*j.spread:
		j.level = Suspected
	}
	return j
}

// maxSteps is how often a resource may jump. One that jumps more often grows, or shrinks, by jumps.
const maxSteps = 4

// steps returns the jumps that lasted, as when Zeek loads an intelligence file again.
func (c *course) steps(j *judgement, least float64) []step {
	if j.level >= Suspected {
		return nil
	}
	const near = 3
	var steps []step
	moves := make([]float64, len(c.y)-1)
	for i := range moves {
		moves[i] = math.Abs(c.y[i+1] - c.y[i])
	}
	if len(moves) == 0 || slices.Max(moves) < least {
		return nil
	}
	usual, level := median(moves), math.Abs(median(c.y))
	for i, move := range moves {
		if move <= 12*usual || move < 0.01*level || move < least {
			continue
		}
		size := median(c.y[i+1:min(len(c.y), i+1+near)]) - median(c.y[max(0, i+1-near):i+1])
		if math.Abs(size) < max(move/2, least) {
			continue // a spike
		}
		steps = append(steps, step{(c.x[i] + c.x[i+1]) / 2, size})
	}
	if len(steps) > maxSteps {
		return nil
	}
	return steps
}

// step is a jump: when, in hours, and by how much.
type step struct{ at, size float64 }

// judgeGrowth weighs what may explain that a resource grows: the load, and what a healthy process
// fills. In an old process the filling is over and takes part in the fit. In a young one it looks like
// a leak, so it is weighed after the fit.
func (l *look) judgeGrowth(t *tracked, q *quantity, values []float64, sure float64) judgement {
	since, age := l.filling, l.age()
	first := (t.from - l.run.first) / 3600
	if first > young {
		since = l.fillingSince(first) // it was made then, or was too small to be listed
		age = (l.run.last - t.from) / 3600
	}
	if t.expiry > 0 {
		since = l.expiringAfter((l.run.last-l.run.first)/3600-age, t.expiry)
	}
	var filled *filling
	if age >= t.settled() && fills(q, t.key.name) {
		filled = &since
	}
	if filled != nil && q.kind == KindCore {
		if _, j, grows := l.growth(q, values, nil, sure); !grows {
			return j
		}
	}
	c, j, grows := l.growth(q, values, filled, sure)
	j.unit = cmp.Or(t.entry, q.unit.size())
	share := l.shareOf(q, t.key.name, age, &j.trend)
	switch {
	case !grows:
	case !fills(q, t.key.name):
		j.verdict, j.level = Grows, Suspected
		if j.sure(sure) && j.growth >= share*j.base && l.beyondLoad(q, &j.trend, share) {
			j.level = Leak
		}
	case q.kind != KindCore && l.seen() < t.settled() && (filled != nil || l.run.age > latestStart*3600 && first <= young):
		j.verdict = Unsettled // a daily table may have been emptied just before the log
		if l.worthALook(q, &j.trend) {
			j.level = Suspected
		}
		if j.sure(sure) && l.beyondFilling(q, &j.trend) {
			j.verdict, j.level = Grows, Leak
		}
	case filled != nil && j.sure(sure) && j.growth >= share*max(j.base, 7*c.filled(j.coefficients, j.onset)) && l.beyondLoad(q, &j.trend, share):
		j.verdict, j.level = Grows, Leak
		if age < decidedAge && j.growth < 3*c.filled(j.coefficients, 0) && l.empty(values, &j.trend, &since) {
			j.verdict, j.level = Unsettled, Suspected
		}
	case filled != nil && j.growth < share*j.base:
		j.verdict = Filling
	case filled != nil:
		j.verdict, j.level = Unsettled, Suspected
	case q.name == unnamedTable && first > young && (!l.takes(&j.trend, worthShare) || l.comesBack(first, t.value)):
		j.verdict = Unsettled // it may be another table that was emptied
	default:
		whole := l.courseOf(q, values, &since)
		full := whole.fit()
		sound := full.z >= l.besideFilling(q, &j.trend, sure) && full.steady && full.growth >= material(q, c.hours(), max(full.base, 0))
		late := sound && full.growth >= j.growth/2 && full.onset > c.x[0]+0.2*c.hours()
		j.level = l.suspicion(q, values, &j.trend, &full, sound, late, &since)
		j.verdict = Unsettled
		if j.level == Leak {
			j.verdict = Grows
		}
	}
	return j
}

// comesBack reports whether all tables together lost at least half as many entries as an unnamed table holds now,
// in the day before the log first listed it. Then it may be a table that was emptied.
func (l *look) comesBack(first, entries float64) bool {
	total := l.only(tableEntries)
	if total == nil {
		return false
	}
	most, lost := 0.0, 0.0
	for i, v := range l.points(total.series, mean) {
		if h := l.hours[i]; h >= first-day && h <= first+young && !math.IsNaN(v) {
			most = max(most, v)
			lost = max(lost, most-v)
		}
	}
	return lost >= entries/2
}

// growth fits a resource, and reports whether it grows steadily, by as much as matters, and beyond its
// causes. If not, the judgement is final.
func (l *look) growth(q *quantity, values []float64, f *filling, sure float64) (c course, j judgement, grows bool) {
	c = l.courseOf(q, values, f)
	hours, last, raw := c.hours(), c.y[len(c.y)-1], c.moved()
	j = judgement{trend: c.fit(), verdict: Flat}
	cleared := q.group == TablesGroup && c.cleared(&j.trend, q.least)
	if hours >= 2*day && !q.peak && j.z < sure {
		if low := c.fitLows(); low.z > j.z {
			j.trend = low
		}
	}
	need := max(material(q, hours, max(j.base, 0)), 0.1*(slices.Max(j.causes)-slices.Min(j.causes))/max(1, hours/day))
	j.least = max(sure*j.err, need/max(hours, 1e-9))
	if held := j.causes[len(j.causes)-1]; q.peak && held > 0 { // a leak sets no record until it reaches the peak
		j.least += max(0, last-held-j.growth) / max(hours, 1e-9)
	}
	risen := raw >= need && raw >= 0.1*max(1e-9, last-raw)
	switch {
	case j.growth < need || j.z < unsureZ:
		switch {
		case risen && risenBy(c.x, j.causes) >= raw/2:
			j.verdict = WithLoad
		case risen:
			j.verdict = Unsettled
		case -raw >= need:
			j.verdict = Falls
		}
	case cleared, q.kind != KindCore && c.reloaded():
		j.verdict = Stepped
	case q.peak && j.parts < fewParts && l.age() >= settled:
		j.verdict = Unsettled // too few records show whether it goes on
		if j.z >= sureZ && j.growth >= 0.1*j.base {
			j.level = Suspected
		}
	case !j.steady && j.straight():
		j.verdict = Unsettled // too much scatter
	case !j.steady:
		j.verdict = Filling
	case l.age() >= settled && j.z < surelyZ:
		j.verdict = Unsettled
	case hours < young, j.z < suspectZ, j.z < surelyZ && j.walk < straightWalk:
		j.verdict = Unsettled
	default:
		return c, j, true
	}
	j.least = max(j.least, j.slope) // which was not enough
	return c, j, false
}

// courseOf returns a resource's course after the start-up, with its causes and its filling as columns.
func (l *look) courseOf(q *quantity, values []float64, f *filling) course {
	c := l.newCourse(values, l.causes(q, f), l.begin)
	c.peak = q.peak
	if q.kind == KindCore {
		c.boundFills(cacheShare * c.y[0])
	}
	return c
}

// besideFilling returns how many standard errors growth beside filling must be in a young process. Memory
// needs less if its growth beyond the load is sure, because the caches that it fills are bounded.
func (l *look) besideFilling(q *quantity, t *trend, sure float64) float64 {
	if q.kind == KindCore && t.z >= sure {
		return surelyZ
	}
	return sure
}

// cacheShare is the share of its memory that a process may fill with caches that its log does not show.
const cacheShare = 0.2

// boundFills lets no column of filling explain more than most.
func (c *course) boundFills(most float64) {
	for j := range c.columns {
		if c.columns[j].fills {
			c.columns[j].most = most
		}
	}
}

// fills reports whether a healthy process may fill a resource for up to a day. Timers of tunnels live
// for a day, and those of tables as long as these keep entries; other types, and intelligence, do not.
func fills(q *quantity, name string) bool {
	if q.kind == KindTimers && name != "" {
		return strings.Contains(name, "Tunnel") || strings.HasPrefix(name, "TableVal")
	}
	return q.fills && name != intelStore
}

// settled returns the age in hours by which the resource is full if it only fills. A table that gives its
// expiry is full soon after that.
func (t *tracked) settled() float64 {
	if t.expiry > 0 {
		return 1 + 1.25*t.expiry
	}
	return settled
}

// needed returns the share of its level by which a resource must grow to be called a leak in a process of
// that age, in hours. A process that has seen fewer days needs more, because its traffic may have changed.
func needed(age float64) float64 {
	if age < settled {
		return 0.3
	}
	return max(0.03, 6/age)
}

// shareOf is needed for a resource. The size of a connection changes with the traffic from hour to hour, but
// hardly grows straight for hours, and neither does what else takes memory. Intelligence does not depend on
// traffic.
func (l *look) shareOf(q *quantity, name string, age float64, t *trend) float64 {
	share := needed(age)
	switch {
	case q.kind == KindConnMemory && t.straight():
		return min(share, 0.12)
	case (name == intelStore || q.kind == KindCore) && t.straight() && t.walk >= straightWalk:
		return min(share, 0.1)
	default:
		return share
	}
}

// suspicion returns the level of growth in a process that may still be filling.
func (l *look) suspicion(q *quantity, values []float64, t, full *trend, sound, late bool, since *filling) Level {
	perHour := t.slope / max(t.base, 1)
	lasts := t.to() - t.onset
	if t.growth < 0.1*t.base || !t.straight() {
		return NoLevel
	}
	if q.kind == KindCore {
		if l.rise(values, t.onset) < t.growth/3 {
			return NoLevel // one day shows too little of what a falling load takes away
		}
		if sound && full.growth >= 0.1*full.base {
			return Leak
		}
		return Suspected
	}
	if !l.beyondLoad(q, t, 0.1) || q.group == TablesGroup && l.emptied(values, q.least) {
		return NoLevel
	}
	base, curved := l.fillingOf(values, since, t.onset)
	had := l.held(values, t)
	empty := base < leastBase && had < leastHeld
	switch {
	case q.unit == Entries && t.slope < 50, q.unit == Timers && t.slope < 5:
		return NoLevel
	case q.kind == KindSessions && perHour >= 0.1 && t.growth >= 0.4*t.base && base >= 0.3 && curved <= 0.2:
		return Leak
	case q.kind == KindSessions: // some last for hours
		return Suspected
	case t.z >= surelyZ && t.growth >= 0.4*t.base && l.takes(t, hugeShare):
		return Leak
	case empty && !late && l.takes(t, worthShare):
		return Suspected
	case (empty || curved > 0.4) && !(sound && full.growth >= t.growth/2):
		return NoLevel
	case (base < 0.3 && had < 3 || curved > 0.2) && !l.takes(t, worthShare):
		return NoLevel
	case base < 0.3 && had < 3 || curved > 0.2 || q.unit == Entries && t.slope < 100:
		return Suspected
	case perHour >= 0.1 && t.growth >= 0.4*t.base && lasts >= 2:
		return Leak
	case late && perHour >= 0.05 && lasts >= max(3, 0.2*l.hours[len(l.hours)-1]):
		return Leak
	default:
		return Suspected
	}
}

// rise returns by how much values have risen since an hour.
func (l *look) rise(values []float64, since float64) float64 {
	first, last := math.NaN(), math.NaN()
	for i, v := range values {
		if math.IsNaN(v) || l.hours[i] < since {
			continue
		}
		if math.IsNaN(first) {
			first = v
		}
		last = v
	}
	return last - first
}

// What may fill is worth a look if it takes worthShare of the memory in a day. Nothing healthy takes hugeShare.
const (
	worthShare = 0.015
	hugeShare  = 0.25
)

// size returns about how much memory one unit takes, in bytes.
func (u Unit) size() float64 {
	switch u {
	case Entries:
		return 300
	case Timers:
		return 100
	case Connections:
		return 8 << 10
	default:
		return 1
	}
}

// worthALook reports whether growth in a short log of an old process is large enough to be told.
func (l *look) worthALook(q *quantity, t *trend) bool {
	share := 0.05
	if q.kind == KindSessions {
		share = 0.1
	}
	return t.growth >= share*t.base && l.beyondLoad(q, t, share) && l.takes(t, worthShare)
}

// beyondFilling reports whether nothing healthy grows as much in a process that began before its log. Sessions fill
// in minutes, and no script empties them.
func (l *look) beyondFilling(q *quantity, t *trend) bool {
	if share := needed(l.seen()); q.kind == KindSessions {
		return t.growth >= share*t.base && l.beyondLoad(q, t, share)
	}
	return l.takes(t, hugeShare)
}

// takes reports whether growth takes that share of the memory in a day.
func (l *look) takes(t *trend, share float64) bool {
	return t.slope*day*t.unit >= share*l.memory()
}

// latestStart is how many hours old a process may be when its log begins for the log to show how it began.
const latestStart = 1.25

// A resource that held less than these at the start began empty: as a share of the resource, and in hours of
// growth.
const (
	leastBase = 0.12
	leastHeld = 2.5
)

// empty reports whether a resource had next to nothing when the process began.
func (l *look) empty(values []float64, t *trend, since *filling) bool {
	if l.held(values, t) >= leastHeld {
		return false
	}
	base, _ := l.fillingOf(values, since, t.onset)
	return base < leastBase
}

// held returns how many hours of its growth a resource held when the process began, at least: none if it
// fills, many if other entries stood beside those that leak.
func (l *look) held(values []float64, t *trend) float64 {
	const from, to = 1. / 3, latestStart
	least, grown := math.Inf(1), 0.0
	for i, h := range l.hours {
		if age := h + l.run.age/3600; age >= from && age <= to && !math.IsNaN(values[i]) {
			if t.onset < l.hours[l.begin]+young { // it has grown from the start
				grown = t.slope * age
			}
			least = min(least, values[i]-grown)
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return over(least, t.slope)
}

// matters reports whether growth would matter if it went on: in bytes a day, or else as a share of the level.
// A cache by design never matters.
func (l *look) matters(r resource) bool {
	const share = 0.02 // of the memory
	perDay := day * r.slope
	switch {
	case r.quantity.kind == "":
		return false
	case r.quantity.kind == KindConnMemory:
		return r.growth >= 0.1*r.base
	case r.Unit == Bytes:
		return perDay >= share*l.memory()
	case r.Unit == Entries:
		return perDay*Entries.size() >= share/4*l.memory()
	default:
		return r.growth >= 0.1*r.base
	}
}

// memory returns the newest total, in bytes.
func (l *look) memory() float64 {
	if total := l.only(totalMemory); total != nil {
		return total.value
	}
	return math.Inf(1)
}

// only returns what tracks a quantity without names, nil if the log lacks it.
func (l *look) only(quantity string) *tracked {
	for _, t := range l.run.order {
		if l.run.quantities[t.key.quantity].name == quantity {
			return t
		}
	}
	return nil
}

func (t *trend) to() float64 { return t.onset + over(t.growth, t.slope) }

// risen returns by how much the resource has risen since the onset, its causes included.
func (t *trend) risen() float64 { return t.growth + max(0, t.causes[len(t.causes)-1]-t.base) }

// filled returns by how much the columns of filling rise from an hour on, with the given coefficients.
func (c *course) filled(coefficients []float64, since float64) float64 {
	from := sort.SearchFloat64s(c.x, since)
	first, last := 0.0, 0.0
	for j := range c.columns {
		if c.columns[j].fills {
			first += coefficients[j] * c.columns[j].values[from]
			last += coefficients[j] * c.columns[j].values[len(c.x)-1]
		}
	}
	return last - first
}

// sure reports whether growth is as many standard errors as it needs. Growth that is straighter than noise needs
// only surelyZ.
func (t *trend) sure(needs float64) bool {
	return t.z >= needs || t.z >= surelyZ && t.walk >= straightWalk
}

// straight reports whether the growth goes on as fast as it began.
func (t *trend) straight() bool { return t.late >= 0.6*t.early }

// fillingOf tells a resource that fills from a leak. What fills begins empty: a table whose entries expire
// after a day has next to nothing in the first minutes, but a table that leaks has its other entries. And
// what fills does so ever more slowly. base is the share of the resource that does not fill, less what it may
// have had when it was first listed. Growth since a late onset is not part of it. curved is the share of the
// filling that levels off, if that is sure.
func (l *look) fillingOf(values []float64, since *filling, onset float64) (base, curved float64) {
	const early, late = 1. / 3, 1.
	begin := 0
	for begin < l.begin && l.run.age/3600+l.hours[begin] < early {
		begin++
	}
	columns := l.causes(&quantity{}, nil)
	add := func(lists ...[]float64) int {
		for _, v := range lists {
			columns = append(columns, column{values: v})
		}
		return len(columns) + 1 // the first is constant
	}
	bases := add()
	if onset > l.hours[begin]+late && l.level(values, begin, onset) {
		add(l.eachPoint(func(h float64) float64 { return max(0, h-onset) }))
	}
	ramps := add()
	const uneven = 2 // the first two of loaded do not level off
	straights := add(since.loaded[:min(uneven, len(since.loaded))]...)
	add(since.loaded[min(uneven, len(since.loaded)):]...)
	add(since.even...)
	add(since.cached...)
	c := l.newCourse(values, columns, begin)
	all, straight := leastSquares(c.columns, c.y), leastSquares(c.columns[:straights], c.y)
	parts, last := [4]float64{}, len(c.y)-1
	for j, b := range all.coefficients {
		part := 0
		switch {
		case j >= straights:
			part = 3
		case j >= ramps:
			part = 2
		case j >= bases:
			part = 1
		}
		parts[part] += b * c.columns[j].values[last]
	}
	if z := math.Sqrt(max(0, straight.sse-all.sse) / max(1e-300, all.sse/float64(len(c.y))*memory(all.rest))); z >= 4 {
		curved = over(parts[3], parts[2]+parts[3])
	}
	return over(max(0, parts[0]-1.5*listedFrom), parts[0]+parts[2]+parts[3]), curved
}

// emptied reports whether a table lost half of its entries at once during the start-up.
func (l *look) emptied(values []float64, least float64) bool {
	before := math.NaN()
	for _, v := range values[:l.begin] {
		if v < before/2 && before-v >= least {
			return true
		}
		if !math.IsNaN(v) {
			before = v
		}
	}
	return false
}

// level reports whether values hardly change from a point to an onset, so that no table was just emptied.
func (l *look) level(values []float64, begin int, onset float64) bool {
	low, high := math.Inf(1), math.Inf(-1)
	for i := begin; i < len(values) && l.hours[i] < onset; i++ {
		if !math.IsNaN(values[i]) {
			low, high = min(low, values[i]), max(high, values[i])
		}
	}
	return high <= 1.5*low
}

// proportional returns by how much a level would have risen since the trend's onset in proportion to the load.
func (l *look) proportional(t *trend) float64 {
	most := 0.0
	for _, load := range l.loads {
		most = max(most, l.riseOf(load, t.onset))
	}
	return most * t.base
}

// riseOf returns by what share a load has risen since an hour. Two days show it by their means, because a part
// of a day has another load than the next part.
func (l *look) riseOf(load []float64, since float64) float64 {
	last := l.hours[len(l.hours)-1]
	if last-l.hours[0] < 2*day {
		return l.riseWithin(sort.SearchFloat64s(l.hours, since), load)
	}
	mean := func(from float64) float64 {
		first, end := sort.SearchFloat64s(l.hours, from), sort.SearchFloat64s(l.hours, from+day)
		return stat.Mean(load[first:end], nil)
	}
	before := mean(min(since, last-2*day))
	return over(mean(last-day)-before, before)
}

// riseWithin returns by what share a load has risen since a point, less than two days before: along a line, or from
// the first to the last, whichever is more. In the morning it rises more and more steeply, and in the afternoon it
// falls again.
func (l *look) riseWithin(first int, load []float64) float64 {
	hours, load := l.hours[first:], load[first:]
	n, part := len(load), max(1, len(load)/8)
	level, slope := stat.LinearRegression(hours, load, nil, false)
	line := over(slope*(hours[n-1]-hours[0]), level+slope*hours[0])
	before := median(load[:part])
	return max(0, line, over(median(load[n-part:])-before, before))
}

// beyondLoad reports whether a resource grows by a share of its level more than in proportion to the load. A
// resource may follow a part of the load that the log does not show, so the load counts as the cause unless
// the growth is beyond doubt.
func (l *look) beyondLoad(q *quantity, t *trend, share float64) bool {
	const smooth = 12 // standard errors; sessions follow the load most closely
	switch {
	case q.kind == KindCore, t.z >= smooth, t.walk >= 2*smooth, l.seen() >= settled && t.walk >= smooth, l.seen() < settled && t.z >= clearZ && q.kind != KindSessions:
		return true
	case l.seen() >= settled:
		return t.walk >= 4 && t.growth >= share*t.base+l.proportional(t)
	default:
		return t.risen() >= share*t.base+l.proportional(t)
	}
}

// seen returns how many hours the log holds of the run.
func (l *look) seen() float64 { return (l.run.last - l.run.first) / 3600 }

// age returns how many hours old the process is.
func (l *look) age() float64 { return (l.run.age + l.run.last - l.run.first) / 3600 }

// material returns the least growth that matters in a span of hours.
func material(q *quantity, hours, level float64) float64 {
	share := 0.05
	switch {
	case hours < young:
		share = 1
	case hours < 2:
		share = 0.15
	}
	return max(q.least, q.slowest()*hours, share*level)
}

// slowest returns the growth an hour that is too slow to matter.
func (q *quantity) slowest() float64 {
	switch {
	case q.kind == KindConnMemory:
		return 0
	case q.unit == Bytes:
		return 1 << 10
	case q.unit == Entries:
		return 5
	default:
		return 1
	}
}

// causes returns the columns that may move a quantity.
func (l *look) causes(q *quantity, f *filling) (causes []column) {
	add := func(lists [][]float64, fills bool) {
		for _, values := range lists {
			causes = append(causes, column{values: values, fills: fills})
		}
	}
	add(l.follows, false)
	switch {
	case q.peak:
		causes = append(causes, l.most...)
	case q.kind == KindCore:
		causes = append(causes, l.consumed...)
	}
	if f != nil && q.kind != KindCore {
		add(f.loaded, true) // that of memory is consumed
		add(f.cached, true)
	}
	if f != nil {
		add(f.even, true)
	}
	if !q.peak {
		causes = append(causes, l.rhythm...)
	}
	return causes
}

// moved returns by how much the course has risen.
func (c *course) moved() float64 { return risenBy(c.x, c.y) }

// risenBy returns by how much values have risen, from the mean of the first to that of the last. It compares
// whole days if there are two.
func risenBy(hours, values []float64) float64 {
	n := len(values)
	part := max(1, n/8)
	if span := hours[n-1] - hours[0]; span >= 2*day {
		part = max(part, int(day/span*float64(n)))
	}
	return stat.Mean(values[n-part:], nil) - stat.Mean(values[:part], nil)
}

// cleared reports whether the course falls faster than any load: a table that is emptied now and then.
func (c *course) cleared(t *trend, least float64) bool {
	for i := 2; i < len(c.y); i++ {
		for k := i - 2; k < i; k++ {
			if lost := c.y[k] - c.y[i] - max(0, t.causes[k]-t.causes[i]); lost >= max(least, c.y[k]/2) {
				return true
			}
		}
	}
	return false
}

// intervalErrors is how many standard errors the 95 % interval of a rate spans on each side. Of 400 labelled
// leaks, 1.96 hold the true rate of 83 %, 2.6 of 90 % and 3 of 91 %: rates change by the hour, and the causes
// are fitted too.
const intervalErrors = 3

func (l *look) describe(res *Resource, j *judgement) {
	res.Verdict = j.verdict
	if !j.judged {
		return
	}
	from := j.from
	if j.verdict == Grows || j.verdict == Unsettled {
		from = j.onset
	}
	start := j.base
	if from < j.onset || j.slope == 0 {
		start = res.First
	}
	margin := max(intervalErrors*j.spread, math.Abs(j.slope)/(2*maxPoints)) // points give no finer times
	if !finite(margin) {
		margin = math.Abs(j.slope)
	}
	res.Trend = Trend{
		Slope: j.slope, Low: j.slope - margin, High: j.slope + margin, P: distuv.UnitNormal.Survival(j.z),
		From: l.run.time(from), To: l.run.time(j.to), Start: max(0, start), Judged: true,
	}
	if j.level >= Suspected {
		res.Trend.Low = max(0, res.Trend.Low) // it grows
	}
	for _, s := range j.steps {
		res.Steps = append(res.Steps, Step{l.run.time(s.at), s.size})
	}
}

// decided returns the time by which a healthy process has filled everything that it fills, so that further
// growth is a leak.
func (l *look) decided() time.Time {
	since := l.run.first - l.run.age
	return seconds(max(since+decidedAge*3600, l.run.last+2*3600))
}
