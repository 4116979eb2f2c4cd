# What the cloud would answer, where modules look at it: ids as long as its own, and what a cluster and addresses say of
# themselves. The outputs of environments that are made of these are in serving/test/fixtures/terraform-outputs.
mock_resource "yandex_vpc_network" {
  defaults = { id = "enp00000000000000000" }
}
mock_resource "yandex_vpc_security_group" {
  defaults = { id = "enp00000000000000001" }
}
mock_resource "yandex_vpc_subnet" {
  defaults = { id = "e9b00000000000000000" }
}
mock_resource "yandex_vpc_gateway" {
  defaults = { id = "enp00000000000000002" }
}
mock_resource "yandex_vpc_route_table" {
  defaults = { id = "enp00000000000000003" }
}
mock_resource "yandex_vpc_address" {
  defaults = {
    id = "e9b00000000000000001"
    external_ipv4_address = {
      address = "203.0.113.10"
    }
    internal_ipv4_address = {
      address = "10.10.0.10"
    }
  }
}
mock_resource "yandex_iam_service_account" {
  defaults = { id = "aje00000000000000000" }
}
mock_resource "yandex_cloudregistry_registry" {
  defaults = { id = "cn100000000000000000" }
}
mock_resource "yandex_logging_group" {
  defaults = { id = "e2300000000000000000" }
}
mock_resource "yandex_monitoring_dashboard" {
  defaults = { dashboard_id = "fbe00000000000000000" }
}
mock_resource "yandex_kms_symmetric_key" {
  defaults = { id = "abj00000000000000000" }
}
mock_resource "yandex_lockbox_secret" {
  defaults = { id = "e6q00000000000000000" }
}
mock_resource "yandex_mdb_postgresql_cluster_v2" {
  defaults = { id = "c9q00000000000000000" }
}
mock_resource "yandex_alb_load_balancer" {
  defaults = { id = "ds700000000000000000" }
}
mock_resource "yandex_kubernetes_cluster" {
  defaults = {
    id = "cat00000000000000000"
    master = {
      external_v4_endpoint   = "https://203.0.113.20"
      internal_v4_endpoint   = "https://10.10.0.20"
      cluster_ca_certificate = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n"
    }
  }
}
mock_resource "yandex_kubernetes_node_group" {
  defaults = { id = "cat00000000000000001" }
}
mock_resource "yandex_cm_certificate" {
  defaults = {
    id = "fpq00000000000000000"
    challenges = [{
      created_at = "", domain = "scoring.example.com", message = "", type = "DNS", updated_at = "", http_content = "", http_url = "",
      dns_name   = "_acme-challenge.scoring.example.com.", dns_type = "CNAME", dns_value = "fpq00000000000000000.cm.yandexcloud.net."
    }]
  }
}
mock_data "yandex_connectionmanager_connection" {
  defaults = {
    lockbox_secret = { id = "e6q00000000000000009", version = "e6q00000000000000010" }
    params         = { postgresql = { auth = { user_password = { password = { lockbox_secret_key = "postgresql_password" } } } } }
  }
}
mock_resource "yandex_storage_bucket" {
  defaults = { id = "made-up-bucket" }
}
mock_resource "yandex_iam_workload_identity_oidc_federation" {
  defaults = { id = "aje00000000000000009" }
}
