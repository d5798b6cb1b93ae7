package collector

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
)

// nonblock keeps an open from waiting for the other end of a FIFO.
const nonblock = syscall.O_NONBLOCK

// nameOf returns a path of an open file that no rename can give to another file.
func nameOf(file *os.File) string {
	name := fmt.Sprintf("/proc/self/fd/%d", file.Fd())
	if _, err := os.Stat(name); err != nil {
		return file.Name() // not on Linux
	}
	return name
}

// ending is the last bytes of a file. It reads none of them twice.
type ending struct {
	file io.ReaderAt
	end  int64  // of the file
	b    []byte // the bytes before end that were read
}

// ReadAt implements io.ReaderAt.
func (e *ending) ReadAt(p []byte, off int64) (int, error) {
	start := e.end - int64(len(e.b))
	if off < start {
		if e.end-off > maxLine {
			return e.file.ReadAt(p, off)
		}
		b := make([]byte, e.end-off)
		if _, err := e.file.ReadAt(b[:start-off], off); err != nil {
			return 0, err
		}
		copy(b[start-off:], e.b)
		e.b, start = b, off
	}
	n := copy(p, e.b[min(off, e.end)-start:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// hasLines reports whether the last maxLine bytes hold a newline.
func (e *ending) hasLines() bool {
	for size := int64(4 << 10); size <= maxLine; size *= 4 {
		var first [1]byte
		if _, err := e.ReadAt(first[:], e.end-size); err != nil {
			return false
		}
		if bytes.IndexByte(e.b, '\n') >= 0 {
			return true
		}
	}
	return false
}

// Whence of lseek on Linux, for files with holes.
const (
	seekData = 3
	seekHole = 4
)

// dataEnd returns where the bytes of a file end that are written: before a hole at its end, which
// a process fills that was there before the file was made longer. What stands before offset is
// written.
func dataEnd(file *os.File, offset, size int64) (int64, error) {
	var last [1]byte
	if size <= offset {
		return size, nil
	}
	if _, err := file.ReadAt(last[:], size-1); err != nil && err != io.EOF {
		return 0, err
	}
	if last[0] != 0 {
		return size, nil
	}
	return zerosBegin(file, offset, lastHole(file, offset, size))
}

// lastHole returns where the last hole of a file begins, if it reaches to its end; else size.
func lastHole(file *os.File, offset, size int64) int64 {
	if runtime.GOOS != "linux" {
		return size
	}
	const maxHoles = 1000
	for range maxHoles {
		hole, err := file.Seek(offset, seekHole)
		if err != nil || hole >= size {
			return size
		}
		if offset, err = file.Seek(hole, seekData); err != nil {
			return hole
		}
	}
	return size
}

// zerosBegin returns where the zeros before end begin, but at least offset. It looks as far back as
// a line may be long.
func zerosBegin(file io.ReaderAt, offset, end int64) (int64, error) {
	b := make([]byte, 4<<10)
	for limit := max(offset, end-maxLine); end > limit; {
		n := min(int64(len(b)), end-limit)
		if _, err := file.ReadAt(b[:n], end-n); err != nil && err != io.EOF {
			return 0, err
		}
		if i := len(bytes.TrimRight(b[:n], "\x00")); i > 0 {
			return end - n + int64(i), nil
		}
		end -= n
	}
	return end, nil
}
