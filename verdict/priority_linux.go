package verdict

import (
	"runtime"
	"syscall"
)

// niceness leaves the analysis a tenth of what others get on a busy processor. The greatest niceness
// would leave it next to nothing on a saturated host, and the garbage collector may have to wait for it.
const niceness = 10

// lowerPriority gives the calling goroutine a thread of its own, which yields to others and ends with the
// goroutine.
func lowerPriority() {
	runtime.LockOSThread()
	// If it fails the analysis only competes like anybody else.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness)
}
