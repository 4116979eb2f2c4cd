{{- define "serving.gatewayName" -}}
{{- .Values.gateway.name | default (include "serving.fullname" .) -}}
{{- end -}}

{{/* Where routes attach. (dict "root" $ "listener" <its name, empty: all that allow it>) */}}
{{- define "serving.parentRef" -}}
- name: {{ include "serving.gatewayName" .root }}
  {{- with .root.Values.gateway.namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- with .listener }}
  sectionName: {{ . }}
  {{- end }}
{{- end -}}

{{/* Whether the chart says what Envoy Gateway makes of its Gateway. */}}
{{- define "serving.hasEnvoyProxy" -}}
{{- $gateway := .Values.gateway -}}
{{- and $gateway.enabled $gateway.create $gateway.envoy.enabled (or (ne $gateway.loadBalancer.address "") (gt (int $gateway.envoy.proxies) 1)) -}}
{{- end -}}

{{- define "serving.hostnames" -}}
{{- with .Values.gateway.host -}}
hostnames: [{{ . | quote }}]
{{- end -}}
{{- end -}}
