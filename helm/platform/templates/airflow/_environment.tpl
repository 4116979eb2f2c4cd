{{/* What every task of the pipeline inherits, as a map. Values that the chart knows itself, then what `pipeline` says. */}}
{{- define "platform.pipelineVariables" -}}
{{- $own := dict
  "MLFLOW_TRACKING_URI" (printf "http://mlflow.%s.svc.cluster.local:5000" .Release.Namespace)
  "MODEL_NAME" .Values.serving.model.name
  "SERVING_REPLICAS" (printf "dns+http://serving-management.%s.svc.cluster.local:8082" .Release.Namespace)
-}}
{{- if .Values.dev.kafka.enabled }}{{ $_ := set $own "FEEDBACK_URI" "kafka://kafka:9092" }}{{ end -}}
{{- if .Values.dev.s3.enabled }}{{ $_ := set $own "AWS_ENDPOINT_URL" "http://s3:7070" }}{{ end -}}
{{- if .Values.dev.monitoring.enabled }}{{ $_ := set $own "PROMETHEUS_URL" (printf "http://prometheus-operated.%s.svc.cluster.local:9090" .Release.Namespace) }}{{ end -}}
{{- with .Values.promotion }}{{ if .repository -}}
{{- $own = merge $own (dict "PROMOTION_REPOSITORY" .repository "PROMOTION_ENVIRONMENT" .environment "PROMOTION_TOKEN_FILE" "/etc/promotion-token/token") -}}
{{- end }}{{ end -}}
{{- toYaml (merge (deepCopy .Values.pipeline) $own) -}}
{{- end -}}

{{/* What Airflow's parts are told, as a map. The same facts as for the official chart; here all parts are in one pod. */}}
{{- define "platform.airflowVariables" -}}
{{- $dev := .Values.airflow.dev -}}
{{- $bundle := dict "name" "dags" "classpath" "airflow.providers.git.bundles.git.GitDagBundle" "kwargs" (dict
  "repo_url" $dev.dags.repoUrl "tracking_ref" $dev.dags.trackingRef "subdir" $dev.dags.subdir "refresh_interval" $dev.dags.refreshSeconds) -}}
AIRFLOW_HOME: /opt/airflow-home
HOME: /opt/airflow-home
# What a process writes over its environment when it renames itself is of no use here.
SPT_NOENV: "1"
AIRFLOW__CORE__EXECUTOR: LocalExecutor
AIRFLOW__CORE__PARALLELISM: {{ $dev.parallelism | quote }}
AIRFLOW__CORE__DAGS_FOLDER: /opt/airflow-home/no-dags-folder
AIRFLOW__CORE__AUTH_MANAGER: airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager
AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: "$(AIRFLOW_API_USERNAME):admin"
AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: /opt/airflow-home/passwords.json
# Tasks ask the API server in their own pod.
AIRFLOW__CORE__EXECUTION_API_SERVER_URL: http://127.0.0.1:8080/execution/
AIRFLOW__API__BASE_URL: {{ $dev.baseUrl | quote }}
AIRFLOW__API__WORKERS: "1"
AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: {{ list $bundle | toJson | quote }}
AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH: /opt/airflow-home/bundles
# A push is live within seconds: look often, parse in one process, and only what changed.
AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL: "1"
AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: "1"
AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: "60"
AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: "2"
AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: "0.5"
AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "True"
# After a crash: the next scheduler takes over the run within seconds instead of minutes.
AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: "15"
AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "60"
AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS: "False"
AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: "False"
{{- end -}}

{{- define "platform.airflowEnv" -}}
{{- include "platform.secretEnv" (list "AIRFLOW_API_USERNAME" "airflow-api" "username") }}
{{ include "platform.secretEnv" (list "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" "airflow-database" "connection") }}
{{ include "platform.secretEnv" (list "AIRFLOW__CORE__FERNET_KEY" "airflow" "fernet-key") }}
{{ include "platform.secretEnv" (list "AIRFLOW__API__SECRET_KEY" "airflow" "api-secret-key") }}
{{ include "platform.secretEnv" (list "AIRFLOW__API_AUTH__JWT_SECRET" "airflow" "jwt-secret") }}
{{- range $name, $value := include "platform.airflowVariables" . | fromYaml }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end -}}

{{/* For the containers that parse DAGs or run tasks. */}}
{{- define "platform.pipelineEnv" -}}
{{- include "platform.secretEnv" (list "MLFLOW_TRACKING_USERNAME" "mlflow-editor" "username") }}
{{ include "platform.secretEnv" (list "MLFLOW_TRACKING_PASSWORD" "mlflow-editor" "password") }}
{{ include "platform.secretEnv" (list "AWS_ACCESS_KEY_ID" "pipeline-storage" "access-key-id") }}
{{ include "platform.secretEnv" (list "AWS_SECRET_ACCESS_KEY" "pipeline-storage" "secret-access-key") }}
{{- range $name, $value := include "platform.pipelineVariables" . | fromYaml }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end -}}
