// Alerts. What grows, and what that means, judges the exporter: bro_finding carries its verdict, and one
// alert for each kind passes it on. What needs seconds, such as a process that is down, is asked here.
//
// Windows hold at least four snapshots of prof.log (15 s), `for` is longer than two scrapes of a minute.
// Series of one target share all labels of the target, so they are matched by all labels: a label more,
// or one that changes, breaks no rule, and two sites with the same host name stay two.
{
  local c = $._config,
  local s = { s: c.selector, and_s: if c.selector == '' then '' else ', ' + c.selector },

  // The sensor, and its cluster where it has one.
  local sensor = '{{ $labels.instance }}{{ with $labels.%s }} ({{ . }}){{ end }}' % c.clusterLabel,
  local process = '{{ $labels.process }} on ' + sensor,

  // A link to a dashboard. Only the labels named are chosen there.
  local link(uid, labels) =
    local chosen(label) = 'var-%s={{ $labels.%s | urlquery }}' % [label, label];
    local optional(label) = '{{ with $labels.%s }}&var-%s={{ . | urlquery }}{{ end }}' % [label, label];
    c.grafanaUrl + '/d/' + uid + '?' + std.join('&', [chosen(l) for l in ['job', 'instance'] + labels])
    + optional(c.clusterLabel) + optional(c.sensorLabel),

  local runbook(name) =
    local panels = std.filter(function(p) p.title == name, (import 'runbooks.json').panels);
    if c.runbookUrlPattern != '' then c.runbookUrlPattern % std.asciiLower(name)
    else '%s/d/bro-runbooks?viewPanel=%d' % [c.grafanaUrl, panels[0].id],

  // The matchers of the alert's own target and process. They hold all its labels, so a query asks the right
  // one of two sites with the same host name, whatever label tells them apart. In vmalert they include the
  // labels of the rule.
  local notOwn = ['__name__', 'alertname', 'alertgroup', 'severity', 'level', 'kind', 'resource', 'thread'] + std.objectFields(c.alertLabels),
  local own = '{{ $own := "" }}{{ range $name, $value := $labels }}{{ if not (match "^(%s)$" $name) }}{{ $own = printf "%%s%%s=%%q," $own $name $value }}{{ end }}{{ end }}' % std.join('|', notOwn),
  // Text for the case that a query has an answer. In the text, `. | first | value` is the answer. In the
  // query, %(own)s stands for the matchers of target and process, and for further labels.
  local asked(expr, labels, text) =
    local matchers = '%s' + std.join(',', ['%s=%%q' % l for l in labels]);
    local values = std.join(' ', ['$own'] + ['$labels.' + l for l in labels]);
    '{{ with query (printf "%s" %s) }}%s{{ end }}' % [expr % { own: matchers }, std.join(' ', std.repeat([values], std.length(std.findSubstr('%(own)s', expr)))), text],
  local time = '{{ ((. | first | value) | toTime).Format "Jan 2 15:04 MST" }}',

  local usedUp = asked('bro_memory_exhaustion_timestamp_seconds{%(own)s}', [], ' Memory is used up at ' + time + '.'),
  local behind(queue) = asked('bro_thread_messages_pending_%(q)s{%%(own)s} / rate(bro_thread_queue_%(q)s_writes_total{%%(own)s}[15m])' % { q: queue }, ['thread'], ' It is {{ . | first | value | humanizeDuration }} behind.'),

  local alert(name, why, expr, duration, severity, summary, description, uid, labels, keep=null) = {
    alert: name,
    why:: why,
    expr: expr % s,
    'for': duration,
    [if keep != null then 'keep_firing_for']: keep,
    labels: { severity: if std.objectHas(c.severities, severity) then c.severities[severity] else severity } + c.alertLabels,
    annotations: {
      summary: summary,
      description: (if std.length(std.findSubstr('$own', description)) > 0 then own else '') + description,
      runbook_url: runbook(name),
      dashboard: link(uid, labels),
    },
  },

  // Findings of these kinds, but for what is only good to know.
  local finding(kind) = 'bro_finding{kind="%s", level=~"leak|stuck|suspected"%%(and_s)s}' % kind,
  local labelsOfFinding = ['level', 'kind', 'resource'],

  // Growth in the unit of its resource.
  local perHour =
    asked('3600 * bro_finding_growth_per_second{%(own)s}', labelsOfFinding, ' by {{ with . | first }}{{ if eq (. | label "unit") "bytes" }}{{ . | value | humanize1024 }}B{{ else }}{{ . | value | humanize }} {{ . | label "unit" }}{{ end }}{{ end }} an hour'),
  local since = asked('bro_finding_onset_timestamp_seconds{%(own)s}', labelsOfFinding, ', since ' + time),

  // What is suspected only informs: a day may still explain it.
  local severityOfLevel = '{{ if eq $labels.level "suspected" }}%(info)s{{ else }}%(warning)s{{ end }}' % c.severities,
  local isSuspected = '{{ if eq $labels.level "suspected" }} This is suspected, not sure.{{ end }}',

  // One alert for a kind of finding. 2 m: one judging, seen by two scrapes. It keeps firing for 15 minutes
  // while an exporter that has restarted reads the history again.
  local leak(name, kind, summary, uid='bro-leak-hunt') =
    alert(
      name,
      'The judge calls it %s.' % kind,
      finding(kind),
      '2m',
      severityOfLevel,
      summary,
      grows + usedUp,
      uid,
      ['process'],
      keep='15m'
    ),

  // What the judge finds beside what an expression finds at once: one alert for both.
  local orFinding(expr, kind) = std.rstripChars(expr, '\n') + '\nor ignoring (thread, level, kind, resource) ' + finding(kind),
  local either(ofFinding, text) = '{{ if $labels.kind }}' + ofFinding + '{{ else }}' + text + '{{ end }}',
  local grows = '{{ $labels.resource }} of ' + process + ' grows' + perHour + since + '.' + isSuspected,

  runbookUrl(name):: runbook(name),

  prometheusAlerts+:: {
    groups+: [
      {
        name: 'bro_exporter',
        interval: '1m',
        rules: [
          alert(
            'BroExporterDown',
            'Targets that were a bro_exporter within the last day, whatever the job is called. A restart of the exporter or of the network is over in 5 minutes.',
            'up{%(s)s} == 0 and on (job, instance) last_over_time(bro_exporter_build_info{%(s)s}[1d])',
            '5m',
            'critical',
            'Prometheus cannot scrape a bro_exporter, so nothing is known of that sensor.',
            'The exporter {{ $labels.instance }} (job {{ $labels.job }}) has not answered for 5 minutes: up is {{ $value | humanize }}.',
            'bro-overview',
            []
          ),
          alert(
            'BroNoProcesses',
            'Discovery runs every 15 s, but a deploy may stop all processes for some minutes.',
            'bro_exporter_processes{%(s)s} == 0',
            '15m',
            'warning',
            'A bro_exporter finds no prof.log: profiling is off, or it looks in the wrong place.',
            'The exporter on ' + sensor + ' follows {{ $value | humanize }} processes: it found no prof.log.',
            'bro-overview',
            []
          ),
          alert(
            'BroDirectoryUnreadable',
            'A deploy may leave a directory closed for a moment.',
            'bro_exporter_unreadable_directories{%(s)s} > 0',
            '15m',
            'warning',
            'A bro_exporter may not enter a directory, so it cannot see the processes in it.',
            'The exporter on ' + sensor + ' may not enter {{ $value | humanize }} directories; its log and its page name them.',
            'bro-overview',
            []
          ),
          alert(
            'BroSeriesDropped',
            'The limit is --collector.max-threads or --collector.max-globals. A burst of Exec is over in 15 minutes.',
            'bro_prof_dropped_series{%(s)s} > 0',
            '15m',
            'info',
            'A process names more threads, timers or globals than the exporter exposes.',
            '{{ $value | humanize }} {{ $labels.collector }} of ' + process + ' have no series of their own.',
            'bro-process',
            ['process']
          ),
        ],
      },
      {
        name: 'bro_process_health',
        interval: '1m',
        rules: [
          alert(
            'BroProcessDown',
            'bro_up is 0 after --collector.stale-after (2 min) without a snapshot, and at once if .pid names a process that is gone. It stays 0 for --collector.forget-after (1 h) once the file is gone. Dead is what no longer has a live process, though the exporter saw one within the last day, and what has no file, unless that cannot be read (BroLogUnreadable). An exporter that never sees live processes, as in a container of its own, cannot tell: BroLogStale. zeekctl cron restarts within 5 minutes; 3 more are for start-up.',
            |||
              bro_up{%(s)s} == 0
              unless bro_process_resident_memory_bytes{%(s)s}
              unless (bro_prof_file_mtime_seconds{%(s)s} unless last_over_time(bro_process_resident_memory_bytes{%(s)s}[1d]))
              unless increase(bro_prof_read_errors_total{%(s)s}[15m]) > 0
            |||,
            '3m',
            'critical',
            'A Bro process has stopped.',
            process + ' writes no prof.log, and its process is gone: bro_up is {{ $value | humanize }}.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroLogStale',
            'The process lives, or the exporter cannot see whether it does. Packet time stands still: no traffic, no CPU, a deadlock. An idle interface delays snapshots by minutes.',
            |||
              bro_up{%(s)s} == 0
              and (
                bro_process_resident_memory_bytes{%(s)s}
                or bro_prof_file_mtime_seconds{%(s)s} unless last_over_time(bro_process_resident_memory_bytes{%(s)s}[1d])
              )
            |||,
            '10m',
            'warning',
            'A Bro process has stopped writing its prof.log.',
            process + ' has written no snapshot for 10 minutes: bro_up is {{ $value | humanize }}. ' + asked('bro_process_resident_memory_bytes{%(own)s}', [], 'Its process lives.'),
            'bro-process',
            ['process']
          ),
          alert(
            'BroLogUnreadable',
            'A file that grows without a snapshot for 15 minutes (60 are due), or any failure to read it in that time. Single unparsed lines are legal: scripts may print into prof.log.',
            |||
              increase(bro_prof_read_errors_total{%(s)s}[15m]) > 0
              or bro_up{%(s)s} == 1 and increase(bro_prof_snapshots_total{%(s)s}[15m]) == 0
            |||,
            '5m',
            'warning',
            'The prof.log of a Bro process cannot be read or holds no snapshots.',
            'The prof.log of ' + process + ' gives nothing ({{ $value | humanize }}): permission denied, garbage, or two processes writing into one file.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroRestartsOften',
            'increase() gives no whole numbers: half a restart less.',
            'increase(bro_prof_restarts_total{%%(s)s}[1h]) > %g' % (c.restartsPerHour - 0.5),
            '2m',
            'warning',
            'A Bro process restarts again and again.',
            process + ' has restarted {{ $value | humanize }} times in an hour.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroCPUSaturated',
            'Only processes that see packets: a logger with 40 threads may well use four cores. The writers of a standalone process count, too, so it may fire a little early there.',
            'instance_process:bro_cpu:rate5m{%%(s)s} > %g and bro_sessions_current{%%(s)s} > 0' % c.cpuSaturatedRatio,
            '15m',
            'warning',
            'A Bro process that sees packets uses a whole core, so it is about to lose packets.',
            process + ' has used {{ $value | humanizePercentage }} of a core for 15 minutes.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroTimersLagging',
            "The least of 5 minutes (20 snapshots): a single snapshot outside the timers' turn shows anything.",
            'min_over_time(bro_timers_lag_seconds{%%(s)s}[5m]) > %g' % c.timersLagSeconds,
            '5m',
            'warning',
            'The timers of a Bro process are late, so state expires late and memory grows.',
            'The timers of ' + process + ' are at least {{ $value | humanizeDuration }} behind packet time.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroDNSStuck',
            "20 is MAX_PENDING_REQUESTS of Bro's DNS manager. A busy one also reaches it, but answers come.",
            orFinding(|||
              min_over_time(bro_dns_requests_pending{%(s)s}[5m]) >= 20
              and increase(bro_dns_requests_successful_total{%(s)s}[5m]) == 0
              and increase(bro_dns_requests_failed_total{%(s)s}[5m]) == 0
            |||, 'dns-stuck'),
            '5m',
            'warning',
            'No DNS lookup of a Bro process is answered, and it sends no other.',
            either('DNS lookups of ' + process + ' have been stuck' + since + '.', '{{ $value | humanize }} lookups of ' + process + ' are pending, and none has been answered for 5 minutes.'),
            'bro-process',
            ['process'],
            keep='15m'
          ),
          alert(
            'BroTablesNotMeasured',
            'An hour holds twelve expensive snapshots at the default multiple of 20.',
            'bro_runtime_real_seconds_total{%(s)s} > 3600 unless bro_prof_last_expensive_snapshot_timestamp_seconds{%(s)s}',
            '15m',
            'info',
            'A Bro process never measures its tables, so nobody will see a leak in them.',
            process + ' has run for {{ $value | humanizeDuration }} without one expensive snapshot.',
            'bro-process',
            ['process']
          ),
          alert(
            'BroMemoryExhaustedSoon',
            'The exporter knows the limit of the host or cgroup (--analysis.memory-limit) and the growth of the findings.',
            'bro_memory_exhaustion_timestamp_seconds{%%(s)s} - time() < %g * 3600' % c.memoryExhaustedHours,
            '5m',
            'critical',
            'A Bro process will use up the memory of its host within hours.',
            'At its present growth ' + process + ' uses up its memory in {{ $value | humanizeDuration }}.',
            'bro-leak-hunt',
            ['process'],
            keep='15m'
          ),
        ],
      },
      {
        name: 'bro_queues',
        interval: '1m',
        rules: [
          alert(
            'BroThreadStuck',
            'The main thread sends a heartbeat to each thread every second. More waits than 5 minutes ago (20 snapshots), and the thread has read nothing since. A reader may be busy with one message while it reads its file: 3 minutes more.',
            orFinding(|||
              instance_process_thread:bro_messages_pending_in:waiting{%(s)s} > (instance_process_thread:bro_messages_pending_in:waiting{%(s)s} offset 5m)
              and (instance_process_thread:bro_queue_in_reads:waiting{%(s)s} == (instance_process_thread:bro_queue_in_reads:waiting{%(s)s} offset 5m))
            |||, 'thread-stuck'),
            '3m',
            'critical',
            'A thread of a Bro process is stuck, so nobody writes its log any more and memory grows.',
            either(
              '{{ $labels.resource }} of ' + process + ' is stuck' + since + '.',
              'Thread {{ $labels.thread }} of ' + process + ' has read nothing for 5 minutes: {{ $value | humanize }} messages wait.' + behind('in')
            ),
            'bro-queues',
            ['process', 'thread'],
            keep='15m'
          ),
          alert(
            'BroQueueInGrowing',
            'The least of 15 minutes (60 snapshots) rises over 45 minutes: a queue that is ever emptied has no backlog. BroThreadStuck tells of a thread that reads nothing; slower backlogs, such as one that drains at night in part, the judge finds.',
            orFinding(|||
              instance_process_thread:bro_messages_pending_in:growing{thread!~".*/Input::READER_.*"%%(and_s)s} > %g
              unless (instance_process_thread:bro_queue_in_reads:waiting{%%(s)s} == (instance_process_thread:bro_queue_in_reads:waiting{%%(s)s} offset 5m))
            ||| % c.queuedMessages, 'backlog-in'),
            '15m',
            severityOfLevel,
            'A thread of a Bro process is slower than what is written to it, and memory grows.',
            either(grows, '{{ $value | humanize }} messages wait for thread {{ $labels.thread }} of ' + process + ', and their number grows.' + behind('in')),
            'bro-queues',
            ['process', 'thread'],
            keep='15m'
          ),
          alert(
            'BroQueueOutGrowing',
            'The same in the other direction: from the thread to the main thread.',
            orFinding('instance_process_thread:bro_messages_pending_out:growing{%%(s)s} > %g' % c.queuedMessages, 'backlog-out'),
            '15m',
            severityOfLevel,
            'The main thread of a Bro process is slower than what a thread sends to it.',
            either(grows, '{{ $value | humanize }} messages of thread {{ $labels.thread }} wait for the main thread of ' + process + ', and their number grows.' + behind('out')),
            'bro-queues',
            ['process', 'thread'],
            keep='15m'
          ),
          alert(
            'BroReaderNotOneToOne',
            'A reader must read one message for each that is written to it. It has been behind for 45 minutes, further and further.',
            orFinding('instance_process_thread:bro_messages_pending_in:growing{thread=~".*/Input::READER_.*"%(and_s)s}', 'reader'),
            '15m',
            severityOfLevel,
            'An input reader of a Bro process does not read one message for each written to it.',
            either(grows, 'Input reader {{ $labels.thread }} of ' + process + ' is {{ $value | humanize }} messages behind, and their number grows.' + behind('in')),
            'bro-queues',
            ['process', 'thread'],
            keep='15m'
          ),
        ],
      },
      {
        name: 'bro_findings',
        interval: '1m',
        rules: [
          leak('BroMemoryGrowing', 'memory', 'The memory of a Bro process grows, and what explains it grows as well.'),
          leak('BroCoreLeak', 'core', 'The memory of a Bro process grows while its tables, connections and queues do not.'),
          leak('BroTableGrowing', 'script-table', 'A table of the script layer grows without an end in sight.'),
          leak('BroIntelGrowing', 'intel', 'The intelligence store grows, which it must not after start-up.'),
          leak('BroGlobalsGrowing', 'globals', 'The globals of the script layer grow without an end in sight.'),
          leak('BroConnectionsHeld', 'conns-held', 'Scripts or timers keep more and more connections that have ended.'),
          leak('BroSessionsGrowing', 'sessions', 'The session table of a Bro process grows more than its traffic explains.'),
          leak('BroConnectionMemoryGrowing', 'conn-memory', 'Each connection of a Bro process takes more and more memory.'),
          leak('BroReassemblerGrowing', 'reassembler', 'Data that waits to be reassembled piles up in a Bro process.'),
          leak('BroTimersGrowing', 'timers', 'A Bro process has more and more timers of one type.'),
          leak('BroTriggersGrowing', 'triggers', 'More and more when statements of a Bro process wait.'),
          leak('BroDNSCacheGrowing', 'dns-cache', 'The DNS cache of a Bro process grows without an end in sight.'),
        ],
      },
    ],
  },
}
