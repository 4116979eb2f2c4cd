{{- define "mlflow.authConfig" -}}
[mlflow]
default_permission = {{ .Values.auth.defaultPermission }}
database_uri = postgresql://{{ .Values.database.host }}:{{ .Values.database.port }}/{{ .Values.database.authName }}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
; A fleet asks every few seconds: its password is hashed anew once a minute, and not with every call.
auth_cache_ttl_seconds = 60
{{- end -}}
