// Package analyze says what leaks in a Bro process, from the blocks of its prof.log alone.
//
//	p := analyze.New(time.Time{}, time.Time{})
//	for block := range blocks {
//		p.Add(block)
//	}
//	report := p.Report("worker-1", "spool/worker-1/prof.log")
//
// Memory is bounded however long the log: a number's course is kept in at most 512 buckets of
// equal spans of time, each with mean, least and greatest value.
//
// # How growth is judged
//
// A restart begins a run, and each run is judged by itself. Its start-up is left out: two hours, or
// a quarter of a process that is younger than eight. What a block does not measure is no value.
//
// Trend. The slope is the median of the slopes between all pairs of points (Theil, 1950; Sen,
// 1968), with Sen's 95 % confidence interval; that it is not chance is tested by Mann (1945) and
// Kendall, with the variance that Hamed and Rao (1998) give to values that resemble their
// neighbours. This assumes that the noise around a trend is the same throughout and fades within
// a fraction of the run. A slope counts as growth if chance makes it with a probability below 1 in
// 10,000 and it rises above its own scatter, by a share of the level that is worth telling (5 % in
// a run of hours), and not ever more slowly: the later half must rise at least half as fast.
//
// Load. Traffic has its hours, and sessions, timers and tables follow it. The load is the rate of
// new connections and that of messages to threads, as they are and as averages of up to two
// hours, which is how a table follows that expires. The one that a resource follows most closely
// is projected out of the resource and of time alike (Frisch and Waugh, 1933), and the trend is
// that of the rest. Where load and time went up together nothing can tell them apart, and the
// verdict is "with load". In more than a day each hour must also have grown since the day before.
//
// Steps. A jump that is not taken back, as when an intelligence file is loaded anew, is set aside,
// up to four of them. What jumps more often grows in that way.
//
// Peaks. From 2.4 on, "Memory: total" is the greatest resident size so far, which never falls. Even
// without a leak a peak rises, but ever more rarely: of n values the last is the greatest with
// probability 1/n. The spans of time that set a record are counted (Foster and Stuart, 1954) where
// nothing else that takes memory was greater than ever, and the result is joined with that of the
// trend (Fisher, 1932). A heap (2.0 to 2.3) gives back late and little, and is judged alike.
//
// Queues. Of the messages that wait for a thread the least in each bucket counts: a queue that is
// ever empty has no backlog. What rises since it was empty last, for ten minutes or more (an hour
// for input readers), and has not begun to drain at the end, is one. A thread that reads nothing
// while messages are written to it, for two minutes and four blocks, is stuck.
//
// A process younger than an hour cannot be judged in full: whatever expires fills as steadily
// as a leak until its time has passed. Then only totals (all table entries, the size of all
// globals, memory) count, if they double, and queues.
//
// # What it cannot see
//
// A leak slower than noise and load hide in the time that was logged. From 5.1 on, which table it
// is. From 5.2 on, memory in use: a leak that stays below an earlier peak. Anything that prof.log
// does not hold, above all which code allocates.
package analyze
