// Package analyze finds what leaks in a Bro process, from the snapshots of its prof.log alone.
//
//	p := analyze.New(time.Time{}, time.Time{})
//	for snapshot := range snapshots {
//		p.Add(snapshot)
//	}
//	report := p.Report("worker-1", "spool/worker-1/prof.log")
//
// Report does not end the run, so a live process may be asked again and again. Memory is bounded
// however long the log: a number's course is kept in at most 512 buckets of equal spans of time,
// each with mean, least and greatest value, and a number that never changes in none.
//
// # Answers
//
// A run's answer is one of five. Leak: something grows that nothing healthy explains. Stuck:
// something is wrong now. Suspected: what grows matters, and something healthy could still explain
// it. Cannot tell: nothing that matters grows yet, and too little was seen to say more;
// Run.UndecidedUntil is when that ends. Fine: a leak faster than Run.Detectable would have been seen.
//
// # How growth is judged
//
// A restart begins a run. Its start-up is left out: two hours, or a quarter of a process that is
// younger than eight. A resource is then fitted by least squares with what may move it in a
// healthy process, and with a line that begins at an onset. The line is what nothing explains.
//
//   - Load: the rate of new connections and of messages to threads, now and averaged over the last
//     10 minutes, hour and three hours.
//   - Filling: what begins empty and fills, with new connections or with time. Entries go after a day, or
//     level off with time constants of 1 to 12 hours. Caches fill with the connections made, which
//     under an office's load takes a week. Filling begins when the process does, or when the resource is
//     first listed. In the first 30 hours it is weighed after the fit, because it looks like a leak.
//   - What takes memory (memory only): sessions, timers, tables, signature states, messages in queues,
//     each for no more bytes than its units can cost.
//   - The daily rhythm, as two sines, from 30 hours on.
//
// No coefficient is negative, and the level is one of them (Lawson and Hanson, 1974). So a load
// explains growth in its own direction only, and in proportion at most. The onset is where a line
// explains most; the line advances by the hour or by the connection, whichever fits better. Its
// slope is sure by how much better the fit is with it than without, in standard errors of
// residuals whose memory is taken into account (their autocorrelations, summed up to the first
// that vanishes). Growth must also go on: split into six parts or into days, it must rise in nearly
// all, and no slower than a third of how it began. A random walk does neither.
//
// What fills begins empty, and what leaks has a base beside what grows. That tells the two apart in the
// first 30 hours: a resource fills if it held less than two and a half hours of its growth in the first
// hour, or if its growth levels off. Such growth is a suspicion only if it is straight and would take a
// share of the memory in a day. Growth that begins late on a level base is no filling. A table that says
// for how long it keeps entries (&create_expire, printed by zeek/named-tables.zeek) is full soon after
// that time, and leaks if it still grows.
//
// Whatever is called a leak must have grown by three tenths of its level in the first 30 hours, by a
// fifth after that, and by ever less down to 3 %, because traffic changes in ways that no log holds. What
// follows a part of the load may rise as much as the whole load does, so growth of less than that is a
// leak only beyond doubt.
//
// Peaks. From 2.4 on, "Memory: total" is the greatest resident size so far. Where it rises, it is what
// the process holds; where it does not, the process holds no more. Both are fitted: each record must be
// explained by what there was at that time, and no fit may expect a record where none was set, as it
// would if the line of a leak were too steep. Where memory in use is logged as well (until 5.1), or the
// resident size of the live process is given, that is judged instead.
//
// Queues. Of the messages that wait the least at each point counts: a queue that is ever empty has
// no backlog. A backlog is a leak if it rises for two hours, or for six in a process that is older than
// a day, and never drained from about as much. So is one that drains each night, but less than it
// filled. A thread that reads nothing while messages are written to it, for two minutes and four
// snapshots, is stuck.
//
// Less than an hour. Only what nobody would wait for is suspected: memory that rises in each quarter of
// the log, or of its second half, by tens of megabytes that nothing else explains. A process that starts
// does so too, but soon slows down; one that started ten minutes before does not. Memory is suspected
// too if it has grown out of all proportion since the process started.
//
// Restarts. Each run is judged by itself. What is suspected in two thirds of three runs or more, as when
// a process is restarted each night, is a leak; a suspicion that most of them do not share is dropped. A
// table that fills does so in each run, so it stays a suspicion.
//
// Rates. The interval of a rate adds three errors: what the scatter and the onset leave open, how the rate
// differs from part to part, and by how much the line and the rise from begin to end disagree. It reaches
// to three of them on each side, because that holds the truth of nine in ten labelled leaks.
//
// # Looks
//
// A week has 168 hours, and somebody who asks at each has 168 chances to be told something false. So the
// run is judged at fixed ages, each hour or 1.12 times apart, in packet time, and a file gets the same
// answer however it is read. The first look that finds a leak asks for 6 standard errors, which chance
// gives once in 1e9. It is a leak for a Report from then on while 5 are left: asking for as much again
// would take one leak in six back. After a second look, a sixth of the run's age later, it stays a leak
// until half of its growth has come back, or what the whole run shows explains it. Between 3 and 5
// standard errors a young run is not called fine.
//
// # What was weighed
//
// Rank tests of slopes (Mann and Kendall, Theil and Sen) with the load projected out by correlation
// were used before: a load explained growth against its own direction, and without bound, and four
// of five healthy one-day tables were called leaks. Seasonal rank tests need days to say anything.
// Counting records of peaks (Foster and Stuart) threw away how high they were. Fitting a peak by the
// greatest value of each cause so far lets each cause have its record at another time, and counts the
// hours in which nothing is known; nearly half of the leaks of days were lost. A sequential
// likelihood ratio would need to know the noise beforehand.
//
// # What it cannot see
//
// A leak slower than noise and load hide in the time that was logged. In the first day, a small table
// that leaks from nothing. From 5.1 on, the name of a table. From 5.2 on, memory in use: a leak that
// stays below an earlier peak. Anything that prof.log does not hold, above all which code allocates.
package analyze
