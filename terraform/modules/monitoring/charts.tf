# What is on the dashboard: parts of the cloud that Prometheus in the cluster cannot see, or that are to be seen while it is
# away. Names and labels of metrics are those of https://yandex.cloud/en/docs/monitoring/metrics-ref.
locals {
  # References and examples disagree whether such a label has the id or the name of what it is of: either is taken. All names
  # begin with `name`.
  cluster  = "folderId=\"${var.folder_id}\", service=\"managed-kubernetes\", cluster_id=\"${coalesce(var.cluster_id, "-")}|${var.name}*\""
  database = "folderId=\"${var.folder_id}\", service=\"managed-postgresql\", resource_id=\"${coalesce(var.database_cluster_id, "-")}|${var.name}*\""
  balancer = "folderId=\"${var.folder_id}\", service=\"application-load-balancer\", load_balancer=\"${coalesce(var.balancer_id, "-")}|${var.name}*\""
  logs     = "folderId=\"${var.folder_id}\", service=\"logging\", group=\"${yandex_logging_group.this.id}|${var.name}*\""

  # The balancer's metrics are kept for each combination of these.
  routes = "http_router=\"*\", virtual_host=\"*\", route=\"*\", backend_group=\"*\", backend=\"*\", zone=\"*\""

  sections = concat(
    var.balancer_id == null ? [] : [{
      title = "Public edge"
      charts = [
        {
          title   = "Requests, by status"
          unit    = "UNIT_REQUESTS_PER_SECOND"
          queries = ["series_sum(\"code\", \"load_balancer.requests_count_per_second\"{${local.balancer}, ${local.routes}, code=\"2*|3*|4*|5*\"})"]
        },
        {
          title   = "Time to answer: half of all, 99 of 100"
          unit    = "UNIT_MILLISECONDS"
          queries = ["histogram_percentile([50, 99], \"bin\", series_sum(\"bin\", \"load_balancer.requests_latency_milliseconds\"{${local.balancer}, ${local.routes}, bin=\"*\"}))"]
        },
        {
          title   = "Connections"
          unit    = "UNIT_COUNT"
          queries = ["series_sum(\"load_balancer.scaling.active_connections\"{${local.balancer}})"]
        },
        {
          title   = "Smart Web Security: let through, asked to prove themselves, refused"
          unit    = "UNIT_REQUESTS_PER_SECOND"
          queries = ["series_sum(\"antirobot_verdict\", \"load_balancer.smart_web_security.requests_per_second\"{${local.balancer}, antirobot_verdict=\"*\"})"]
        },
        {
          title   = "Limit of requests per client: within it, over it"
          unit    = "UNIT_REQUESTS_PER_SECOND"
          queries = ["series_sum(\"arl_verdict\", \"load_balancer.smart_web_security.arl_requests_per_second\"{${local.balancer}, arl_verdict=\"*\"})"]
        },
        {
          title   = "Bytes of answers"
          unit    = "UNIT_BYTES_SI_PER_SECOND"
          queries = ["series_sum(\"load_balancer.response_bytes_per_second\"{${local.balancer}, ${local.routes}})"]
        },
      ]
    }],
    var.database_cluster_id == null ? [] : [{
      title = "PostgreSQL"
      charts = [
        {
          title = "Hosts that are alive; whether the master can be written to"
          unit  = "UNIT_COUNT"
          queries = [
            "alias(series_sum(\"postgres-is_alive\"{${local.database}, host=\"*\", node=\"*\"}), \"alive\")",
            "alias(series_max(\"can_write\"{${local.database}}), \"writable\")",
          ]
        },
        {
          title = "Connections, and how many there may be on a host"
          unit  = "UNIT_COUNT"
          queries = [
            "series_max(\"host\", \"postgres_total_connections\"{${local.database}, host=\"*\"})",
            "alias(series_max(\"postgres_max_connections\"{${local.database}, host=\"*\"}), \"at most\")",
          ]
        },
        {
          title = "Disk, used and there: read-only at 97%"
          unit  = "UNIT_BYTES_IEC"
          queries = [
            "series_max(\"host\", \"disk.used_bytes\"{${local.database}, host=\"*\"})",
            "alias(series_max(\"disk.total_bytes\"{${local.database}, host=\"*\"}), \"there\")",
          ]
        },
        {
          title   = "CPU, idle"
          unit    = "UNIT_PERCENT"
          queries = ["series_min(\"host\", \"cpu.idle\"{${local.database}, host=\"*\"})"]
        },
        {
          title   = "How far replicas are behind"
          unit    = "UNIT_SECONDS"
          queries = ["series_max(\"host\", \"postgres-replication_lag\"{${local.database}, host=\"*\"})"]
        },
        {
          title   = "Time of queries, 99 of 100"
          unit    = "UNIT_MILLISECONDS"
          queries = ["series_max(\"host\", \"pooler-query_0.99\"{${local.database}, host=\"*\"})"]
        },
        {
          title   = "Oldest transaction"
          unit    = "UNIT_SECONDS"
          queries = ["series_max(\"postgres_oldest_transaction_duration\"{${local.database}, host=\"*\"})"]
        },
        {
          title = "Errors in the log"
          unit  = "UNIT_COUNTS_PER_SECOND"
          queries = [
            "alias(series_sum(\"postgres-log_errors\"{${local.database}, host=\"*\"}), \"errors\")",
            "alias(series_sum(\"postgres-log_fatals\"{${local.database}, host=\"*\"}), \"fatal\")",
          ]
        },
        {
          title   = "Numbers of transactions that are left"
          unit    = "UNIT_PERCENT"
          queries = ["series_min(\"postgres_xid_left_percent\"{${local.database}, host=\"*\"})"]
        },
      ]
    }],
    var.cluster_id == null ? [] : [{
      title = "Kubernetes"
      charts = [
        {
          title = "Control plane"
          unit  = "UNIT_PERCENT"
          queries = [
            "alias(series_max(\"master.cpu.utilization_percent\"{${local.cluster}}), \"CPU\")",
            "alias(series_max(\"master.memory.utilization_percent\"{${local.cluster}}), \"memory\")",
          ]
        },
        {
          title = "Memory of nodes, used and there for pods"
          unit  = "UNIT_BYTES_IEC"
          queries = [
            "alias(series_sum(\"node.memory.working_set_bytes\"{${local.cluster}, node=\"*\"}), \"used\")",
            "alias(series_sum(\"node.memory.allocatable_bytes\"{${local.cluster}, node=\"*\"}), \"there\")",
          ]
        },
        {
          title   = "Cores of all nodes: how many there are follows"
          unit    = "UNIT_COUNT"
          queries = ["series_sum(\"node.cpu.total_cores\"{${local.cluster}, node=\"*\"})"]
        },
        {
          # The NAT gateway reports nothing: what it carries is among this.
          title   = "Bytes that leave the nodes, the NAT gateway's among them"
          unit    = "UNIT_BYTES_SI_PER_SECOND"
          queries = ["series_sum(non_negative_derivative(\"node.network.sent_bytes_count\"{${local.cluster}, node=\"*\"}))"]
        },
        {
          title   = "Fullest volumes"
          unit    = "UNIT_PERCENT"
          queries = ["top_max(5, \"persistent_volume.utilization\"{${local.cluster}, namespace=\"*\", persistentvolumeclaim=\"*\"})"]
        },
        {
          title   = "Disks of nodes, used"
          unit    = "UNIT_BYTES_IEC"
          queries = ["top_max(5, \"node.ephemeral_storage.used_bytes\"{${local.cluster}, node=\"*\"})"]
        },
      ]
    }],
    [{
      title = "Log group"
      charts = [
        {
          title   = "Records, by level"
          unit    = "UNIT_COUNTS_PER_SECOND"
          queries = ["series_sum(\"level\", \"group.saved_records_per_second\"{${local.logs}, level=\"*\"})"]
        },
        {
          title   = "Records that were refused"
          unit    = "UNIT_COUNTS_PER_SECOND"
          queries = ["series_sum(\"group.ingested_records_per_second\"{${local.logs}, status=\"ERROR\"})"]
        },
        {
          title   = "What it holds, and is paid for"
          unit    = "UNIT_BYTES_IEC"
          queries = ["series_max(\"group.bytes\"{${local.logs}})"]
        },
      ]
    }],
  )
}
