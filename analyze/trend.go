package analyze

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// minPoints is how often a resource must have been measured.
const minPoints = 8

// course is a resource at the points where it was measured, and what may move it there.
type course struct {
	x, y    []float64 // hours since the run began, and the values
	columns []column  // the first is constant
	clock   []float64 // by which a leak advances: hours, or the work done in them
	work    []float64 // the other such clock
	peak    bool      // y is the greatest value so far
	lowest  bool      // y are the lowest values of each day
	shared  *shared
}

// hours returns how long the course is.
func (c *course) hours() float64 {
	if len(c.x) == 0 {
		return 0
	}
	return c.x[len(c.x)-1] - c.x[0]
}

// newCourse makes a course of what is measured after the start-up.
func (l *look) newCourse(values []float64, causes []column, begin int) course {
	at := make([]int, 0, len(values))
	for i := begin; i < len(values); i++ {
		if !math.IsNaN(values[i]) {
			at = append(at, i)
		}
	}
	pick := func(v []float64) []float64 {
		if v == nil {
			return nil
		}
		picked := make([]float64, len(at))
		for i, k := range at {
			picked[i] = v[k]
		}
		return picked
	}
	cache := &shared{}
	if begin == l.begin && len(at) == len(values)-begin {
		cache = &l.shared
	}
	if cache.ones == nil {
		cache.ones, cache.x = constant(len(at), 1), pick(l.hours)
		cache.work = worked(cache.x, pick(l.work))
	}
	c := course{x: cache.x, y: pick(values), columns: []column{{values: cache.ones}}, clock: cache.x, work: cache.work, shared: cache}
	for _, cause := range causes {
		if cause.signed && c.hours() < rhythmHours {
			continue
		}
		s := cache.scaled(cause.values, pick)
		c.columns = append(c.columns, column{s.values, cause.signed, cause.fills, cause.most * s.top})
	}
	return c
}

// worked returns work in the place of the hours, so that both go as far. It is nil if no work is done.
func worked(hours, work []float64) []float64 {
	n := len(work)
	if n < 2 || work[n-1] <= work[0] {
		return nil
	}
	floats.Scale((hours[n-1]-hours[0])/(work[n-1]-work[0]), work)
	return work
}

// shared holds what the courses measured at all points have in common. Its columns never change. A resource
// that is listed late has filling columns of its own, hence the limits.
type shared struct {
	ones    []float64
	x, work []float64                 // of a course
	columns map[*float64]scaledValues // by the first of the values
	normals []*normals
}

const (
	maxSharedColumns = 64
	maxSharedNormals = 8
)

type scaledValues struct {
	values []float64
	top    float64
}

// scaled returns values at the points of the course as shares of the greatest, and that.
func (s *shared) scaled(values []float64, pick func([]float64) []float64) scaledValues {
	known, ok := s.columns[&values[0]]
	if ok {
		return known
	}
	known.values, known.top = scaled(pick(values))
	if s.columns == nil {
		s.columns = map[*float64]scaledValues{}
	}
	if len(s.columns) < maxSharedColumns {
		s.columns[&values[0]] = known
	}
	return known
}

// normalsOf returns the normals of columns.
func (s *shared) normalsOf(columns []column) *normals {
	for _, m := range s.normals {
		if slices.EqualFunc(m.columns, columns, func(a, b column) bool { return &a.values[0] == &b.values[0] }) {
			return &normals{columns, m.gram}
		}
	}
	m := newNormals(columns)
	if len(s.normals) < maxSharedNormals {
		s.normals = append(s.normals, m)
	}
	return m
}

// scaled returns values as shares of the greatest, and that.
func scaled(values []float64) ([]float64, float64) {
	top := 0.0
	for _, v := range values {
		top = max(top, math.Abs(v))
	}
	if top > 0 {
		floats.Scale(1/top, values)
	}
	return values, top
}

func constant(n int, v float64) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = v
	}
	return c
}

// trend is the growth of a resource that its causes do not explain: a line that begins at the
// onset, the broken line that fits best.
type trend struct {
	onset, onsetError float64 // hours
	slope             float64 // units per hour
	err               float64 // its standard error, if the onset were known
	spread            float64 // its standard error, as it differs from part to part
	growth            float64 // from the onset to the end
	base              float64 // at the onset
	z                 float64 // how many standard errors the slope is, of a normal distribution
	steady            bool    // it grows throughout, and still does
	causes            []float64
	coefficients      []float64
	early, late, walk float64
	parts             int     // in which something was measured
	unit              float64 // bytes that one unit takes
}

// fit looks for growth that the columns do not explain.
func (c *course) fit() trend {
	y := slices.Clone(c.y)
	if c.peak {
		return c.fitPeak(y).trend
	}
	h := c.healthy(c.shared.normalsOf(c.columns), y)
	t := c.fitOnce(y, h)
	const times = 3
	for i := 0; i < times && t.z == 0 && clip(y, t.rest); i++ { // spikes may hide a line
		h = c.healthy(h.normals, y)
		t = c.fitOnce(y, h)
	}
	if t.z == 0 {
		return t.trend
	}
	if c.work != nil {
		// A leak may be by the hour, or by the connection.
		byHour := c.clock
		c.clock = c.work
		if u := c.fitOnce(y, h); u.z > 0 && floats.Dot(u.rest, u.rest) < 0.8*floats.Dot(t.rest, t.rest) {
			t = u
		} else {
			c.clock = byHour
		}
	}
	if clip(y, t.rest) {
		t = c.fitOnce(y, c.healthy(h.normals, y))
	}
	return t.trend
}

// clip lowers values that stand out of a fit, given what it leaves, and reports whether there are some. A scan
// makes half-open connections for minutes, and must not bend a line.
func clip(y, rest []float64) (bent bool) {
	limit := 5 * deviation(rest, 0)
	for i, e := range rest {
		if limit > 0 && math.Abs(e) > limit && !lasting(rest, i, limit) {
			y[i] -= e - math.Copysign(limit, e)
			bent = true
		}
	}
	return bent
}

// reloaded reports whether the course stands still but for a few moves, and they may be chance: a feed that is
// loaded now and then has another size each time. Six that all rise are none.
func (c *course) reloaded() bool {
	const few, enough, nearlyAll, some = 8, 6, 0.9, 0.1
	moves := make([]float64, 0, len(c.y))
	for i := 1; i < len(c.y); i++ {
		move := c.y[i] - c.y[i-1]
		if i+1 < len(c.y) && move*(c.y[i+1]-c.y[i]) > 0 { // a move within a point changes two
			i++
			move = c.y[i] - c.y[i-2]
		}
		moves = append(moves, move)
	}
	if len(moves) < 4*few {
		return false
	}
	all := floats.Norm(moves, 1)
	slices.SortFunc(moves, func(a, b float64) int { return cmp.Compare(math.Abs(b), math.Abs(a)) })
	large := moves[:few]
	if floats.Norm(large, 1) < nearlyAll*all {
		return false
	}
	least := some * slices.Max(large)
	return slices.Min(large) <= -least || large[enough-1] < least
}

// lows returns the course at the lowest third of its points in each day. Traffic makes most of the noise, and
// more by day than by night, so a slow leak shows when it is quiet.
func (c *course) lows() course {
	var rows []int
	end := c.x[len(c.x)-1]
	for first := 0; first < len(c.x); {
		last := first
		for last < len(c.x) && int((end-c.x[last])/day) == int((end-c.x[first])/day) {
			last++
		}
		limit := quantile(1./3, c.y[first:last])
		for i := first; i < last; i++ {
			if c.y[i] <= limit {
				rows = append(rows, i)
			}
		}
		first = last
	}
	low := course{x: valuesAt(c.x, rows), y: valuesAt(c.y, rows), columns: pick(c.columns, rows), shared: &shared{}, lowest: true}
	low.clock = low.x
	if c.work != nil {
		low.work = valuesAt(c.work, rows)
	}
	return low
}

// fitLows is fit by the lows. The causes are those of the whole course.
func (c *course) fitLows() trend {
	even := *c // the lows of all days are of the same hours, so no rhythm moves them
	even.columns = slices.DeleteFunc(slices.Clone(c.columns), func(c column) bool { return c.signed })
	low := even.lows()
	if len(low.x) < 2*minPoints {
		return trend{}
	}
	t := low.fit()
	t.causes = sum(even.columns, t.coefficients[:len(even.columns)], len(c.x))
	return t
}

// lasting reports whether values around the i-th stand out as far: a step and no spike.
func lasting(rest []float64, i int, limit float64) bool {
	n := 0
	for k := max(0, i-2); k < min(len(rest), i+3); k++ {
		if math.Abs(rest[k]) > limit {
			n++
		}
	}
	return n >= 4
}

type fittedTrend struct {
	trend
	rest     []float64
	variance float64
}

// healthy is a fit without a line.
type healthy struct {
	*normals
	fitted
	span [][]float64 // a basis of what is used
}

func (c *course) healthy(m *normals, y []float64) *healthy {
	f := m.fit(y)
	return &healthy{m, f, basis(c.columns, f.used)}
}

// fitOnce looks for a line that the healthy fit of y lacks.
func (c *course) fitOnce(y []float64, h *healthy) fittedTrend {
	n, p := len(y), len(c.columns)
	at, gains := c.onset(y, h.span)
	t := fittedTrend{rest: h.rest}
	t.onset, t.causes = c.x[at], make([]float64, n)
	for j, b := range h.coefficients {
		floats.AddScaled(t.causes, b, c.columns[j].values)
	}
	t.base, t.coefficients = t.causes[at], h.coefficients
	own := apart(c.ramp(0), h.span)
	t.err = math.Sqrt(h.sse / float64(n) * memory(h.rest) / max(floats.Dot(own, own), 1e-300))
	if float64(n)*gains[at] < unsureZ*unsureZ*(h.sse-gains[at]) {
		return t // no line could be sure
	}
	// What is used depends on the onset, and the onset on what is used.
	var line column
	var with fitted
	span, used := h.span, h.used
	for range 2 {
		line = column{values: c.ramp(at)}
		with = h.with(line).fit(y)
		beside := without(with.used, p)
		if slices.Equal(beside, used) {
			break // the onset is the same
		}
		span, used = basis(c.columns, beside), beside
		before := at
		if at, gains = c.onset(y, span); at == before {
			break
		}
	}
	if t.onset = c.x[at]; with.coefficients[p] == 0 || line.values[n-1] != c.ramp(at)[n-1] {
		line = column{values: c.ramp(at)}
		with = h.with(line).fit(y)
		span = basis(c.columns, without(with.used, p))
	}
	c.measure(&t, y, at, h.sse, &with, line.values, span)
	t.onsetError = c.onsetError(gains, at, t.variance)
	return t
}

// without returns the used columns except the line, which is the last of all columns.
func without(used []int, line int) []int {
	if n := len(used); n > 0 && used[n-1] == line {
		return used[:n-1]
	}
	return used
}

// measure fills in what a fit with a line from the given point shows. The fit without a line leaves sse, and
// span is a basis of the other columns used.
func (c *course) measure(t *fittedTrend, y []float64, at int, sse float64, with *fitted, line []float64, span [][]float64) {
	n, p := len(y), len(c.columns)
	g := with.coefficients[p]
	t.rest, t.coefficients = with.rest, with.coefficients
	clear(t.causes)
	for j, b := range with.coefficients[:p] {
		floats.AddScaled(t.causes, b, c.columns[j].values)
	}
	t.base = t.causes[at]
	t.growth = g * (c.clock[n-1] - c.clock[at])
	t.slope = t.growth / (c.x[n-1] - c.x[at])
	own := apart(line, span)
	norm := floats.Dot(own, own)
	if g <= 0 || norm <= 1e-9*floats.Dot(line, line) {
		return
	}
	alike := memory(with.rest)
	freedom := max(leastFreedom, float64(n-len(with.used))/alike)
	t.variance = with.sse / max(1, float64(n-len(with.used))) * alike
	better := math.Sqrt(max(0, sse-with.sse) / max(t.variance, 1e-300))
	t.err = min(math.Sqrt(t.variance/norm)*t.slope/g, over(t.slope, better))
	t.z = normal(better, freedom)
	t.steady = c.steady(y, &t.trend, at, every(n))
	bend := make([]float64, n) // what another onset would change
	for i := at + 1; i < n && at > 0; i++ {
		bend[i] = 1
	}
	free := apart(line, orthonormal(append(slices.Clip(span), bend)))
	t.spread = math.Hypot(math.Sqrt(t.variance/max(floats.Dot(free, free), 1e-300))*t.slope/g, t.spread)
}

// leastFreedom is how many degrees of freedom even the most correlated scatter has: as many as there are parts.
// The line must rise in each.
const leastFreedom = 6

// normal returns the z of a normal distribution that is as improbable as t of Student's.
func normal(t, freedom float64) float64 {
	// Wallace (1959)
	return math.Sqrt(freedom*math.Log1p(t*t/freedom)) * (8*freedom + 1) / (8*freedom + 3)
}

func (c *course) ramp(at int) []float64 { return c.rampIn(make([]float64, len(c.x)), at) }

// rampIn is ramp in the given room.
func (c *course) rampIn(ramp []float64, at int) []float64 {
	clear(ramp[:at])
	for i := at; i < len(c.x); i++ {
		ramp[i] = c.clock[i] - c.clock[at]
	}
	return ramp
}

// basis returns a basis of what those of the columns explain that are used.
func basis(columns []column, used []int) [][]float64 {
	values := make([][]float64, len(used))
	for i, j := range used {
		values[i] = columns[j].values
	}
	return orthonormal(values)
}

// onset returns the point at which a line that begins there explains most of the rest, and how
// much a line explains that begins at each.
func (c *course) onset(y []float64, basis [][]float64) (at int, gains []float64) {
	n := len(c.x)
	rest, room := apart(y, basis), make([]float64, n)
	gains = constant(n, -1)
	gain := func(i int) {
		if i < 0 || i > n-n/8-3 || gains[i] >= 0 {
			return
		}
		gains[i] = 0
		own := subtract(c.rampIn(room, i), basis)
		if product := floats.Dot(own, rest); product > 0 {
			gains[i] = product * product / max(floats.Dot(own, own), 1e-300)
		}
		if gains[i] > gains[max(at, 0)] {
			at = i
		}
	}
	step := max(1, n/12)
	for i := 0; i < n; i += step {
		gain(i)
	}
	for ; step > 1; step = (step + 1) / 2 {
		best := at
		gain(best - step/2)
		gain(best + step/2)
		if step == 2 {
			gain(at - 1)
			gain(at + 1)
			break
		}
	}
	// What began with the log began before it.
	if left := floats.Dot(rest, rest) - gains[at]; gains[at]-gains[0] <= earlier*left/float64(n) {
		at = 0
	}
	return at, gains
}

// earlier is how much worse a line from the start on may fit and still be preferred, in mean squares.
const earlier = 40

// onsetError returns within how many hours lines that begin there fit about as well.
func (c *course) onsetError(gains []float64, at int, variance float64) float64 {
	low, high := at, at
	for i, g := range gains {
		if g >= gains[at]-4*variance {
			low, high = min(low, i), max(high, i)
		}
	}
	step := c.hours() / float64(len(c.x)-1)
	return max(step, (c.x[high]-c.x[low])/2)
}

// steady reports whether the resource, less its causes, grows in every part of the time since the onset, and
// does not slow down. It judges the increments from part to part like those of a random walk, which has no
// direction.
func (c *course) steady(y []float64, t *trend, at int, rows []int) bool {
	rows = rows[sort.SearchInts(rows, at):]
	rest := make([]float64, len(rows))
	for k, i := range rows {
		rest[k] = y[i] - t.causes[i]
	}
	from, span := c.clock[at], c.clock[len(c.x)-1]-c.clock[at]
	parts := 6
	if days := int((c.x[len(c.x)-1] - c.x[at]) / day); days > parts || (c.peak || c.lowest) && days >= 2 {
		parts = min(max(3, days), 12) // a peak is set by day, a low by night
	}
	if len(rows) < 2*parts {
		parts = max(3, len(rows)/2)
	}
	var x, levels []float64
	for first := 0; first < len(rows); {
		part := c.part(rows[first], from, span, parts)
		last := first
		for last < len(rows) && c.part(rows[last], from, span, parts) == part {
			last++
		}
		x = append(x, stat.Mean(valuesAt(c.clock, rows[first:last]), nil))
		levels = append(levels, median(rest[first:last]))
		first = last
	}
	if t.parts = len(levels); t.parts < fewParts {
		return false
	}
	moves := make([]float64, len(levels)-1)
	up := 0
	for i := range moves {
		moves[i] = (levels[i+1] - levels[i]) / max(x[i+1]-x[i], 1e-9)
		if moves[i] > 0 {
			up++
		}
	}
	mean, sd := stat.MeanStdDev(moves, nil)
	half := len(moves) / 2
	early, late := stat.Mean(moves[:half], nil), stat.Mean(moves[len(moves)-half:], nil)
	t.early, t.late, t.walk = early, late, over(mean, max(sd, 1e-12*math.Abs(mean)))*math.Sqrt(float64(len(moves)))
	// The line follows most of the time, and the parts the whole rise.
	ends := over(levels[len(levels)-1]-levels[0], x[len(x)-1]-x[0])
	t.spread = math.Abs(t.slope) * math.Hypot(parted*over(1, t.walk), over(ends*span, t.growth)-1)
	if len(moves) < 4 {
		return up == len(moves) && late >= early/3 // too few for a scatter
	}
	return up >= len(moves)-1-len(moves)/6 && t.walk >= 2.5 && late >= early/3
}

// fewParts are too few to show whether growth goes on.
const fewParts = 3

// parted is how much wider a 95 % interval is if only half a dozen parts show the scatter, by Student's
// distribution.
const parted = 1.3

// part returns the number of the part of a span, among equal parts, that holds a point.
func (c *course) part(i int, from, span float64, parts int) int {
	return min(parts-1, int(float64(parts)*(c.clock[i]-from)/max(span, 1e-9)))
}

// deviation returns the standard deviation around the middle, from the median deviation, which
// no spike changes.
func deviation(y []float64, middle float64) float64 {
	rest := make([]float64, len(y))
	for i := range y {
		rest[i] = math.Abs(y[i] - middle)
	}
	return 1.4826 * median(rest)
}
