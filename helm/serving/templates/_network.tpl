{{/* The port of an address such as http://name:5000, or its scheme's. */}}
{{- define "serving.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}

{{- define "serving.egressToDns" -}}
{{- with .Values.networkPolicy.dns -}}
- to: {{- toYaml . | nindent 4 }}
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}
{{- end -}}

{{- define "serving.egressToKafka" -}}
{{- with .Values.networkPolicy.kafka -}}
- to: {{- toYaml . | nindent 4 }}
  ports:
    {{- $ports := list }}
    {{- range splitList "," $.Values.kafka.brokers }}
    {{- $ports = append $ports (regexFind "[0-9]+$" (trim .)) }}
    {{- end }}
    {{- range uniq $ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end -}}
{{- end -}}
