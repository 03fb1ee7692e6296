// The alert rules of rules/ as the Prometheus operator wants them: the same files, read where they are. Argo CD renders it
// (deploy/argocd/applicationsets/farol.yaml), `make kind-up` and `make manifests-check` do so with the same library.
local files = {
  availability: importstr 'rules/availability.yml',
  dependencies: importstr 'rules/dependencies.yml',
  events: importstr 'rules/events.yml',
  intake: importstr 'rules/intake.yml',
  saturation: importstr 'rules/saturation.yml',
  slo: importstr 'rules/slo.yml',
  telemetry: importstr 'rules/telemetry.yml',
};

[
  {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'farol-' + name,
      namespace: 'monitoring',
      labels: { 'app.kubernetes.io/part-of': 'farol' },
    },
    spec: std.parseYaml(files[name]),
  }
  for name in std.objectFields(files)
]
