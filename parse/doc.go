// Package parse reads prof.log, in which a Bro or Zeek process with "@load misc/profiling"
// describes itself every 10 to 15 seconds. It reads the text of every release from Bro 2.0 to
// Zeek 9.0, and knows nothing else: no clocks, no paths, no metrics.
//
// # The text
//
// Every line begins with a time stamp, seconds of packet time with six decimals, and a blank:
//
//	1795368063.562356 ------------------------
//	1795368063.562356 Memory: total=242868K total_adj=0K malloced: 0K
//	1795368063.562356 Run-time: user+sys=0.0 user=0.0 sys=0.0 real=0.8
//	...
//	1795368063.562356         TableValTimer = 36
//	1795368063.562356 Threads: current=1
//	1795368063.562356   conn/Log::WRITER_ASCII    in=2 out=1 pending=0/1 (#queue r/w: in=2/2 out=0/1)
//	1795368063.562356 Comm: peers=0 stores=1 pending_queries=0 events_in=0 ... ids_out=0
//
// The first word of a line tells its meaning. Where a line begins with a name, the blanks before it
// do: 3 for a thread, 9 for a timer, 16 for a global. No line needs to know the release: a field
// that is absent was not measured.
//
//   - A snapshot begins at its Memory line, not at the separator: the first snapshot of a process
//     has two, around its command line. It has no end mark. It is complete when the next one
//     begins; Snapshot.Whole reports what can be known before that.
//   - From 2.6 on the Comm line lacks its newline, so it reaches the disk with whatever is
//     written next, and that follows on the same line: a separator, the first table, or a
//     script's own text. So the parser reads what follows the fields of a line like another line.
//     The same rule reads text that has lost all its newlines.
//   - A line without a time stamp continues the one before: thread names and command lines
//     hold newlines, and people wrap what they mail.
//   - A separator at the end of a line always parts two snapshots, whatever stands before it.
//     From there reading may begin, in the middle of a file of any size; see Latest.
//   - Scripts may print anything into the file (event profiling_update). Reader.Unparsed counts
//     such lines, and they do no harm.
//   - A newer release may write further fields, anywhere in a line. Reader.UnknownFields counts
//     them, and all others keep their values.
//   - A number that does not fit 64 bits, or is none, is a SyntaxError. The field is then not
//     measured, and the rest of its snapshot is read.
//   - Whatever the text, reading it takes time in proportion to its length and bounded memory.
//
// # Three ways in
//
// A Reader reads a file from its beginning, an Assembler takes a growing file piece by piece,
// and Latest finds the newest snapshots of a file from its end. All three run the same code and
// see the same snapshots.
package parse
