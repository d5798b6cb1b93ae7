package verdict

import (
	"runtime"
	"syscall"
)

// lowerPriority gives the calling goroutine a thread of its own, which yields to everything else on
// the host and ends with the goroutine.
func lowerPriority() {
	runtime.LockOSThread()
	const lowest = 19
	// Without it the analysis only competes like anybody else.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), lowest)
}
