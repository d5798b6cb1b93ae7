// Package logs reads the prof.logs that people have: a file, a directory of them, an archive, a
// pipe. It knows paths, compression and goroutines, and leaves the text to package parse.
package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bro_exporter/spool"
)

// Log is a prof.log to read.
type Log struct {
	// Process is the name of its process, in the form of spool.Valid. Logs with equal names are named by
	// their paths, unless the arguments gave the names.
	Process string
	// Path is what to call it in messages, and to open.
	Path string
	// Size is how many bytes the file has, compressed or not; 0 if that is not known.
	Size int64
	// OnRead, if set, is called with the number of bytes whenever some of Size were read. Several
	// goroutines call it at once.
	OnRead func(n int)

	stdin io.Reader // to be read instead of Path
}

// Find returns the prof.logs that arguments name, [NAME=]FILE, DIR, GLOB or - for stdin, in their
// order. A directory stands for every prof*.log and prof*.log.gz in it and below. Each error is one
// line, about an argument that names no prof.log or a place that cannot be read. It affects no other
// argument.
//
// NAME, or the directory of its prof.log, names a process. A file with another name, such as zeekctl's
// prof.14:00:00-15:00:00.log.gz in a directory of that day, adds its own.
func Find(arguments []string, stdin io.Reader) (logs []Log, errs []error) {
	f := finder{stdin: stdin, seen: map[source]bool{}}
	for _, argument := range arguments {
		errs = append(errs, f.argument(argument)...)
	}
	return f.named(), errs
}

type finder struct {
	stdin io.Reader
	seen  map[source]bool
	found []found
}

// source tells apart what was found: the resolved path of a file, and the name that was given for it.
type source struct{ path, name string }

type found struct {
	Log
	given bool // Process was given, and stays
}

func (f *finder) argument(argument string) []error {
	name, path := split(argument)
	if path == "" {
		return []error{fmt.Errorf("%q names no file: write it as [NAME=]FILE", argument)}
	}
	if path == "-" {
		f.add(name, Log{Process: "stdin", Path: "-", stdin: f.stdin})
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, `*?[`):
		return f.glob(name, path)
	case errors.Is(err, fs.ErrNotExist):
		return []error{fmt.Errorf("%s: there is no such file: give a prof.log, a directory that holds some, a pattern in quotes, or - for standard input", path)}
	case err != nil:
		return []error{explained(err)}
	case info.IsDir():
		return f.directory(name, path)
	}
	f.file(name, path, info)
	return nil
}

// split parts NAME=FILE, unless a file has that whole name.
func split(argument string) (name, path string) {
	name, path, given := strings.Cut(argument, "=")
	if !given || name == "" || strings.Contains(name, "/") {
		return "", argument
	}
	if _, err := os.Stat(argument); err == nil {
		return "", argument
	}
	return name, path
}

func (f *finder) glob(name, pattern string) (errs []error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return []error{fmt.Errorf("%s: %w: a [ needs its ], a \\ needs a character behind it", pattern, err)}
	}
	// Glob does not tell which directories it could not read.
	for _, dir := range spool.NewFinder([]spool.Pattern{{Glob: pattern}}).Find().Unreadable() {
		errs = append(errs, explained(&fs.PathError{Path: dir.Path, Err: dir.Err}))
	}
	if len(paths) == 0 && len(errs) == 0 {
		return []error{fmt.Errorf("%s: no file matches this pattern", pattern)}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			errs = append(errs, explained(err))
		case info.IsDir():
			errs = append(errs, f.directory(name, path)...)
		default:
			f.file(name, path, info)
		}
	}
	return errs
}

// directory finds the prof.logs in a directory and below. A place that cannot be read hides no other.
func (f *finder) directory(name, dir string) (errs []error) {
	none := true
	root := dir + string(filepath.Separator) // also where dir is a link
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			errs = append(errs, explained(err))
			return nil
		}
		if !isLog(entry.Name()) {
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			errs = append(errs, explained(err))
		case info.Mode().IsRegular():
			none = false
			f.file(name, filepath.Clean(path), info)
		}
		return nil
	})
	if len(errs) == 0 && none {
		return []error{fmt.Errorf("%s: there is no prof*.log or prof*.log.gz in this directory or below: is it a spool or log directory?", dir)}
	}
	return errs
}

func isLog(name string) bool {
	return strings.HasPrefix(name, "prof") && strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".log")
}

func (f *finder) file(name, path string, info fs.FileInfo) {
	log := Log{Process: processOf(path), Path: path}
	if info.Mode().IsRegular() {
		log.Size = info.Size()
	}
	f.add(name, log)
}

func processOf(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), ".gz")
	base = strings.TrimSuffix(base, filepath.Ext(base))
	process := spool.ProcessName(path)
	switch {
	case base == "prof":
		return process
	case filepath.Base(filepath.Dir(path)) != process: // there is no directory to be called by
		return base
	default:
		return process + "/" + base
	}
}

// add adds a log, unless it was found before. The same file under two given names is two processes; standard
// input can be read only once.
func (f *finder) add(name string, log Log) {
	what := source{log.Path, name}
	if log.stdin == nil {
		what.path = spool.Resolved(log.Path)
	} else {
		what.name = ""
	}
	if f.seen[what] {
		return
	}
	f.seen[what], f.seen[source{path: what.path}] = true, true
	if name != "" {
		log.Process = name
	}
	f.found = append(f.found, found{Log: log, given: name != ""})
}

// named returns what was found. It tells equal names apart, unless they were given.
func (f *finder) named() []Log {
	var files []spool.File
	for _, log := range f.found {
		if !log.given {
			files = append(files, spool.File{Process: log.Process, Path: log.Path})
		}
	}
	spool.Disambiguate(files)
	logs := make([]Log, len(f.found))
	for i, log := range f.found {
		if logs[i] = log.Log; !log.given {
			logs[i].Process = files[0].Process
			files = files[1:]
		}
		logs[i].Process = spool.Valid(logs[i].Process)
	}
	return logs
}

// explained adds to an error of a file what to do about it.
func explained(err error) error {
	var of *fs.PathError
	if !errors.As(err, &of) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s: %w: run as a user who may read it, such as the one Zeek runs as", of.Path, of.Err)
	}
	return fmt.Errorf("%s: %w", of.Path, of.Err)
}
