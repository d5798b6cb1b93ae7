package verdict

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"bro_exporter/collector"
)

// Room is memory that several processes share: a host's, or that of a cgroup.
type Room struct {
	Name string  // what tells it from others
	Left float64 // bytes that nobody needs yet
}

// HostRooms returns the rooms of a process that are known: the host, and the cgroups that limit the
// process.
func HostRooms(p collector.Process) []Room {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	var rooms []Room
	if info, err := proc.Meminfo(); err == nil && info.MemAvailableBytes != nil {
		rooms = append(rooms, Room{"host", float64(*info.MemAvailableBytes)})
	}
	if p.Live == nil {
		return rooms
	}
	process, err := proc.Proc(p.Live.PID)
	if err != nil {
		return rooms
	}
	groups, err := process.Cgroups()
	if err != nil {
		return rooms
	}
	for _, group := range groups {
		switch {
		case group.HierarchyID == 0:
			rooms = append(rooms, version2.rooms("/sys/fs/cgroup", group.Path)...)
		case len(group.Controllers) == 1 && group.Controllers[0] == "memory":
			rooms = append(rooms, version1.rooms("/sys/fs/cgroup/memory", group.Path)...)
		}
	}
	return rooms
}

// cgroupFiles are the names that a version of cgroups has for what is the same.
type cgroupFiles struct{ limit, usage, cache string }

var (
	version1 = cgroupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"}
	version2 = cgroupFiles{"memory.max", "memory.current", "file"}
)

// rooms returns the cgroup at path below root, and those that hold it, as far as they have a limit.
func (f cgroupFiles) rooms(root, path string) []Room {
	const unlimited = 1 << 60 // version 1 writes a number near 2^63
	var rooms []Room
	for path = filepath.Clean("/" + path); path != "/"; path = filepath.Dir(path) {
		dir := filepath.Join(root, path)
		limit, limited := readNumber(filepath.Join(dir, f.limit))
		usage, used := readNumber(filepath.Join(dir, f.usage))
		if !limited || !used || limit > unlimited {
			continue
		}
		// The kernel drops the page cache before it kills anybody.
		cache := readStat(filepath.Join(dir, "memory.stat"), f.cache)
		rooms = append(rooms, Room{dir, max(0, limit-max(0, usage-cache))})
	}
	return rooms
}

// readNumber returns the number that a file holds, and false if it holds none.
func readNumber(path string) (n float64, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
	return n, err == nil
}

// readStat returns the value of a key in a file of lines "key value", 0 if there is none.
func readStat(path, key string) float64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key+" "); ok {
			n, _ := strconv.ParseFloat(value, 64)
			return n
		}
	}
	return 0
}

// farthest bounds how far ahead anybody cares to know.
const farthest = 10 * 365 * 24 * time.Hour

// exhaustion returns when the process has used up one of its rooms, together with the others that grow
// in it; zero if it does not grow.
func (l *Live) exhaustion(t *track, v *Verdict) time.Time {
	t.growth, t.rooms = 0, nil
	growth := v.MemoryGrowth().PerHour
	if t.status.State != collector.Up || growth <= 0 {
		return time.Time{}
	}
	t.growth, t.rooms = growth, l.rooms(t, v)
	soonest := farthest
	for _, room := range t.rooms {
		if ahead := room.Left / l.growthIn(room.Name); ahead < soonest.Hours() {
			soonest = time.Duration(ahead * float64(time.Hour))
		}
	}
	if soonest == farthest {
		return time.Time{}
	}
	return v.At.Add(soonest)
}

func (l *Live) rooms(t *track, v *Verdict) []Room {
	if l.config.MemoryLimit == 0 {
		return l.config.Rooms(t.status)
	}
	left := l.config.MemoryLimit - v.Memory()
	for _, other := range l.tracks {
		if w := other.verdict.Load(); other != t && w != nil {
			left -= w.Memory()
		}
	}
	return []Room{{"limit", max(0, left)}}
}

// growthIn returns by how many bytes an hour all processes together grow in a room.
func (l *Live) growthIn(name string) (growth float64) {
	for _, t := range l.tracks {
		for _, room := range t.rooms {
			if room.Name == name {
				growth += t.growth
			}
		}
	}
	return growth
}
