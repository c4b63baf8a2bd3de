{{/* Who tells what to whom. */}}
{{- define "mallbots.topology" -}}
{{ .Files.Get "files/topology.yaml" }}
{{- end -}}

{{/* Whether a part is to be rendered: "true" or nothing. (root, part) */}}
{{- define "mallbots.wants" -}}
{{- if or (not .root.Values.only) (eq .root.Values.only .part) }}true{{ end -}}
{{- end -}}

{{/* Names of the services with an API: those that the gateway knows. */}}
{{- define "mallbots.apis" -}}
{{- $names := list -}}
{{- range (.Files.Get "files/envoy.yaml" | fromYaml).static_resources.clusters }}{{ $names = append $names .name }}{{ end -}}
{{ join "," $names }}
{{- end -}}

{{/* What a service is told: the defaults, and its own over them. (root, name) */}}
{{- define "mallbots.settings" -}}
{{- $own := get .root.Values.services .name | default dict | deepCopy -}}
{{ mergeOverwrite (deepCopy .root.Values.defaults) $own | toYaml }}
{{- end -}}

{{/* Labels by which a part's pods are chosen. (part) */}}
{{- define "mallbots.selector" -}}
app.kubernetes.io/name: {{ .part }}
app.kubernetes.io/part-of: mallbots
{{- end -}}

{{/* Labels of everything that belongs to a part. (root, part, component) */}}
{{- define "mallbots.labels" -}}
{{ include "mallbots.selector" . }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* One of our images. (root, name, digest) */}}
{{- define "mallbots.image" -}}
{{- $tag := .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{ include "mallbots.pinned" (dict "root" .root "image" (printf "%s/%s:%s" .root.Values.image.registry .name $tag) "digest" .digest) }}
{{- end -}}

{{/* An image with its digest, or a refusal. (root, image, digest) */}}
{{- define "mallbots.pinned" -}}
{{- if .digest }}{{ .image }}@{{ .digest }}
{{- else if .root.Values.requireDigests }}{{ fail (printf "%s has no digest, and requireDigests is on" .image) }}
{{- else }}{{ .image }}{{ end -}}
{{- end -}}

{{/* What a pod of the restricted profile says of itself. */}}
{{- define "mallbots.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "mallbots.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where a part's pods go: apart from each other. (root, part, settings) */}}
{{- define "mallbots.placement" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {app.kubernetes.io/name: {{ $.part }}, app.kubernetes.io/part-of: mallbots}}
  {{- end }}
{{- with .settings.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- include "mallbots.pullSecrets" .root }}
{{- end -}}

{{- define "mallbots.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Kafka's address. */}}
{{- define "mallbots.bootstrap" -}}
{{- if .Values.strimzi.enabled }}{{ .Values.strimzi.cluster }}-kafka-bootstrap:9093{{ else }}{{ .Values.kafka.bootstrap }}{{ end -}}
{{- end -}}

{{- define "mallbots.kafkaSecurity" -}}
{{- if .Values.strimzi.enabled }}certificate{{ else }}{{ .Values.kafka.security }}{{ end -}}
{{- end -}}

{{/* The Secret with whom to trust as a broker. */}}
{{- define "mallbots.kafkaCa" -}}
{{- if .Values.strimzi.enabled }}{{ .Values.strimzi.cluster }}-cluster-ca-cert{{ else }}{{ .Values.kafka.caSecret }}{{ end -}}
{{- end -}}
