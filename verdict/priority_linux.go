package verdict

import (
	"runtime"
	"syscall"
)

// niceness leaves the analysis a tenth of what others get on a busy processor. With the greatest
// niceness it gets nothing for minutes on a host whose processors all have more to do than they can,
// and everybody who waits for it, such as the garbage collector, waits as long.
const niceness = 10

// lowerPriority gives the calling goroutine a thread of its own, which yields to others and ends with the
// goroutine.
func lowerPriority() {
	runtime.LockOSThread()
	// If it fails the analysis only competes like anybody else.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness)
}
