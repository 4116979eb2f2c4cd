mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"
}

run "what_there_is_not_has_no_chart" {
  command = apply

  assert {
    condition     = flatten([for widget in yandex_monitoring_dashboard.this.widgets : [for title in widget.title : title.text]]) == ["Log group"]
    error_message = "Without a cluster, a database and a balancer there is the log group alone."
  }

  assert {
    condition     = yandex_logging_group.this.retention_period == "72h" && output.log_group_id == yandex_logging_group.this.id
    error_message = "What is logged stays for the three days that every cloud has."
  }

  assert {
    condition     = output.remote_write == null && length(output.service_account_ids) == 0
    error_message = "Nobody writes to a Prometheus that was not named."
  }
}

run "every_part_is_on_the_dashboard" {
  # Applied to a mock, so that ids are there to compare.
  command = apply

  variables {
    cluster_id          = "cat00000000000000000"
    database_cluster_id = "c9q00000000000000000"
    balancer_id         = "ds700000000000000000"
  }

  assert {
    condition     = flatten([for widget in yandex_monitoring_dashboard.this.widgets : [for title in widget.title : title.text]]) == ["Public edge", "PostgreSQL", "Kubernetes", "Log group"]
    error_message = "From where requests come in to what holds them up."
  }

  # The names are those of the cloud's reference of metrics. A mistake in one is a chart that stays empty.
  assert {
    condition = toset(flatten([
      for widget in yandex_monitoring_dashboard.this.widgets : [
        for chart in widget.chart : [for query in chart.queries : [for target in query.target : regex("\"([-a-z0-9_.]+)\"\\{[^}]*service=\"([-a-z]+)\"", target.query)[0]]]
      ]
      ])) == toset([
      "load_balancer.requests_count_per_second", "load_balancer.requests_latency_milliseconds", "load_balancer.scaling.active_connections",
      "load_balancer.smart_web_security.requests_per_second", "load_balancer.smart_web_security.arl_requests_per_second", "load_balancer.response_bytes_per_second",
      "postgres-is_alive", "can_write", "postgres_total_connections", "postgres_max_connections", "disk.used_bytes", "disk.total_bytes", "cpu.idle",
      "postgres-replication_lag", "pooler-query_0.99", "postgres_oldest_transaction_duration", "postgres-log_errors", "postgres-log_fatals", "postgres_xid_left_percent",
      "master.cpu.utilization_percent", "master.memory.utilization_percent", "node.memory.working_set_bytes", "node.memory.allocatable_bytes", "node.cpu.total_cores",
      "node.network.sent_bytes_count", "persistent_volume.utilization", "node.ephemeral_storage.used_bytes",
      "group.saved_records_per_second", "group.ingested_records_per_second", "group.bytes",
    ])
    error_message = "Metrics of the reference, and all of them meant."
  }

  assert {
    condition = alltrue(flatten([
      for widget in yandex_monitoring_dashboard.this.widgets : [
        for chart in widget.chart : [
          for query in chart.queries : [
            for target in query.target : strcontains(target.query, "folderId=\"b1g00000000000000000\"") && can(regex(
              "\"(cat00000000000000000|c9q00000000000000000|ds700000000000000000|${yandex_logging_group.this.id})\\|retraining-test\\*\"", target.query
            ))
          ]
        ]
      ]
    ]))
    error_message = "Each query asks in this folder for one part of this environment, by its id or its name."
  }

  assert {
    condition = length(distinct(flatten([for widget in yandex_monitoring_dashboard.this.widgets : widget.chart[*].chart_id]))) == length(flatten([
      for widget in yandex_monitoring_dashboard.this.widgets : widget.chart[*].chart_id
    ]))
    error_message = "Charts have ids of their own."
  }
}

run "no_chart_lies_on_another" {
  command = plan

  variables {
    cluster_id          = "cat00000000000000000"
    database_cluster_id = "c9q00000000000000000"
    balancer_id         = "ds700000000000000000"
  }

  assert {
    condition = !anytrue(flatten([
      for one, a in [for widget in yandex_monitoring_dashboard.this.widgets : widget.position[0]] : [
        for other, b in [for widget in yandex_monitoring_dashboard.this.widgets : widget.position[0]] :
        one != other && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
      ]
    ]))
    error_message = "Each widget has a place of its own."
  }

  assert {
    condition     = alltrue([for widget in yandex_monitoring_dashboard.this.widgets : widget.position[0].x >= 0 && widget.position[0].x + widget.position[0].w <= 36])
    error_message = "A dashboard has 36 columns."
  }
}

run "prometheus_is_told_where_to_write" {
  command = apply

  variables {
    remote_write = { workspace_id = "mon00000000000000000", kms_key_id = "abj00000000000000000", key_expires_at = "2027-06-30T00:00:00Z" }
  }

  assert {
    condition = output.remote_write == {
      url       = "https://monitoring.api.cloud.yandex.net/prometheus/workspaces/mon00000000000000000/api/v1/write"
      secret_id = yandex_lockbox_secret.remote_write["remote-write"].id
      entry     = "api-key"
    }
    error_message = "The workspace's address, and where the key is."
  }

  assert {
    condition     = yandex_iam_service_account_api_key.remote_write["remote-write"].expires_at == "2027-06-30T00:00:00Z"
    error_message = "The key expires when it was said."
  }
}

run "the_example_is_production" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = endswith(output.remote_write.url, "/prometheus/workspaces/mon00000000000000000/api/v1/write")
    error_message = "The example plans."
  }
}

run "the_longest_name_leaves_room_for_every_suffix" {
  command = plan

  variables {
    name         = "a2345678902345678902345678902345678902x"
    remote_write = { workspace_id = "mon00000000000000000", kms_key_id = "abj00000000000000000" }
  }

  assert {
    condition = alltrue([
      for name in concat(
        [yandex_logging_group.this.name, yandex_monitoring_dashboard.this.name], values(yandex_iam_service_account.this)[*].name, values(yandex_lockbox_secret.remote_write)[*].name
      ) : length(name) <= 63
    ])
    error_message = "The cloud takes names of at most 63 characters."
  }
}
