package labelled

import "math"

// keys is a script's table that traffic fills and time empties. Each entry goes at the end of its
// life, so nothing here grows without end.
type keys struct {
	strangers float64 // keys an hour, at load 1, that come only once
	residents float64 // keys that come again and again
	visits    float64 // an hour, of a resident at load 1
	life      float64 // hours that an entry lives; ignored if the table has a period
	read      bool    // &read_expire: each visit starts the life again
	period    float64 // hours between two times that all entries are cleared, by the clock; 0 for never
	scans     float64 // an hour
	scanned   float64 // strangers that a scan brings
}

// level returns about how many entries there are on average.
func (k keys) level() float64 {
	if k.period > 0 {
		return k.strangers*k.period/2 + k.residents*min(1, k.visits*k.period/2)
	}
	return k.strangers*k.life + k.residents*(1-math.Exp(-k.visits*k.life))
}

// curve returns the entries of the table in a process.
func (k keys) curve(p *process) curve {
	d, scans := p.dice(), p.events()
	if k.read {
		return k.touched(d)
	}
	var once, again entries
	cleared := math.Inf(-1)
	return func(m moment) float64 {
		hours := m.hours()
		if k.period > 0 {
			if now := math.Floor(p.oclock() / k.period); now > cleared {
				cleared, once, again = now, entries{}, entries{}
			}
		} else {
			once.expire(hours - k.life)
			again.expire(hours - k.life)
		}
		work := m.load * m.dt / 3600
		once.add(hours, d.poisson(k.strangers*work)+k.scan(m, scans))
		away := max(0, k.residents-again.count)
		again.add(hours, min(away, d.poisson(away*(1-math.Exp(-k.visits*work)))))
		return once.count + again.count
	}
}

func (k keys) scan(m moment, d *dice) float64 {
	if !d.chance(k.scans * m.dt / 3600) {
		return 0
	}
	return math.Round(k.scanned * d.scale(0.3, 3))
}

// touched returns the curve of a table with &read_expire. Its residents come at widely differing
// rates.
func (k keys) touched(d *dice) curve {
	var once entries
	var work []stamp // total load at times within the life, the oldest first
	var total float64
	kinds := []float64{0.05, 0.3, 1, 5}
	wobble := noise{sd: 0.01, memory: 1800}
	return func(m moment) float64 {
		hours := m.hours()
		once.expire(hours - k.life)
		load := m.load * m.dt / 3600
		once.add(hours, d.poisson(k.strangers*load))
		total += load
		if last := len(work) - 1; last < 0 || hours-work[last].hours > k.life/300 {
			work = append(work, stamp{hours, total})
		}
		for len(work) > 1 && work[1].hours < hours-k.life {
			work = work[1:]
		}
		seen := total - work[0].n
		if hours < k.life {
			seen = total
		}
		var residents float64
		for _, rate := range kinds {
			residents += k.residents / float64(len(kinds)) * (1 - math.Exp(-k.visits*rate*seen))
		}
		return once.count + residents*wobble.next(m.dt, d)
	}
}

// entries are what came into a table and has not expired.
type entries struct {
	queue []stamp
	count float64
}

type stamp struct{ hours, n float64 }

func (e *entries) add(hours, n float64) {
	const together = 0.05 // hours: entries of three minutes expire together
	e.count += n
	if last := len(e.queue) - 1; last >= 0 && hours-e.queue[last].hours < together {
		e.queue[last].n += n
		return
	}
	e.queue = append(e.queue, stamp{hours, n})
}

func (e *entries) expire(before float64) {
	i := 0
	for i < len(e.queue) && e.queue[i].hours < before {
		e.count -= e.queue[i].n
		i++
	}
	e.queue = e.queue[i:]
}
