// Package analyze finds what leaks in a Bro process, from the snapshots of its prof.log alone.
//
//	p := analyze.New(time.Time{}, time.Time{})
//	for snapshot := range snapshots {
//		p.Add(snapshot)
//	}
//	report := p.Report("worker-1", "spool/worker-1/prof.log")
//
// Report does not end the run, so the caller may ask about a live process at any time. Memory is bounded
// however long the log is. The package keeps at most 512 buckets for each number. All buckets cover equal
// spans of time, and each holds a mean, a minimum and a maximum. A number that never changes needs none.
//
// # Answers
//
// Each run gets one of five answers:
//
//   - Leak: something grows, and nothing healthy explains it.
//   - Stuck: something is wrong now.
//   - Suspected: something grows enough to matter, but something healthy could still explain it.
//   - Cannot tell: the log is too short, or growth that would matter is not yet sure. A log up to
//     Run.UndecidedUntil would decide.
//   - Fine: the judge would have seen a leak faster than Run.Detectable.
//
// # How growth is judged
//
// A restart begins a new run. The judge leaves out its start-up: two hours, or the first quarter of a process
// that is younger than eight hours. A least-squares fit then explains each resource by a straight line from
// an onset on, the leak, and by everything that may move the resource in a healthy process:
//
//   - Load: the rate of new connections and of messages to threads, now and averaged over the last
//     10 minutes, hour and three hours. Heartbeats are no load, and neither are scans, whose connections leave
//     nothing behind. Where points lie too far apart to show 10 minutes, the load without short spikes takes
//     their place.
//   - Filling: some resources begin empty and fill with new connections or with time. Their entries expire
//     after a day, or the resource levels off with a time constant of 1 to 12 hours. Caches fill with the
//     connections made, which takes a week under an office's load. Filling begins when the process
//     starts, or when the log first lists the resource. In the first 30 hours the judge weighs filling
//     after the fit, because it looks like a leak.
//   - Memory only: sessions, timers, tables, signature states and messages in queues take memory. Each
//     explains no more bytes than its units can cost.
//   - The daily rhythm, as two sines, from 30 hours on.
//
// Apart from the sines, no coefficient is negative, and the level is one of them (Lawson and Hanson, 1974).
// So a load explains only growth in its own direction, and at most in proportion. The onset is the point
// where a line explains most. If that is the first point of the fit, the judge follows the line back into the
// start-up. The line advances by the hour or by the connection, whichever fits better. The judge compares the
// fit with the line to the fit without it, in standard errors. The residuals are correlated, so the errors
// are widened by their autocorrelations, summed up to the first that vanishes. Traffic makes most of the
// noise, and makes it by day. So after two days the judge also fits the lowest third of the points of each
// day, if the whole course is not sure. Growth must also go on: the judge splits it into six parts, or into
// days. It must rise in nearly all of them, and in the end at least a third as fast as in the beginning. A
// random walk does neither. What moves only a few times, as a feed that is loaded each day, must rise each
// time, six times or more. The judge lowers what stands out for minutes before it fits.
//
// # Filling or leak
//
// A resource that fills begins empty. A leak usually has a base beside it: entries that do not grow. The
// first hour shows which it is. A resource fills if it then held less than its growth of two and a half
// hours, or if its growth levels off. The judge suspects it only if it grows straight, and so fast that a day
// of it would take 1.5 % of the memory. Growth that begins late on a level base is no filling. Memory can
// fill only bounded caches, so growth that is sure beyond the load needs only 5 standard errors beside them.
// zeek/named-tables.zeek prints for how long a table keeps its entries (&create_expire). Such a table is full
// soon after that time, and leaks if it still grows.
//
// # How much growth is a leak
//
// Traffic changes in ways that no log shows, so a leak must be large as well as sure. It must exceed three
// tenths of the level in the first 30 hours, and a fifth after that. The share then falls with age, down to
// 3 %. Straight growth needs less where little else explains it: a tenth of the memory of a process or of the
// intelligence store, and an eighth of the bytes that a connection takes. A resource may follow a part of the
// load, so the judge also lets it rise as much as the whole load does, unless the growth is beyond doubt.
//
// The log of a process that started long before may begin just after a daily table was emptied. If it is
// shorter than a day, the judge only suspects what may fill, and only if it takes 1.5 % of the memory in a
// day. What takes a quarter of the memory in a day is a leak: nothing healthy fills that much. Sessions fill
// in minutes, so they leak if they outgrow the load.
//
// Growth must also last. In the first 30 hours it must last two and a half hours, or one and a half where
// nothing fills the resource, and the log must show new connections. After that it must last a day where
// something fills the resource, 12 hours in the memory of a process, and six hours elsewhere. A log of less
// than 30 hours of an older process asks for no more than that of a young one.
//
// # Peaks
//
// From 2.4 on, "Memory: total" is the largest resident size so far. Where it rises, it is what the process
// holds; where it does not, the process holds no more than that. The judge fits both facts: the load and the
// line at the time of a record must explain it, and a fit may not expect a record where the process set none,
// as too steep a line would. A few records do not show how far they scatter, so the judge also counts how far
// those of healthy processes do: by half a percent of the memory. If the log has memory in use (until 5.1),
// or the caller gives the resident size of the live process, the judge takes that instead.
//
// # Queues
//
// The judge takes the lowest number of waiting messages at each point, so a queue that is ever empty has no
// backlog. A backlog is a leak if it rises for two hours and never drained before from about the same length.
// It must rise for six hours in a log of more than 30, and if the thread is a log writer of a process that
// old. It is also a leak if it drains each night, but less than it filled by day. The judge only suspects the
// queue of a log writer that has begun to drain, or that has risen only under a greater load than the writer
// kept up with before: such a queue drains at night. It calls that queue a leak if the writer has become
// slower. While messages wait, a writer reads as fast as it can. It has become slower if it reads less than
// 85 % of the messages an hour that it once read. A queue that is shorter than one that drained before, and
// younger than a day, is no backlog. A thread is stuck if it reads nothing for two minutes and four snapshots
// while others write to it.
//
// # Less than an hour
//
// The judge suspects only growth so fast that nobody would wait: a table that doubles and gains 10,000
// entries, or memory that rises in each quarter of the log, or of its second half, by tens of megabytes that
// nothing else explains. A process that starts grows like that too, but soon slows down; a process that
// started ten minutes before no longer does. The judge also suspects a process that has gained 16 GiB since
// its start.
//
// # Restarts
//
// The judge takes each run by itself, and then compares three or more. It calls a suspicion a leak if two
// thirds of the runs share it, as when a process restarts each night. It drops a suspicion that most runs do
// not share. A table that fills does so in each run, so it stays suspected.
//
// # Rates
//
// The interval of a rate adds three errors: the scatter and the uncertain onset, the difference of the rate
// from part to part, and the difference between the line and the rise from first to last. It spans three
// standard errors on each side, because that holds the true rate of nine in ten labelled leaks.
//
// # Looks
//
// A week has 168 hours, so a caller who asks each hour has 168 chances of a false answer. The judge therefore
// looks at fixed ages of the run, in packet time: each hour, or at 1.12 times the last age if that is later.
// A file gets the same answer however you read it. The first look that finds a leak asks for 6 standard
// errors, which chance gives once in 1e9, or after 30 hours for 5 if the growth is as straight as noise
// hardly is. A report between two looks calls that a suspicion still, unless in the first 30 hours nothing
// fills the resource and its growth is 8 standard errors. From then on a Report calls it a leak while 5 are
// left; asking for 6 each time would take back one leak in six. A later look confirms it, after a sixth of
// the run's age or after 12 hours. From 30 hours on, or from 52 hours on for what fills, a leak that a look
// has found stays one until the next look, and then while looks suspect it, although the rules of that age
// ask for more. A confirmed leak stays one until half of its growth has come back, or until the whole run
// shows another cause. The judge does not call a run fine while growth that matters stands between 3 and 5
// standard errors.
//
// # What was weighed
//
//   - Rank tests of slopes (Mann and Kendall, Theil and Sen), with the load projected out by correlation:
//     they let a load explain growth against its own direction and without bound, and called four of five
//     healthy one-day tables leaks. Seasonal rank tests need days before they answer.
//   - Records of peaks (Foster and Stuart): counting them ignores how high they are.
//   - Peaks by the running maximum of each cause: each cause then has its record at another time, and hours
//     without a record count as evidence. It lost nearly half of the leaks in logs of days.
//   - A sequential likelihood ratio needs to know the noise beforehand.
//
// # What it cannot see
//
//   - A leak slower than the noise and the load hide in the time of the log.
//   - In the first day, a small table that leaks from nothing.
//   - From 5.1 on, the name of a table, unless zeek/named-tables.zeek prints it.
//   - From 5.2 on, a leak of memory that stays below an earlier peak.
//   - Anything that prof.log does not hold, above all the code that allocates.
package analyze
