// What a site may change, in one place. The committed alerts.yml and recording.yml are made with these
// values. Override them in a mixin of your own:
//
//   (import 'bro_exporter/dashboards/mixin.libsonnet') + { _config+:: { selector: 'job="zeek"', grafanaUrl: 'https://grafana.example.org' } }
//
// or run: make dashboards CONFIG='{grafanaUrl: "https://grafana.example.org"}'
{
  _config+:: {
    // Label matchers of every series in rules and dashboards, such as 'job="zeek"'. Empty takes all.
    selector: '',

    // The same for the job that scrapes Zeek's own telemetry, such as 'job="zeek_native"'.
    nativeSelector: '',

    // Dashboards offer this job for processes that have only telemetry.
    nativeJob: 'zeek_native',

    // What bro_exporter calls a Zeek that runs without a cluster. Its telemetry has no name.
    standaloneProcess: 'zeek',

    // Where Grafana is, for the links in alerts. Dashboards link to each other by path.
    grafanaUrl: 'http://localhost:3000',

    // The runbook of an alert: %s is its name in lower case. Empty links to the dashboard Bro / Runbooks.
    // A site that publishes RUNBOOKS.md sets 'https://wiki.example.org/RUNBOOKS.md#%s'.
    runbookUrlPattern: '',

    // The labels that tell sites and sensors apart besides `instance`. A series need not have them.
    clusterLabel: 'cluster',
    sensorLabel: 'sensor',

    // Labels for every alert, such as { team: 'network' }.
    alertLabels: {},

    // Somebody must act now, or data is lost; somebody must look today; good to know.
    severities: { critical: 'critical', warning: 'warning', info: 'info' },

    // A process that sees packets uses one thread for them. 95 % of a core for 15 minutes is no burst.
    cpuSaturatedRatio: 0.95,

    // Real processes show 0 to 1.6 s.
    timersLagSeconds: 5,

    // Deploys restart a process once or twice an hour; a crash loop under `zeekctl cron` has twelve.
    restartsPerHour: 3,

    // 100 messages may be 100,000 log records.
    queuedMessages: 100,

    // Time to act before the night.
    memoryExhaustedHours: 12,
  },
}
