{{/*
What stands in braces in a file of monitoring/alertmanager, replaced by values. One without a value would be a message
that nobody gets: the chart says so instead. Called with a dictionary of `text` and `values`.
*/}}
{{- define "platform.alertmanager.filled" -}}
{{- $text := .text -}}
{{- range $name, $value := .values -}}
{{- $text = $text | replace (printf "${%s}" $name) (toString $value) -}}
{{- end -}}
{{- with regexFindAll "\\$\\{[A-Z_]+\\}" $text -1 -}}
{{- fail (printf "alertmanagerConfig.environment lacks %s" (. | uniq | join ", ")) -}}
{{- end -}}
{{- $text -}}
{{- end }}

{{/* Those values, as JSON: of an environment, or in dev mode those of the notification sink. */}}
{{- define "platform.alertmanager.environment" -}}
{{- $folders := dict "SECRETS" "/etc/alertmanager/secrets/alertmanager" "TEMPLATES" "/etc/alertmanager/config" -}}
{{- if include "platform.dev.alertmanager" . -}}
{{- $sink := .Values.dev.monitoring.alertmanager.sink -}}
{{- toJson (merge $folders (dict
      "SMTP_SMARTHOST" (printf "%s:%v" $sink.host $sink.smtpPort)
      "SMTP_USERNAME" "alerts"
      "SMTP_REQUIRE_TLS" "false"
      "MAIL_FROM" "alerts@platform.example"
      "MAIL_ON_CALL" "on-call@platform.example"
      "MAIL_TEAM" "team@platform.example"
      "TELEGRAM_API_URL" (printf "http://%s:%v" $sink.host $sink.webhookPort)
      "TELEGRAM_CHAT_ID" "-1001"
      "RETRAINING_REQUESTS_URL" (printf "http://retraining-requests.%s.svc:8083/webhooks/alertmanager" .Release.Namespace)
      "DASHBOARDS_URL" .Values.dev.monitoring.alertmanager.dashboardsUrl)) -}}
{{- else -}}
{{- toJson (merge $folders .Values.alertmanagerConfig.environment) -}}
{{- end -}}
{{- end }}

{{/* Not empty: this chart brings an Alertmanager of its own. */}}
{{- define "platform.dev.alertmanager" -}}
{{- if and .Values.dev.monitoring.enabled .Values.dev.monitoring.alertmanager.enabled -}}
{{- required "dev.monitoring.alertmanager.sink.host: where the notification sink listens, as pods see it" .Values.dev.monitoring.alertmanager.sink.host -}}
{{- end -}}
{{- end }}
