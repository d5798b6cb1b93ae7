package stack

import (
	"os/exec"
	"runtime"
	"syscall"
)

// dieWithParent lets the program end when this one does, however it does: a test whose time is up is
// not asked. Of Ctrl-C it hears through Stop only. The goroutine must stay until the program has
// ended, since Linux looks at its thread.
func dieWithParent(cmd *exec.Cmd) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
