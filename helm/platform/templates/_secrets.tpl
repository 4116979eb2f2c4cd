{{/* What a key of a Secret in the cluster holds, or what it is to hold. (dict "root" $ "secret" name "key" key "new" text) */}}
{{- define "platform.known" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict -}}
{{- $value := dig "data" .key "" $there -}}
{{- if $value }}{{ b64dec $value }}{{ else }}{{ .new }}{{ end -}}
{{- end -}}

{{/* 32 bytes in URL-safe base64. */}}
{{- define "platform.fernetKey" -}}
{{- randBytes 32 | replace "+" "-" | replace "/" "_" -}}
{{- end -}}
