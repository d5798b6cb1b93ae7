package analyze

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// maxPoints bounds the points in time of a look.
const maxPoints = 96

// day is how many hours a healthy table may fill: stock tables keep their entries for a day.
const day = 24

// rhythmHours is how many hours of a resource show its daily rhythm.
const rhythmHours = 30

// look is a run seen at one time: its points, and the causes that move a healthy resource at each.
type look struct {
	run   *run
	size  int       // buckets to a point
	hours []float64 // from the run's start to the middle of each point
	begin int       // the first point after the start-up

	loads    [][]float64 // new connections, and messages to threads, per second
	follows  [][]float64 // held because of the load of the last hours
	filling  filling     // what fills since the process started
	made     []float64   // new connections per second in each bucket
	consumed []column    // what takes memory, its means
	most     []column    // and its greatest values
	rhythm   []column    // of the day
	work     []float64   // connections made so far, of any unit
	shared   shared
	plotted  []time.Time // the middles of a plot's points
}

// newLook looks at a run.
func newLook(r *run) *look {
	l := &look{run: r, size: (r.clock.now + 1 + maxPoints - 1) / maxPoints}
	n := (r.clock.now + l.size) / l.size
	hour := r.clock.width / 3600
	for i := range n {
		begin := float64(i*l.size) * hour
		end := min(begin+float64(l.size)*hour, (r.last-r.clock.start)/3600) // the last is not full
		l.hours = append(l.hours, (begin+end)/2)
	}
	for l.begin = 0; l.begin < n-1 && l.hours[l.begin] < r.startUp()/3600; {
		l.begin++
	}
	for i, load := range r.loads {
		l.addLoad(filled(load.values(mean)), hour, i == 0)
	}
	l.filling = l.fillingSince(-r.age / 3600)
	for _, t := range r.order {
		switch r.quantities[t.key.quantity].name {
		case sessions, allTimers, globalsSize, tableEntries, signatures:
			if values := filled(l.points(t.series, mean)); values != nil {
				cost := r.quantities[t.key.quantity].unit.cost()
				l.consumed = append(l.consumed, column{values: values, most: cost})
				l.most = append(l.most, column{values: filled(l.points(t.series, peak)), most: cost})
			}
		}
	}
	if waiting := l.waiting(); waiting != nil {
		queued := column{values: waiting, most: Messages.cost()}
		l.consumed, l.most = append(l.consumed, queued), append(l.most, queued)
	}
	if l.hours[n-1]-l.hours[l.begin] >= rhythmHours {
		for _, period := range []float64{24, 12} {
			w := 2 * math.Pi / period
			l.rhythm = append(l.rhythm,
				column{values: l.eachPoint(func(h float64) float64 { return math.Sin(w * h) }), signed: true},
				column{values: l.eachPoint(func(h float64) float64 { return math.Cos(w * h) }), signed: true})
		}
	}
	return l
}

// waiting returns how many messages wait in all long queues together, nil if none is long.
func (l *look) waiting() (total []float64) {
	for _, t := range l.run.order {
		if q := &l.run.quantities[t.key.quantity]; q.group != QueuesGroup || t.max < q.least {
			continue
		}
		if total == nil {
			total = make([]float64, len(l.hours))
		}
		for i, v := range filled(l.points(t.series, mean)) {
			total[i] += v
		}
	}
	return total
}

func (l *look) eachPoint(f func(hours float64) float64) []float64 {
	values := make([]float64, len(l.hours))
	for i, h := range l.hours {
		values[i] = f(h)
	}
	return values
}

// addLoad adds a load, per second in each bucket, and what it leaves behind for minutes to hours. Buckets that are
// too long to show minutes show scans instead. If the load makes connections, addLoad also keeps them.
func (l *look) addLoad(load []float64, hour float64, makes bool) {
	if load == nil || stat.Mean(load, nil) <= 0 {
		return
	}
	level, constants := load, []float64{1. / 6, 1, 3}
	if hour >= constants[0]/2 {
		constants = constants[1:]
		l.follows = append(l.follows, l.grouped(usual(load)))
	} else {
		level = withoutScans(load, hour)
	}
	l.loads = append(l.loads, l.grouped(level))
	l.follows = append(l.follows, l.grouped(level))
	early := stat.Mean(level[:min(len(level), 1+int(1/hour))], nil)
	for _, constant := range constants {
		l.follows = append(l.follows, l.grouped(expiring(level, early, 100*constant, hour, constant)))
	}
	if makes {
		l.made = load
		l.work = l.grouped(sums(load))
	}
}

// usual returns the load without the spikes of scans, which leave little behind: the median of each value and
// its neighbours.
func usual(load []float64) []float64 {
	const beside = 2
	values := make([]float64, len(load))
	for i := range load {
		values[i] = median(load[max(0, i-beside):min(len(load), i+beside+1)])
	}
	return values
}

// withoutScans returns a load without values that are many times those of half an hour before and after, and the mean.
// The connections of a scan leave nothing behind.
func withoutScans(load []float64, hour float64) []float64 {
	const much = 4
	apart, least := max(1, int(0.5/hour)), stat.Mean(load, nil)
	level := slices.Clone(load)
	for i := range level {
		around := max(least, load[max(0, i-apart)], load[min(len(load)-1, i+apart)])
		if load[i] > much*around {
			level[i] = around
		}
	}
	return level
}

// filling is how a resource fills from some time on: loaded with new connections and even with time, each for
// up to a day, and cached with the connections made.
type filling struct{ loaded, even, cached [][]float64 }

// fillingSince returns how a resource fills that begins empty at that hour. The log begins at hour 0.
func (l *look) fillingSince(begin float64) filling {
	f := l.expiringAfter(begin, day)
	for _, constant := range []float64{1, 3, 6, 12} {
		f.even = append(f.even, l.eachPoint(func(h float64) float64 { return 1 - math.Exp(-max(0, h-begin)/constant) }))
	}
	if l.made == nil {
		return f
	}
	load, age, hour := l.madeSince(begin), max(0, -begin), l.run.clock.width/3600
	for _, constant := range []float64{1, 6} {
		f.loaded = append(f.loaded, l.grouped(expiring(load, l.earlyLoad(), age, hour, constant)))
	}
	done := sums(load)
	busy := quantile(0.9, l.made)
	for _, constant := range []float64{3, 6, 12} {
		f.cached = append(f.cached, l.grouped(cached(done, l.earlyLoad()*age/hour, busy*constant/hour)))
	}
	return f
}

// expiringAfter returns how a resource fills that begins empty at that hour, if each entry expires after span
// hours.
func (l *look) expiringAfter(begin, span float64) filling {
	f := filling{loaded: [][]float64{l.eachPoint(func(h float64) float64 { return min(max(0, h-begin), span) })}}
	if l.made != nil {
		f.loaded = append(f.loaded, l.grouped(within(l.madeSince(begin), l.earlyLoad(), max(0, -begin), l.run.clock.width/3600, span)))
	}
	return f
}

// madeSince returns the new connections per second in each bucket, with none before that hour.
func (l *look) madeSince(begin float64) []float64 {
	load := slices.Clone(l.made)
	clear(load[:min(len(load), max(0, int(begin*3600/l.run.clock.width)))])
	return load
}

// earlyLoad returns the mean load of the log's first hour.
func (l *look) earlyLoad() float64 {
	return stat.Mean(l.made[:min(len(l.made), 1+int(3600/l.run.clock.width))], nil)
}

// sums returns the sum of all values up to each.
func sums(values []float64) []float64 { return floats.CumSum(make([]float64, len(values)), values) }

// expiring returns how much is held of what a load brings, if it expires with a time constant in hours. When
// the log began, the process had that age, and the early load until then.
func expiring(load []float64, early, age, hour, constant float64) []float64 {
	kept := math.Exp(-hour / constant)
	now := early * constant * (1 - math.Exp(-age/constant))
	held := make([]float64, len(load))
	for i, v := range load {
		now = kept*now + v*constant*(1-kept)
		held[i] = now
	}
	return held
}

// cached returns how full a cache is, as a share. It fills with the connections made, those before the log
// included; size connections fill 1 - 1/e of it.
func cached(made []float64, before, size float64) []float64 {
	full := make([]float64, len(made))
	for i, n := range made {
		full[i] = 1 - math.Exp(-over(before+n, size))
	}
	return full
}

// within returns how much a load brought in the last span of hours.
func within(load []float64, early, age, hour, span float64) []float64 {
	sums := make([]float64, len(load)+1)
	for i, v := range load {
		sums[i+1] = sums[i] + v*hour
	}
	held := make([]float64, len(load))
	for i := range load {
		from := float64(i+1)*hour - span
		held[i] = sums[i+1]
		switch {
		case from > 0:
			held[i] -= sums[min(int(from/hour), i)]
		default:
			held[i] += early * min(age, -from)
		}
	}
	return held
}

// points returns the value of a series at each point, NaN where nothing was measured.
func (l *look) points(s *series, of func(bucket) float64) []float64 {
	return s.points(len(l.hours), l.size, of)
}

// plot returns a resource's course through all of the run. It joins buckets in pairs if there are many.
func (l *look) plot(t *tracked) []Point {
	t.align()
	now, step := l.run.clock.now, 1
	if now >= maxBuckets/2 {
		step = 2
	}
	if l.plotted == nil {
		for i := 0; i <= now; i += step {
			middle := (float64(i) + 0.5*float64(step)) * l.run.clock.width / 3600
			l.plotted = append(l.plotted, l.run.time(middle))
		}
	}
	points := make([]Point, 0, len(l.plotted))
	for i, at := range l.plotted {
		b := t.at(i * step)
		if step == 2 {
			b.merge(t.at(i*step + 1))
		}
		if b.n > 0 {
			points = append(points, Point{at, mean(b), floor(b), peak(b)})
		}
	}
	return points
}

func (l *look) grouped(values []float64) []float64 {
	g := make([]float64, len(l.hours))
	for i := range g {
		g[i] = stat.Mean(values[i*l.size:min(len(values), (i+1)*l.size)], nil)
	}
	return g
}

// filled returns values with the last one in each gap, and the first one before all others; nil if there is
// none.
func filled(values []float64) []float64 {
	last, first := math.NaN(), -1
	f := make([]float64, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			last = v
			if first < 0 {
				first = i
			}
		}
		f[i] = last
	}
	if first < 0 {
		return nil
	}
	for i := range first {
		f[i] = values[first]
	}
	return f
}
