package analyze

import "time"

// Current returns the findings on the newest run, the worst first.
func (r *Report) Current() []Finding {
	var current []Finding
	for _, f := range r.Findings {
		if f.Run == len(r.Runs)-1 {
			current = append(current, f)
		}
	}
	return current
}

// Memory returns the memory of the newest run in bytes: resident memory if it is known, else the total.
// It is 0 if no snapshot measured it.
func (r *Report) Memory() float64 {
	bytes := 0.0
	if len(r.Runs) == 0 {
		return bytes
	}
	for _, m := range r.Runs[len(r.Runs)-1].State.Memory {
		if m.Resource == residentMemory {
			return m.Value
		}
		if bytes == 0 {
			bytes = m.Value
		}
	}
	return bytes
}

// MemoryGrowth returns the growth of the newest run's memory according to the findings; zero if it does
// not grow.
func (r *Report) MemoryGrowth() Rate {
	var most Rate
	for _, f := range r.Current() {
		if (f.Kind == KindCore || f.Kind == KindMemory) && f.Growth.PerHour > most.PerHour {
			most = f.Growth
		}
	}
	return most
}

// farthest is how far ahead an exhaustion is worth telling.
const farthest = 10 * 365 * 24 * time.Hour

// Exhaustion returns when the newest run will have used limit bytes of memory if it goes on growing as
// found. It is zero if memory does not grow, if limit is 0, or in more than ten years.
func (r *Report) Exhaustion(limit float64) time.Time {
	growth := r.MemoryGrowth().PerHour
	if growth <= 0 || limit <= 0 {
		return time.Time{}
	}
	hours := max(0, limit-r.Memory()) / growth
	if hours > farthest.Hours() {
		return time.Time{}
	}
	return r.Runs[len(r.Runs)-1].To.Add(time.Duration(hours * float64(time.Hour)))
}
