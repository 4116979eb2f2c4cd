{{/* A number as it is written: YAML's are floats by the time they get here, and 1073741824 would be 1.073741824e+09. */}}
{{- define "serving.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* Variables that other values set, and those values. */}}
{{- define "serving.ownVariables" -}}
HOST: "the image"
PORT: "the Service"
GRPC_PORT: "the Service"
MANAGEMENT_HOST: "the Service"
MANAGEMENT_PORT: "the Service"
ARTIFACT_CACHE_DIR: cache
PREDICTION_LOG_DIR: cache
MLFLOW_TRACKING_URI: registry.url
MLFLOW_TRACKING_USERNAME: registry.existingSecret
MLFLOW_TRACKING_PASSWORD: registry.existingSecret
MLFLOW_TRACKING_TOKEN: "extraEnv (from a Secret)"
MODEL_NAME: model.name
MODEL_ALIAS: model.alias
MODELS: model.models
ADMIN_TOKEN: existingSecret
MLFLOW_WEBHOOK_SECRET: existingSecret
API_KEYS_FILE: apiKeys.existingSecret
SIGNATURE_PUBLIC_KEYS_FILE: signatureKeys.existingSecret
MANAGEMENT_ALLOW: management.allow
METRICS_ALLOW: management.metricsAllow
MANAGEMENT_NAMES: management.names
PREDICTION_LOG: predictionLog.target
KAFKA_BROKERS: kafka.brokers
KAFKA_TLS: kafka.tls
KAFKA_CA_FILE: kafka.caSecret
KAFKA_CERT_FILE: "extraEnv and extraVolumes"
KAFKA_KEY_FILE: "extraEnv and extraVolumes"
KAFKA_SASL_MECHANISM: kafka.saslMechanism
KAFKA_USERNAME: kafka.username
KAFKA_PASSWORD_FILE: kafka.existingSecret
STREAM_TIER_URL: "the Service"
STREAM_HOST: "the Service"
STREAM_PORT: "the Service"
STREAM_API_KEY_FILE: stream.apiKey.existingSecret
{{- end -}}

{{/*
Refuses names that the process would not read, or not from there: (dict "root" $ "path" "config" "config" <map>)
files/settings.txt has the names of serving/docs/settings.md: `make chart-files`.
*/}}
{{- define "serving.checkConfig" -}}
{{- $own := include "serving.ownVariables" . | fromYaml -}}
{{- $known := .root.Files.Lines "files/settings.txt" -}}
{{- $path := .path -}}
{{- range $name, $_ := .config -}}
{{- if hasKey $own $name -}}
{{- fail (printf "%s.%s: this is set by %s" $path $name (get $own $name)) -}}
{{- end -}}
{{- /* OpenTelemetry's exporter and Node read variables of their own. */ -}}
{{- if not (or (has $name $known) (regexMatch "^(OTEL|NODE)_" $name)) -}}
{{- fail (printf "%s.%s: serving/docs/settings.md has no such setting" $path $name) -}}
{{- end -}}
{{- $isOfStream := or (hasPrefix "STREAM_" $name) (eq $name "LOG_LEVEL") (hasPrefix "NODE_" $name) -}}
{{- if and (eq $path "config") (hasPrefix "STREAM_" $name) -}}
{{- fail (printf "config.%s: the tier does not read it; stream.config is for the stream" $name) -}}
{{- end -}}
{{- if and (eq $path "stream.config") (not $isOfStream) -}}
{{- fail (printf "stream.config.%s: the stream does not read it; config is for the tier" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the values below `config` can't be checked for by a schema, since several must fit together. */}}
{{- define "serving.check" -}}
{{- include "serving.checkConfig" (dict "root" . "path" "config" "config" .Values.config) -}}
{{- include "serving.checkConfig" (dict "root" . "path" "stream.config" "config" .Values.stream.config) -}}
{{- $delay := float64 (.Values.config.SHUTDOWN_DELAY_SECONDS | default 0) -}}
{{- $timeout := float64 (.Values.config.SHUTDOWN_TIMEOUT_SECONDS | default 25) -}}
{{- $needed := addf .Values.preStopSleepSeconds $delay $timeout 5 -}}
{{- if lt (float64 .Values.terminationGracePeriodSeconds) $needed -}}
{{- fail (printf "terminationGracePeriodSeconds: %v is less than preStopSleepSeconds (%v) + config.SHUTDOWN_DELAY_SECONDS (%v) + config.SHUTDOWN_TIMEOUT_SECONDS (%v) + 5: pods would be killed with requests in flight" .Values.terminationGracePeriodSeconds .Values.preStopSleepSeconds $delay $timeout) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas: %v is more than autoscaling.maxReplicas, %v" .Values.autoscaling.minReplicas .Values.autoscaling.maxReplicas) -}}
{{- end -}}
{{- if and (eq .Values.predictionLog.target "file") (ne .Values.cache.type "pvc") -}}
{{- fail "predictionLog.target: `file` needs cache.type: pvc; an emptyDir ends with its pod, and acknowledged outcomes with it" -}}
{{- end -}}
{{- if and (eq .Values.predictionLog.target "kafka") (not .Values.kafka.brokers) -}}
{{- fail "predictionLog.target: `kafka` needs kafka.brokers" -}}
{{- end -}}
{{- $gateway := .Values.gateway -}}
{{- if and (or $gateway.loadBalancer.address $gateway.trustedProxies (gt (int $gateway.envoy.proxies) 1)) (not (and $gateway.create $gateway.envoy.enabled)) -}}
{{- fail "gateway.loadBalancer.address, gateway.trustedProxies and gateway.envoy.proxies are told to Envoy Gateway, of a Gateway that the chart makes: gateway.create and gateway.envoy.enabled. Say the same to another Gateway in its own way" -}}
{{- end -}}
{{- if and .Values.stream.enabled (not .Values.kafka.brokers) -}}
{{- fail "stream.enabled needs kafka.brokers" -}}
{{- end -}}
{{- if and .Values.kafka.saslMechanism (not (and .Values.kafka.username .Values.kafka.existingSecret)) -}}
{{- fail "kafka.saslMechanism needs kafka.username and kafka.existingSecret (key `password`)" -}}
{{- end -}}
{{- end -}}

{{- define "serving.kafkaVariables" -}}
{{- with .Values.kafka }}
KAFKA_BROKERS: {{ .brokers | quote }}
KAFKA_TLS: {{ .tls | quote }}
{{- if .caSecret }}
KAFKA_CA_FILE: /etc/model-serving/kafka-ca/ca.crt
{{- end }}
{{- if .saslMechanism }}
KAFKA_SASL_MECHANISM: {{ .saslMechanism }}
KAFKA_USERNAME: {{ .username | quote }}
KAFKA_PASSWORD_FILE: /etc/model-serving/kafka/password
{{- end }}
{{- end }}
{{- end -}}

{{- define "serving.variables" -}}
{{- $fullname := include "serving.fullname" . -}}
MLFLOW_TRACKING_URI: {{ .Values.registry.url | quote }}
{{- if .Values.model.models }}
MODELS: {{ .Values.model.models | quote }}
{{- else }}
MODEL_NAME: {{ .Values.model.name | quote }}
MODEL_ALIAS: {{ .Values.model.alias | quote }}
{{- end }}
# Open to the pod's address, and guarded by what follows: Prometheus, promotions and webhooks come from outside of it.
MANAGEMENT_HOST: 0.0.0.0
MANAGEMENT_ALLOW: {{ concat (list "127.0.0.0/8" "::1") .Values.management.allow | join "," }}
{{- with .Values.management.metricsAllow }}
METRICS_ALLOW: {{ join "," . }}
{{- end }}
{{- $names := list }}
{{- range $service := list $fullname (printf "%s-management" $fullname) }}
{{- $inNamespace := printf "%s.%s" $service $.Release.Namespace }}
{{- $names = concat $names (list $service $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace)) }}
{{- end }}
MANAGEMENT_NAMES: {{ concat $names .Values.management.names | join "," }}
PREDICTION_LOG: {{ .Values.predictionLog.target | quote }}
{{- if eq .Values.predictionLog.target "kafka" }}
{{- include "serving.kafkaVariables" . }}
{{- end }}
{{- if .Values.apiKeys.existingSecret }}
API_KEYS_FILE: /etc/model-serving/api-keys/{{ .Values.apiKeys.key }}
{{- if not .Values.config.AUTH }}
AUTH: api-key
{{- end }}
{{- end }}
{{- if .Values.signatureKeys.existingSecret }}
SIGNATURE_PUBLIC_KEYS_FILE: /etc/model-serving/signature-keys/{{ .Values.signatureKeys.key }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ include "serving.text" $value | quote }}
{{- end }}
{{- end -}}

{{- define "serving.stream.variables" -}}
STREAM_TIER_URL: http://{{ include "serving.fullname" . }}:8080
STREAM_HOST: 0.0.0.0
{{- include "serving.kafkaVariables" . }}
{{- with .Values.stream.apiKey }}
{{- if .existingSecret }}
STREAM_API_KEY_FILE: /etc/model-serving/stream-api-key/{{ .key }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.stream.config }}
{{ $name }}: {{ include "serving.text" $value | quote }}
{{- end }}
{{- end -}}
