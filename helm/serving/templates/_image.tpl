{{/* The image by its address. (dict "root" $ "image" <what a track has of its own, over .Values.image>) */}}
{{- define "serving.image" -}}
{{- $own := .image | default dict -}}
{{- $image := .root.Values.image -}}
{{- $global := .root.Values.global.image -}}
{{- $registry := $own.registry | default $image.registry | default $global.registry -}}
{{- $repository := $own.repository | default $image.repository -}}
{{- $tag := $own.tag | default $image.tag | default $global.tag | default .root.Chart.AppVersion -}}
{{- /* A tag of its own is not overruled by the digest of the others. */ -}}
{{- $digest := $own.digest | default (ternary "" $image.digest (not (empty $own.tag))) -}}
{{- if eq $tag "latest" -}}
{{- fail "image.tag: `latest` names no release, so that no rollback would bring the old one back; give a version" -}}
{{- end -}}
{{- if $registry }}{{ trimSuffix "/" $registry }}/{{ end }}{{ $repository }}{{ if $digest }}@{{ $digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{- define "serving.imagePullSecrets" -}}
{{- with .Values.global.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
