// Renders the rule files: jsonnet -S -m DIR --tla-code config='{...}' rules.jsonnet
function(config={})
  local mixin = (import 'mixin.libsonnet') + { _config+:: config };

  // A comment of words, wrapped.
  local wrapped(words, width) =
    std.foldl(
      function(lines, word)
        local last = lines[std.length(lines) - 1];
        if last == '' then lines[:std.length(lines) - 1] + [word]
        else if std.length(last) + std.length(word) < width then lines[:std.length(lines) - 1] + [last + ' ' + word]
        else lines + [word],
      std.split(words, ' '),
      ['']
    );
  local indented(text, prefix) = std.join('\n', [if l == '' then l else prefix + l for l in std.split(text, '\n')]);
  // A string in YAML: as a block if it has several lines, else in single quotes.
  local scalar(text, prefix) =
    if std.length(std.findSubstr('\n', text)) == 0 then "'" + std.strReplace(text, "'", "''") + "'"
    else '|\n' + indented(std.rstripChars(text, '\n'), prefix + '  ');
  local annotations = ['summary', 'description', 'runbook_url', 'dashboard'];
  local ordered(object) = if std.objectHas(object, 'summary') then annotations else std.objectFields(object);
  local fields(object, names, prefix) = std.join('\n', [
    if std.isObject(object[name]) then prefix + name + ':\n' + fields(object[name], ordered(object[name]), prefix + '  ')
    else prefix + name + ': ' + (if std.member(['record', 'alert', 'for', 'keep_firing_for'], name) then object[name] else scalar(object[name], prefix))
    for name in names
    if std.objectHas(object, name)
  ]);
  local rule(r) =
    local clean = r { expr: std.strReplace(r.expr, '{}', '') };
    local text = fields(clean, ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'], '        ');
    indented(std.join('\n', ['# ' + l for l in wrapped(r.why, 100)]), '      ') + '\n      - ' + std.lstripChars(text, ' ');
  local group(g) =
    '  - name: %s\n    interval: %s\n    rules:\n' % [g.name, g.interval] + std.join('\n\n', [rule(r) for r in g.rules]);
  local file(head, groups) = head + '\ngroups:\n' + std.join('\n\n', [group(g) for g in groups]) + '\n';

  {
    'recording.yml': file(|||
      # Recording rules for bro_exporter, made by "make dashboards" from recording.libsonnet. Load them with
      # alerts.yml, which needs them:
      #
      #   rule_files:
      #     - recording.yml
      #     - alerts.yml
    |||, mixin.prometheusRules.groups),

    'alerts.yml': file(|||
      # Alerts for bro_exporter, made by "make dashboards" from alerts.libsonnet and config.libsonnet. They
      # need recording.yml.
      #
      # Severities: critical, somebody must act now, or data is lost; warning, somebody must look today;
      # info, good to know.
      #
      # Links lead to Grafana at http://localhost:3000. Where yours is elsewhere, set grafanaUrl in one place,
      # config.libsonnet, or replace it here:
      #
      #   sed -i 's,http://localhost:3000,https://grafana.example.org,' alerts.yml
    |||, mixin.prometheusAlerts.groups),

    'native.yml': file(|||
      # Rules and alerts for sensors whose Zeek (7.1 and later) serves telemetry of its own, made by "make
      # dashboards" from native.libsonnet. They need the metrics of bro_exporter and those of Zeek, scraped
      # by two jobs. A process that has only one of them has these series as well, and none counts twice.
      #
      # Level host_process: one series for each process of each host, with the labels host and process.
    |||, mixin.nativeRules.groups),
  }
