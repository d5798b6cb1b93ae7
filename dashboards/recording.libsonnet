// Recording rules. A name is level:metric:operation; level `instance_process` has one series for each
// process of each sensor.
{
  local c = $._config,
  local where = { s: c.selector },

  local growing(queue, why) = {
    record: 'instance_process_thread:bro_messages_pending_%s:growing' % queue,
    why:: why,
    expr: |||
      min_over_time(%(w)s[15m]) > min_over_time(%(w)s[15m] offset 15m)
      and min_over_time(%(w)s[15m] offset 15m) > min_over_time(%(w)s[15m] offset 30m)
      and count_over_time(%(w)s[45m]) >= 36
    ||| % { w: 'instance_process_thread:bro_messages_pending_%s:waiting{%s}' % [queue, c.selector] },
  },

  prometheusRules+:: {
    groups+: [
      {
        name: 'bro_process',
        interval: '1m',
        rules: [
          {
            record: 'instance_process:bro_memory:bytes',
            why:: 'Since Bro 2.4 the total of prof.log is the peak, which never falls. Where the exporter sees the live process, its resident memory counts.',
            expr: 'bro_process_resident_memory_bytes{%(s)s} or bro_memory_total_bytes{%(s)s}' % where,
          },
          {
            record: 'instance_process:bro_cpu:rate5m',
            why:: 'Cores in use, all threads of the process together.',
            expr: 'rate(bro_runtime_user_seconds_total{%(s)s}[5m]) + rate(bro_runtime_system_seconds_total{%(s)s}[5m])' % where,
          },
        ],
      },
      {
        name: 'bro_threads',
        interval: '1m',
        rules: [
          {
            record: 'instance_process_thread:bro_messages_pending_in:waiting',
            why:: 'The few queues in which something waits, so that the alerts on queues look at these and not at every thread of the fleet. Two messages may be on their way when a snapshot is written.',
            expr: 'bro_thread_messages_pending_in{%(s)s} >= 5' % where,
          },
          {
            record: 'instance_process_thread:bro_messages_pending_out:waiting',
            why:: 'The same from the threads to the main thread.',
            expr: 'bro_thread_messages_pending_out{%(s)s} >= 5' % where,
          },
          {
            record: 'instance_process_thread:bro_queue_in_reads:waiting',
            why:: 'What these threads have read.',
            expr: 'bro_thread_queue_in_reads_total{%(s)s} and instance_process_thread:bro_messages_pending_in:waiting{%(s)s}' % where,
          },
          growing('in', 'The least of the last 15 minutes, where it is more than in the 15 minutes before, and these more than those before: a queue that is ever emptied has no backlog. 36: a minute without messages now and then.'),
          growing('out', 'The same for the other direction.'),
        ],
      },
    ],
  },
}
