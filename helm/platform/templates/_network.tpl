{{/* A policy for the pods of one name, which opens one port to some peers and lets them reach some names. The rest of the
     namespace's traffic is closed by `default-deny`.
     (dict "root" $ "name" "s3" "port" "http" "from" <peers> "to" (list (dict "peers" <peers> "port" 5432))) */}}
{{- define "platform.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "platform.labels" (dict "root" .root "name" .name) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "platform.selectorLabels" (dict "root" .root "name" .name) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .from }}
  ingress:
    - from: {{- toYaml . | nindent 8 }}
      ports:
        - { protocol: TCP, port: {{ $.port }} }
  {{- end }}
  {{- with .to }}
  egress:
    {{- range . }}
    - to: {{- toYaml .peers | nindent 8 }}
      {{- with .port }}
      ports:
        - { protocol: TCP, port: {{ . }} }
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* Peers: the pods of some names in this namespace, as JSON. */}}
{{- define "platform.pods" -}}
{{- list (dict "podSelector" (dict "matchExpressions" (list (dict "key" "app.kubernetes.io/name" "operator" "In" "values" .)))) | toJson -}}
{{- end -}}

{{/* The port of an address such as http://name:5000, or its scheme's. */}}
{{- define "platform.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}
