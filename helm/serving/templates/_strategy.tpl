{{/* The track that Service `<fullname>` selects: the one that answers, but for what a canary is given. */}}
{{- define "serving.activeTrack" -}}
{{- if has .Values.strategy.type (list "blue-green-switch" "canary-istio") -}}
{{- .Values.strategy.blueGreen.active -}}
{{- else -}}
stable
{{- end -}}
{{- end -}}

{{/* The track beside it, if there is one. */}}
{{- define "serving.otherTrack" -}}
{{- $strategy := .Values.strategy -}}
{{- if eq $strategy.type "canary-gateway" -}}
canary
{{- else if or (eq $strategy.type "canary-istio") (and (eq $strategy.type "blue-green-switch") $strategy.blueGreen.idleReplicas) -}}
{{- $strategy.blueGreen.idle | default (eq $strategy.blueGreen.active "blue" | ternary "green" "blue") -}}
{{- end -}}
{{- end -}}

{{/* The Deployment of a track, and its autoscaler: rules of monitoring/ know them by these names. (dict "root" $ "track" "blue") */}}
{{- define "serving.trackName" -}}
{{- include "serving.fullname" .root -}}{{ if ne .track "stable" }}-{{ .track }}{{ end -}}
{{- end -}}

{{/* The Service of the other track alone. */}}
{{- define "serving.otherService" -}}
{{- include "serving.fullname" . }}-{{ eq .Values.strategy.type "canary-gateway" | ternary "canary" "preview" -}}
{{- end -}}

{{/*
The tracks as a list in YAML: `track`, `image` (what it has of its own over .Values.image), and the fewest and the most pods.

Where there is autoscaling every track has an autoscaler, one whose number is fixed too, and no Deployment ever names a
number: when a colour becomes the active one, a number that vanished from its Deployment would be taken for 1.
*/}}
{{- define "serving.tracks" -}}
{{- $strategy := .Values.strategy -}}
{{- $isCanary := hasPrefix "canary-" $strategy.type -}}
{{- $active := include "serving.activeTrack" . -}}
{{- $other := include "serving.otherTrack" . -}}
{{- $images := dict "stable" dict "canary" $strategy.canary.image "blue" $strategy.blueGreen.blue.image "green" $strategy.blueGreen.green.image -}}
{{- $autoscaling := .Values.autoscaling -}}
{{- $fixed := int (ternary $strategy.canary.replicas $strategy.blueGreen.idleReplicas $isCanary) -}}
{{- $min := int (ternary $autoscaling.minReplicas .Values.replicas $autoscaling.enabled) -}}
{{- $max := int (ternary $autoscaling.maxReplicas .Values.replicas $autoscaling.enabled) -}}
{{- /* A canary's pods are part of what an attack can cost. */ -}}
{{- if and $autoscaling.enabled $isCanary }}{{ $max = int (sub $max $fixed) }}{{ end -}}
{{- $tracks := list (dict "track" $active "image" (get $images $active) "min" $min "max" $max) -}}
{{- with $other }}{{ $tracks = append $tracks (dict "track" . "image" (get $images .) "min" $fixed "max" $fixed) }}{{ end -}}
{{- toYaml $tracks -}}
{{- end -}}

{{/* Refuses what can't work, or would drop requests. */}}
{{- define "serving.checkStrategy" -}}
{{- $strategy := .Values.strategy -}}
{{- $active := include "serving.activeTrack" . -}}
{{- $other := include "serving.otherTrack" . -}}
{{- if eq $active $other -}}
{{- fail (printf "strategy.blueGreen: active and idle are both %s" $active) -}}
{{- end -}}
{{- if and (eq $strategy.type "canary-gateway") (not .Values.gateway.enabled) -}}
{{- fail "strategy.type: `canary-gateway` needs gateway.enabled: it is the gateway that weighs" -}}
{{- end -}}
{{- if and (hasPrefix "canary-" $strategy.type) .Values.autoscaling.enabled -}}
{{- $left := sub (int .Values.autoscaling.maxReplicas) (int $strategy.canary.replicas) -}}
{{- if lt (int $left) (int .Values.autoscaling.minReplicas) -}}
{{- fail (printf "strategy.canary.replicas: of autoscaling.maxReplicas (%v) the canary's %v leave %v, less than autoscaling.minReplicas (%v); all traffic may come back to them" .Values.autoscaling.maxReplicas $strategy.canary.replicas $left .Values.autoscaling.minReplicas) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.gateway.tls.clusterIssuer (not .Values.gateway.host) -}}
{{- fail "gateway.tls.clusterIssuer needs gateway.host: a certificate is for a name" -}}
{{- end -}}
{{- include "serving.checkSwitch" . -}}
{{- end -}}

{{/*
Refuses to send all traffic to a track that can't take it. Sees the cluster in `helm upgrade` and `--dry-run=server`; where
charts are rendered elsewhere (`helm template`, Argo CD) lookup finds nothing, and nothing is refused.
*/}}
{{- define "serving.checkSwitch" -}}
{{- $active := include "serving.activeTrack" . -}}
{{- $service := lookup "v1" "Service" .Release.Namespace (include "serving.fullname" .) -}}
{{- $before := dig "spec" "selector" "track" "" $service -}}
{{- if and $before (ne $before $active) -}}
{{- $name := include "serving.trackName" (dict "root" . "track" $active) -}}
{{- $deployment := lookup "apps/v1" "Deployment" .Release.Namespace $name -}}
{{- $track := first (include "serving.tracks" . | fromYamlArray) -}}
{{- $ready := int (dig "status" "readyReplicas" 0 $deployment) -}}
{{- if lt $ready (int $track.min) -}}
{{- fail (printf "Deployment %s is to take the traffic of track %s with %d ready pods; it needs %v. First bring it up beside the other: strategy.type=blue-green-switch with strategy.blueGreen.active=%s, idle=%s, idleReplicas=%v" $name $before $ready $track.min $before $active $track.min) -}}
{{- end -}}
{{- $running := (first $deployment.spec.template.spec.containers).image -}}
{{- $wanted := include "serving.image" (dict "root" . "image" $track.image) -}}
{{- if ne $running $wanted -}}
{{- fail (printf "Deployment %s is to take the traffic of track %s; it runs %s, and this upgrade brings %s at the same time. Upgrade it first, try it, then switch" $name $before $running $wanted) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "serving.publicPorts" -}}
- { name: http, port: 8080, targetPort: http, appProtocol: http }
- { name: grpc, port: 8081, targetPort: grpc, appProtocol: kubernetes.io/h2c }
{{- end -}}
