// The mixin: rules and dashboards for a site that renders its own with jsonnet. Its defaults render the
// files that are committed here.
(import 'config.libsonnet')
+ (import 'recording.libsonnet')
+ (import 'alerts.libsonnet')
+ (import 'native.libsonnet')
+ (import 'grafana.libsonnet')
