package analyze

import (
	"math"
	"slices"
)

// step is a jump: when, in hours, and by how much.
type step struct{ at, size float64 }

// maxSteps is how often a resource may jump.
const maxSteps = 4

// withoutSteps finds where y jumps and does not come back, as when an intelligence file is
// loaded anew, and takes those jumps away. What jumps often is no step but its way to grow.
func withoutSteps(c course, least float64) ([]float64, []step) {
	n := len(c.y)
	moves := moves(c.y)
	usual := middle(moves)
	level := math.Abs(middle(c.y))
	flat := slices.Clone(c.y)
	var steps []step
	for i, move := range moves {
		if move <= 12*usual || move < 0.01*level || move == 0 {
			continue
		}
		const near = 3
		before := middle(c.y[max(0, i+1-near) : i+1])
		after := middle(c.y[i+1 : min(n, i+1+near)])
		size := after - before
		if math.Abs(size) < max(move/2, least) {
			continue // a spike, or not worth telling
		}
		steps = append(steps, step{(c.x[i] + c.x[i+1]) / 2, size})
		if len(steps) > maxSteps {
			return c.y, nil
		}
		for k := i + 1; k < n; k++ {
			flat[k] -= size
		}
	}
	return flat, steps
}
