{{/* What a service, or its migration, is told by its environment. (root, service, settings, migration) */}}
{{- define "mallbots.environment" -}}
{{- $values := .root.Values -}}
{{- $name := .service.name -}}
{{- if and .migration $values.cloudnativepg.enabled }}
# The superuser takes the role of the schema's owner at once. Its password has letters and digits only.
- name: PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $name }}-db-superuser, key: password}}
- name: MALL__DATABASE__URL
  value: postgres://postgres:$(PASSWORD)@{{ $name }}-db-rw:5432/{{ $name }}?options[role]=mall_schema
{{- else }}
- {name: MALL__DATABASE__URL_FILE, value: /secrets/database/url}
{{- end }}
{{- if .migration }}
- {name: MALL__DATABASE__APPLICATION_ROLE, value: {{ ternary $name (replace "{service}" $name $values.database.migration.applicationRole) $values.cloudnativepg.enabled | quote }}}
{{- else }}
- {name: MALL__DATABASE__MIGRATE, value: {{ not $values.database.migration.enabled | quote }}}
- {name: MALL__DATABASE__CONNECTIONS, value: {{ .settings.connections | quote }}}
- {name: MALL__KAFKA__BOOTSTRAP, value: {{ include "mallbots.bootstrap" .root | quote }}}
{{- $security := include "mallbots.kafkaSecurity" .root }}
- {name: MALL__KAFKA__SECURITY, value: {{ $security }}}
{{- if eq $security "certificate" }}
- {name: MALL__KAFKA__CERTIFICATE_FILE, value: /secrets/kafka/user.crt}
- {name: MALL__KAFKA__KEY_FILE, value: /secrets/kafka/user.key}
{{- else if eq $security "scram" }}
- {name: MALL__KAFKA__USER, value: {{ $name }}}
- {name: MALL__KAFKA__PASSWORD_FILE, value: /secrets/kafka/password}
{{- end }}
{{- if and (ne $security "plaintext") (include "mallbots.kafkaCa" .root) }}
- {name: MALL__KAFKA__CA_FILE, value: /secrets/kafka-ca/ca.crt}
{{- end }}
- {name: MALL__GRPC__LISTEN, value: "0.0.0.0:8100"}
- {name: MALL__HTTP__LISTEN, value: "0.0.0.0:8200"}
{{- range .service.calls }}
- {name: MALL__PEERS__{{ upper . }}, value: "http://{{ . }}:8100"}
{{- end }}
- {name: MALL__SHOP__CURRENCY, value: {{ $values.shop.currency }}}
{{- with $values.otlp.endpoint }}
- {name: MALL__OTLP__ENDPOINT, value: {{ . | quote }}}
- {name: MALL__OTLP__SAMPLE, value: {{ $values.otlp.sample | quote }}}
{{- end }}
{{- end }}
- {name: MALL__LOG__FORMAT, value: {{ $values.log.format }}}
- {name: MALL__LOG__LEVEL, value: {{ $values.log.level | quote }}}
{{- range $key, $value := .settings.environment }}
- {name: {{ $key }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{/* Secrets that are mounted, as (name, secret, items): the database's URL and what Kafka asks for. (as above) */}}
{{- define "mallbots.secrets" -}}
{{- $values := .root.Values -}}
{{- $name := .service.name -}}
{{- $security := include "mallbots.kafkaSecurity" .root -}}
{{- if $values.secretStore.provider }}
- {name: database, store: {{ $name }}{{ if .migration }}-migration{{ end }}, path: database}
{{- else if $values.cloudnativepg.enabled }}
{{- if not .migration }}
- {name: database, secret: {{ $name }}-db-app, items: [{key: uri, path: url}]}
{{- end }}
{{- else }}
{{- $from := ternary $values.database.migration $values.database.application .migration }}
- {name: database, secret: {{ replace "{service}" $name $from.secret }}, items: [{key: {{ $from.key }}, path: url}]}
{{- end }}
{{- with $values.database.caSecret }}
- {name: database-ca, secret: {{ . }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- if not (or .migration (eq $security "plaintext")) }}
{{- $user := ternary $name (replace "{service}" $name $values.kafka.userSecret) $values.strimzi.enabled }}
{{- if eq $security "certificate" }}
- {name: kafka, secret: {{ $user }}, items: [{key: user.crt, path: user.crt}, {key: user.key, path: user.key}]}
{{- else if $values.secretStore.provider }}
- {name: kafka, store: {{ $name }}-kafka, path: kafka}
{{- else }}
- {name: kafka, secret: {{ $user }}, items: [{key: password, path: password}]}
{{- end }}
{{- with include "mallbots.kafkaCa" .root }}
- {name: kafka-ca, secret: {{ . }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end }}
{{- end -}}

{{/* Volumes and their mounts of a list of secrets. */}}
{{- define "mallbots.volumes" -}}
{{- range . }}
- name: {{ .name }}
  {{- if .store }}
  csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: {{ .store }}}}
  {{- else }}
  secret: {secretName: {{ .secret }}, defaultMode: 0440, items: {{ toJson .items }}}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "mallbots.mounts" -}}
{{- range . }}
- {name: {{ .name }}, mountPath: /secrets/{{ .name }}, readOnly: true}
{{- end }}
{{- end -}}
