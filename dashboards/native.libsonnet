// Rules for sensors whose Zeek serves telemetry of its own (7.1 and later), scraped by another job than
// bro_exporter. They bring both under one name, so that a fleet has one series for each process whether
// it has prof.log, telemetry or both. docs/telemetry.md tells what equals what.
{
  local c = $._config,
  local s = c.selector,
  local n = c.nativeSelector,
  local site = [c.clusterLabel, c.sensorLabel],
  local list(labels) = std.join(', ', labels),

  // bro_exporter and each Zeek process have a port of their own. What they share is the host.
  local host(expr) = 'label_replace(%s, "host", "$1", "instance", "(.*?)(:\\\\d+)?")' % expr,
  // Outside of a cluster Zeek has no label `node`.
  local process(expr) = 'label_replace(label_replace(%s, "process", "%s", "node", ""), "process", "$1", "node", "(.+)")' % [expr, c.standaloneProcess],

  // A log that nobody writes to shows the past; telemetry, if there is any, shows the present.
  local written = 'and on (job, instance, process) bro_up{%s} == 1' % s,
  local prof(expr, by) = 'max by (%s) (%s)' % [list(site + ['host', 'process'] + by), host('(%s %s)' % [expr, written])],
  local native(expr, by) = 'max by (%s) (%s)' % [list(site + ['host', 'process'] + by), host(process(expr))],

  local sumOfProf(expr) = 'sum by (%s) (%s)' % [list(site + ['job', 'instance', 'process']), expr],
  local sumOfNative(expr, by=[]) = 'sum by (%s) (%s)' % [list(site + ['job', 'instance', 'node'] + by), expr],
  // Many programs have process_* metrics.
  local ofZeek(expr) = '(%s and on (job, instance) zeek_version_info{%s})' % [expr, n],

  local both(record, why, ofProf, ofNative, by=[]) = {
    record: 'host_process:' + record,
    why:: why,
    expr: prof(ofProf, by) + '\nor\n' + native(ofNative, by) + '\n',
  },
  local nativeOnly(record, why, ofNative, by=[]) = {
    record: 'host_process:' + record,
    why:: why,
    expr: native(ofNative, by),
  },

  // A process without bro_exporter, with the labels that the dashboards choose by. Its host stands for the
  // exporter.
  local only(record, why, expr) = {
    record: 'instance_process:%s:native' % record,
    why:: why,
    expr: |||
      label_replace(label_replace(
        %(expr)s unless on (%(by)s) max by (%(by)s) (%(up)s),
        "instance", "$1", "host", "(.*)"), "job", "%(job)s", "", "")
    ||| % { expr: expr, by: list(site + ['host', 'process']), up: host('bro_up{%s}' % s), job: c.nativeJob },
  },

  local m = { s: s, n: n },

  nativeRules+:: {
    groups+: [
      {
        name: 'bro_native',
        interval: '1m',
        rules: [
          both('bro_memory:bytes', 'Resident memory. Without the live process prof.log has only the peak, so telemetry comes before that.',
               'bro_process_resident_memory_bytes{%(s)s}' % m,
               ofZeek('process_resident_memory_bytes{%(n)s}' % m))
          + { expr+: 'or\n' + prof('bro_memory_total_bytes{%(s)s}' % m, []) + '\n' },
          both('bro_cpu:rate5m', 'Cores in use.',
               '(rate(bro_runtime_user_seconds_total{%(s)s}[5m]) + rate(bro_runtime_system_seconds_total{%(s)s}[5m]))' % m,
               ofZeek('(rate(process_cpu_user_seconds_total{%(n)s}[5m]) + rate(process_cpu_system_seconds_total{%(n)s}[5m]))' % m)),
          both('bro_connections:current', 'Connections alive.',
               'bro_connections_current{%(s)s}' % m, sumOfNative('zeek_active_sessions{%(n)s}' % m)),
          both('bro_connections:rate5m', 'New connections a second.',
               'rate(bro_connections_total{%(s)s}[5m])' % m, sumOfNative('rate(zeek_total_sessions_total{%(n)s}[5m])' % m)),
          both('bro_timers:pending', 'Telemetry counts one more: the timer that writes prof.log.',
               'bro_timers_pending{%(s)s}' % m, sumOfNative('zeek_timers_pending{type!="ProfileTimer"%s}' % (if n == '' then '' else ', ' + n))),
          both('bro_timers_lag:seconds', 'Before a timer has run, and often on workers, telemetry has the time since 1970.',
               'bro_timers_lag_seconds{%(s)s}' % m, '(zeek_timers_lag_time_seconds{%(n)s} < 1e8)' % m),
          both('bro_threads:current', 'Threads.',
               'bro_threads{%(s)s}' % m, 'zeek_msgthread_active_threads{%(n)s}' % m),
          both('bro_messages_pending_in:sum', 'Messages that wait for all threads together. Which thread, only prof.log knows.',
               sumOfProf('bro_thread_messages_pending_in{%(s)s}' % m), 'zeek_msgthread_pending_in_messages{%(n)s}' % m),
          both('bro_messages_pending_out:sum', 'The same from the threads to the main thread.',
               sumOfProf('bro_thread_messages_pending_out{%(s)s}' % m), 'zeek_msgthread_pending_out_messages{%(n)s}' % m),
          both('bro_dns_pending:current', 'DNS lookups that wait.',
               'bro_dns_requests_pending{%(s)s}' % m, 'zeek_dnsmgr_pending_asyncs_requests{%(n)s}' % m),
          {
            record: 'host_process:bro_events_in:rate5m',
            why:: 'Events from other nodes, a second. With the ZeroMQ backend only telemetry counts them, and prof.log has 0 peers.',
            expr: native('rate(zeek_cluster_core_incoming_events_total{%(n)s}[5m])' % m, []) + '\nor\n'
                  + prof('rate(bro_broker_events_in_total{%(s)s}[5m]) and on (job, instance, process) bro_broker_peers{%(s)s} > 0' % m, []) + '\n',
          },
          {
            record: 'host_process:bro_events_out:rate5m',
            why:: 'The same to other nodes.',
            expr: native('rate(zeek_cluster_core_outgoing_events_total{%(n)s}[5m])' % m, []) + '\nor\n'
                  + prof('rate(bro_broker_events_out_total{%(s)s}[5m]) and on (job, instance, process) bro_broker_peers{%(s)s} > 0' % m, []) + '\n',
          },
          nativeOnly('bro_packets:rate5m', 'Packets a second. Only telemetry has them, and only with misc/stats.',
                     'rate(zeek_net_received_packets_total{%(n)s}[5m])' % m),
          nativeOnly('bro_packets_dropped:ratio5m', 'The share of packets that were dropped.',
                     '(rate(zeek_net_dropped_packets_total{%(n)s}[5m]) / (rate(zeek_net_received_packets_total{%(n)s}[5m]) + rate(zeek_net_dropped_packets_total{%(n)s}[5m]) > 0))' % m),
          nativeOnly('bro_log_writes:rate5m', 'Log records a second.',
                     sumOfNative('rate(zeek_log_stream_writes_total{%(n)s}[5m])' % m)),
          {
            record: 'host_process:bro_native_up:current',
            why:: 'Whether a process answers the scrape of its telemetry. Which process a target is, it has said within the last day.',
            expr: native('(max by (%(l)s) (last_over_time(zeek_version_info{%(n)s}[1d])) * on (job, instance) group_left () (max by (job, instance) (up{%(n)s})))' % (m { l: list(site + ['job', 'instance', 'node']) }), []),
          },
          only('bro_up', 'Dashboards show the processes that only telemetry knows beside those with prof.log. 1: the process answers.', 'host_process:bro_native_up:current'),
          only('bro_memory', 'Their resident memory in bytes.', 'host_process:bro_memory:bytes'),
          only('bro_cpu', 'The cores that they use.', 'host_process:bro_cpu:rate5m'),
          only('bro_connections', 'Their connections.', 'host_process:bro_connections:current'),
          only('bro_messages_pending', 'The messages that wait in all their queues together.', 'host_process:bro_messages_pending_in:sum + host_process:bro_messages_pending_out:sum'),
        ],
      },
      {
        name: 'bro_native_alerts',
        interval: '1m',
        rules:
          local up = 'max by (%s) (%s)' % [list(site + ['host', 'process']), host('bro_up{%s}' % s)];
          local running = 'max by (%s) (%s)' % [list(site + ['host', 'process']), host('bro_process_resident_memory_bytes{%s}' % s)];
          local alert(name, why, expr, duration, severity, summary, description) = {
            alert: name,
            why:: why,
            expr: expr,
            'for': duration,
            labels: { severity: c.severities[severity] } + c.alertLabels,
            annotations: {
              summary: summary,
              description: description,
              runbook_url: $.runbookUrl(name),
            },
          };
          local process = '{{ $labels.process }} on {{ $labels.host }}{{ with $labels.%s }} ({{ . }}){{ end }}' % c.clusterLabel;
          [
            alert(
              'BroProcessHangs',
              'Both ask the main loop: telemetry is served by it, and prof.log is written by it. An idle interface stops only prof.log. 5 min: bro_up takes 2 min to fall.',
              'host_process:bro_native_up:current == 0 and %s == 0 and %s' % [up, running],
              '5m',
              'critical',
              'A Bro process runs but neither answers nor writes, so it hangs.',
              process + ' runs, has not answered scrapes of its telemetry for 5 minutes, and its prof.log stands still.'
            ),
            alert(
              'BroProcessBusy',
              'A scrape may fail now and then. 15 min without an answer, with snapshots still coming, is a main loop without time.',
              'host_process:bro_native_up:current == 0 and %s == 1' % up,
              '15m',
              'warning',
              'A Bro process writes its prof.log but does not answer scrapes of its telemetry, so it is very busy.',
              process + ' has not answered scrapes of its telemetry for 15 minutes, while it still writes its prof.log.'
            ),
            alert(
              'BroPacketsDropped',
              '1 % is what Zeek itself reports as too much in capture_loss. 15 min: not a burst.',
              'host_process:bro_packets_dropped:ratio5m > 0.01',
              '15m',
              'warning',
              'A Bro process drops packets, so its logs are not complete.',
              process + ' drops {{ $value | humanizePercentage }} of its packets.'
            ),
          ],
      },
    ],
  },
}
