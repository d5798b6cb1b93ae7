//go:build !linux

package verdict

// lowerPriority does nothing: only Linux has a priority for each thread.
func lowerPriority() {}
