{{/* The gateway's settings: those of a single machine (files/envoy.yaml), with addresses of a cluster, and what only a
     gateway that strangers reach needs: a rate limit, a limit of connections, TLS; and its figures on a port of their own,
     for the admin address stays inside the pod. */}}
{{- define "mallbots.envoy" -}}
{{- $gateway := .Values.gateway -}}
{{- $text := .Files.Get "files/envoy.yaml" -}}
{{- $text = $text | replace "{listen}" "0.0.0.0" | replace "{port}" "8080" | replace "{admin_port}" "8081" -}}
{{- $text = $text | replace "{descriptors}" "/gateway/fleet.bin" | replace "{access_log}" "/dev/stdout" -}}
{{- range splitList "," (include "mallbots.apis" .) -}}
{{- $text = $text | replace (printf "{%s_host}" .) . | replace (printf "{%s_port}" .) "8100" -}}
{{- end -}}
{{- $envoy := fromYaml $text -}}
{{- if $envoy.Error }}{{ fail (printf "files/envoy.yaml: %s" $envoy.Error) }}{{ end -}}
{{- $resources := $envoy.static_resources -}}

{{- $listener := first $resources.listeners -}}
{{- $chain := first $listener.filter_chains -}}
{{- $manager := (first $chain.filters).typed_config -}}
{{- $limits := list (include "mallbots.envoy.rateLimit" $gateway | fromYaml) (include "mallbots.envoy.wholeRequests" $gateway | fromYaml) -}}
{{- $_ := set $manager "http_filters" (concat (list (first $manager.http_filters)) $limits (rest $manager.http_filters)) -}}
{{- /* Reflection and health are streams without an end. */ -}}
{{- range (first $manager.route_config.virtual_hosts).routes -}}
{{- if hasPrefix "/grpc." .match.prefix -}}
{{- $_ := set . "typed_per_filter_config" (include "mallbots.envoy.stream" $ | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- if .Values.otlp.endpoint -}}
{{- $_ := set $manager "tracing" (include "mallbots.envoy.tracing" . | fromYaml) -}}
{{- $_ := set $resources "clusters" (append $resources.clusters (include "mallbots.envoy.collector" . | fromYaml)) -}}
{{- end -}}
{{- if $gateway.tls.secretName -}}
{{- /* The same once more, for those outside; without TLS it stays for the pod that orders in a test. */ -}}
{{- $outside := deepCopy $listener -}}
{{- $_ := set $outside "name" "gateway-tls" -}}
{{- $_ := set $outside.address.socket_address "port_value" 8443 -}}
{{- $_ := set (first $outside.filter_chains) "transport_socket" (include "mallbots.envoy.tls" . | fromYaml) -}}
{{- $_ := set $resources "listeners" (append $resources.listeners $outside) -}}
{{- end -}}
{{- range $resources.clusters -}}
{{- $_ := set . "dns_lookup_family" "V4_PREFERRED" -}}
{{- end -}}
{{- $figures := include "mallbots.envoy.figures" . | fromYaml -}}
{{- $_ := set $resources "listeners" (append $resources.listeners $figures.listener) -}}
{{- $_ := set $resources "clusters" (append $resources.clusters $figures.cluster) -}}
{{- /* Certificates are handed out by name. */ -}}
{{- $_ := set $envoy "node" (dict "id" "gateway" "cluster" "mallbots") -}}
{{- $_ := set $envoy "overload_manager" (include "mallbots.envoy.overload" $gateway | fromYaml) -}}
{{ toPrettyJson $envoy }}
{{- end -}}

{{- define "mallbots.envoy.rateLimit" -}}
name: envoy.filters.http.local_ratelimit
typed_config:
  "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
  stat_prefix: gateway
  token_bucket: {max_tokens: {{ .rateLimit.burst }}, tokens_per_fill: {{ .rateLimit.perSecond }}, fill_interval: 1s}
  filter_enabled: {default_value: {numerator: 100}}
  filter_enforced: {default_value: {numerator: 100}}
{{- end -}}

{{/* A transcoder without it would collect a body of any size: a JSON parser takes it piece by piece, unseen by its limit. */}}
{{- define "mallbots.envoy.wholeRequests" -}}
name: envoy.filters.http.buffer
typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: {{ int .maxRequestBytes }}}
{{- end -}}

{{- define "mallbots.envoy.stream" -}}
envoy.filters.http.buffer: {"@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute, disabled: true}
{{- end -}}

{{- define "mallbots.envoy.tls" -}}
name: envoy.transport_sockets.tls
typed_config:
  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
  common_tls_context:
    alpn_protocols: [h2, http/1.1]
    tls_params: {tls_minimum_protocol_version: TLSv1_2}
    tls_certificate_sds_secret_configs:
      - {name: gateway, sds_config: {path_config_source: {path: /etc/envoy/certificate.yaml}}}
{{- end -}}

{{- define "mallbots.envoy.tracing" -}}
random_sampling: {value: {{ mulf .Values.otlp.sample 100.0 }}}
provider:
  name: envoy.tracers.opentelemetry
  typed_config:
    "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
    service_name: gateway
    grpc_service: {envoy_grpc: {cluster_name: collector}, timeout: 1s}
{{- end -}}

{{- define "mallbots.envoy.collector" -}}
{{- $address := urlParse .Values.otlp.endpoint -}}
name: collector
type: STRICT_DNS
connect_timeout: 1s
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: {http2_protocol_options: {}}
load_assignment:
  cluster_name: collector
  endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: {{ $address.hostname }}, port_value: {{ last (splitList ":" $address.host) }}}}}}]}]
{{- end -}}

{{- define "mallbots.envoy.figures" -}}
listener:
  name: figures
  address: {socket_address: {address: 0.0.0.0, port_value: 8082}}
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: figures
            route_config:
              virtual_hosts:
                - name: figures
                  domains: ["*"]
                  routes: [{match: {path: /metrics}, route: {cluster: admin, prefix_rewrite: /stats/prometheus}}]
            http_filters:
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
cluster:
  name: admin
  type: STATIC
  connect_timeout: 1s
  load_assignment:
    cluster_name: admin
    endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 8081}}}}]}]
{{- end -}}

{{- define "mallbots.envoy.overload" -}}
resource_monitors:
  - name: envoy.resource_monitors.global_downstream_max_connections
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
      max_active_downstream_connections: {{ int .maxConnections }}
{{- end -}}
