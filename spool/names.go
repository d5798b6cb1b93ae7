package spool

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are the processes' names, once they are given.
type names struct {
	given  map[string]string // by path
	holder map[string]string // path, by name
}

func newNames() names { return names{given: map[string]string{}, holder: map[string]string{}} }

// maxNames is how many names are kept of prof.logs that are no more.
const maxNames = 10_000

// give returns the prof.logs that exist. Places that hold none yet take part in the naming, so
// that a name does not depend on who is up.
func (n names) give(places []place) []File {
	all := make([]File, len(places))
	for i, p := range places {
		all[i] = File{Process: p.process, Path: p.path}
	}
	Disambiguate(all)
	if len(n.given) > maxNames {
		n.prune(places)
	}
	here := map[string]bool{}
	for _, p := range places {
		here[p.path] = true
	}
	var files []File
	for i, p := range places {
		if !p.exists {
			continue
		}
		name, given := n.given[p.path]
		if !given {
			// A pattern's NAME goes on with the file: /spool/run-7/prof.log follows run-6.
			if before, held := n.holder[Valid(all[i].Process)]; held && p.named && !here[before] {
				n.drop(before)
			}
			name = n.free(all[i])
			n.given[p.path], n.holder[name] = name, p.path
		}
		files = append(files, File{Process: name, Path: p.path})
	}
	return files
}

// prune drops the names of prof.logs that are no more.
func (n names) prune(places []place) {
	here := map[string]bool{}
	for _, p := range places {
		here[p.path] = p.exists
	}
	for path := range n.given {
		if !here[path] {
			n.drop(path)
		}
	}
}

func (n names) drop(path string) {
	delete(n.holder, n.given[path])
	delete(n.given, path)
}

func (n names) taken(name string) bool {
	_, taken := n.holder[name]
	return taken
}

// free returns the first name for a file that is not taken: the one it has, ever longer ends of
// its path, and at last a number.
func (n names) free(f File) string {
	name := Valid(f.Process)
	parts := strings.Split(filepath.ToSlash(filepath.Dir(f.Path)), "/")
	for depth := 2; n.taken(name) && depth <= len(parts); depth++ {
		name = Valid(strings.Join(parts[len(parts)-depth:], "/"))
	}
	for i := 2; n.taken(name); i++ {
		name = fmt.Sprintf("%s#%d", Valid(f.Path), i)
	}
	return name
}

// Valid writes bytes that are not UTF-8 as \xNN, so that names that differ only in these still differ. It
// writes characters that control a terminal or the direction of text as \uNNNN.
func Valid(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// hidden reports whether a character is invisible.
func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// ProcessName returns the name of the process that writes the prof.log at path: that of its
// directory, as zeekctl makes one for each node.
func ProcessName(path string) string {
	if dir := filepath.Base(filepath.Dir(path)); dir != "." && dir != "/" {
		return dir
	}
	return "bro"
}

// Disambiguate adds to names that are equal the shortest end of their paths in which they differ.
func Disambiguate(files []File) {
	same := map[string][]*File{}
	for i := range files {
		f := &files[i]
		same[f.Process] = append(same[f.Process], f)
	}
	for name, group := range same {
		if len(group) == 1 {
			continue
		}
		for i, end := range differingEnds(group) {
			if group[i].Process = end; name != ProcessName(group[i].Path) {
				group[i].Process = name + ":" + end
			}
		}
	}
	taken := map[string]bool{}
	for i := range files {
		if taken[files[i].Process] {
			files[i].Process = files[i].Path
		}
		taken[files[i].Process] = true
	}
}

// differingEnds returns the shortest ends of the files' paths that are all different; without
// the file name, where the directories suffice.
func differingEnds(files []*File) []string {
	paths, depth := make([]string, len(files)), 1
	for i, f := range files {
		paths[i] = filepath.Dir(f.Path)
	}
	if !distinctAll(paths) {
		depth = 2 // a file name alone would not tell the process
		for i, f := range files {
			paths[i] = f.Path
		}
	}
	for ; ; depth++ {
		ends := make([]string, len(paths))
		for i, path := range paths {
			parts := strings.Split(filepath.ToSlash(path), "/")
			ends[i] = strings.Join(parts[max(0, len(parts)-depth):], "/")
		}
		if distinctAll(ends) {
			return ends
		}
	}
}

func distinctAll(list []string) bool {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return len(seen) == len(list)
}
