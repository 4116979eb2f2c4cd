# Who reaches what, said once more and apart from the rules. Applied to a mock, so that ids are there to compare.
mock_provider "yandex" {}

variables {
  folder_id = "b1g00000000000000000"
  name      = "retraining-test"

  network_id = "enp00000000000000000"
  subnets = {
    ru-central1-a = { id = "e9b00000000000000000", cidr = "10.10.0.0/20" }
    ru-central1-b = { id = "e2l00000000000000000", cidr = "10.10.16.0/20" }
    ru-central1-d = { id = "fl800000000000000000", cidr = "10.10.32.0/20" }
  }
  zones                            = ["ru-central1-a", "ru-central1-b", "ru-central1-d"]
  pods_cidr                        = "10.112.0.0/16"
  services_cidr                    = "10.96.0.0/16"
  control_plane_security_group_ids = ["enpcluster0000000000", "enpcontrol0000000000"]
  nodes_security_group_ids         = ["enpcluster0000000000", "enpnodes000000000000"]
  nodes_service_account_id         = "ajenodes000000000000"
  kubernetes_version               = "1.33"
}

run "what_nobody_asked_to_be_open_is_closed" {
  command = apply

  assert {
    condition     = !yandex_kubernetes_cluster.this.master[0].public_ip
    error_message = "The API of Kubernetes is in the network alone."
  }

  assert {
    condition = alltrue(flatten([
      for group in values(yandex_kubernetes_node_group.this) : [
        for interface in group.instance_template[0].network_interface : !interface.nat && !interface.ipv6
      ]
    ])) && alltrue([for group in values(yandex_kubernetes_node_group.this) : length(group.instance_template[0].network_interface) == 1])
    error_message = "Nodes go out through the NAT gateway, and nobody comes in."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.master[0].security_group_ids == toset(["enpcluster0000000000", "enpcontrol0000000000"])
    error_message = "The control plane is in its own."
  }

  assert {
    condition = alltrue([
      for group in values(yandex_kubernetes_node_group.this) : one(group.instance_template[0].network_interface).security_group_ids == toset(["enpcluster0000000000", "enpnodes000000000000"])
    ])
    error_message = "Nodes are in theirs."
  }

  assert {
    condition = (
      yandex_kubernetes_cluster.this.network_id == "enp00000000000000000" &&
      yandex_kubernetes_cluster.this.cluster_ipv4_range == "10.112.0.0/16" && yandex_kubernetes_cluster.this.service_ipv4_range == "10.96.0.0/16"
    )
    error_message = "Pods and Services have the ranges that the groups name."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.network_policy_provider == "CALICO" && length(yandex_kubernetes_cluster.this.network_implementation) == 0
    error_message = "Without a provider, policies of the charts would be there and do nothing."
  }

  assert {
    condition     = alltrue([for group in values(yandex_kubernetes_node_group.this) : group.instance_template[0].metadata == tomap({ serial-port-enable = "0" })])
    error_message = "No ssh-keys, no enable-oslogin, no user-data, and no console."
  }

  assert {
    condition = alltrue([
      for group in values(yandex_kubernetes_node_group.this) : length(coalesce(group.allowed_unsafe_sysctls, [])) == 0 && group.instance_template[0].container_runtime[0].type == "containerd"
    ])
    error_message = "No unsafe sysctl, and containerd."
  }
}

run "secrets_and_accounts_are_kept_apart" {
  command = apply

  assert {
    condition     = yandex_kubernetes_cluster.this.kms_provider[0].key_id == yandex_kms_symmetric_key.secrets.id && output.kms_key_id == yandex_kms_symmetric_key.secrets.id
    error_message = "Secrets of Kubernetes are encrypted with this key."
  }

  assert {
    condition     = yandex_kms_symmetric_key.secrets.rotation_period == "2160h" && yandex_kms_symmetric_key.secrets.default_algorithm == "AES_256" && yandex_kms_symmetric_key.secrets.deletion_protection
    error_message = "It gets a new version every 90 days, and refuses to be deleted."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.node_service_account_id == "ajenodes000000000000" && yandex_kubernetes_cluster.this.node_service_account_id != output.service_account_id
    error_message = "A node that was taken over has not the cluster's account."
  }

  assert {
    condition = (
      yandex_kubernetes_cluster.this.workload_identity_federation[0].enabled &&
      alltrue([for group in values(yandex_kubernetes_node_group.this) : group.workload_identity_federation[0].enabled])
    )
    error_message = "Cluster and nodes know workload identity."
  }

  assert {
    condition = (
      yandex_iam_workload_identity_oidc_federation.cluster.issuer == yandex_kubernetes_cluster.this.workload_identity_federation[0].issuer &&
      yandex_iam_workload_identity_oidc_federation.cluster.jwks_url == yandex_kubernetes_cluster.this.workload_identity_federation[0].jwks_uri &&
      yandex_iam_workload_identity_oidc_federation.cluster.audiences == toset([yandex_kubernetes_cluster.this.workload_identity_federation[0].issuer])
    )
    error_message = "The cloud trusts the tokens of this cluster, made for it."
  }

  assert {
    condition = output.workload_identity == {
      federation_id = yandex_iam_workload_identity_oidc_federation.cluster.id
      issuer        = yandex_kubernetes_cluster.this.workload_identity_federation[0].issuer
      jwks_uri      = yandex_kubernetes_cluster.this.workload_identity_federation[0].jwks_uri
    }
    error_message = "Outputs are the federation's."
  }
}

# All roles in the whole folder that this module ever gives: here, and in the run after it.
run "the_account_of_the_cluster_has_one_role_in_the_folder" {
  command = apply

  assert {
    condition = [
      for grant in values(yandex_resourcemanager_folder_iam_member.cluster) : grant.role
      if grant.member == "serviceAccount:${yandex_iam_service_account.cluster.id}" && grant.folder_id == "b1g00000000000000000"
    ] == ["k8s.clusters.agent"] && length(yandex_resourcemanager_folder_iam_member.cluster) == 1
    error_message = "It has what Managed Kubernetes cannot do without."
  }

  assert {
    condition = (
      yandex_kms_symmetric_key_iam_member.cluster.role == "kms.keys.encrypterDecrypter" &&
      yandex_kms_symmetric_key_iam_member.cluster.symmetric_key_id == yandex_kms_symmetric_key.secrets.id &&
      yandex_kms_symmetric_key_iam_member.cluster.member == "serviceAccount:${yandex_iam_service_account.cluster.id}"
    )
    error_message = "It encrypts and decrypts with the cluster's key."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.service_account_id == yandex_iam_service_account.cluster.id && output.service_account_id == yandex_iam_service_account.cluster.id
    error_message = "The cluster has this account."
  }

  assert {
    condition     = length(yandex_kubernetes_cluster_iam_member.api) == 0 && length(yandex_kubernetes_cluster.this.master[0].master_logging) == 0
    error_message = "Nobody is given the API who was not named, and there are no logs without a group for them."
  }
}

run "it_has_three_where_the_api_is_public_and_logs_are_written" {
  command = apply

  variables {
    public_endpoint    = true
    control_plane_logs = { log_group_id = "e2300000000000000000" }
  }

  assert {
    condition = toset([
      for grant in values(yandex_resourcemanager_folder_iam_member.cluster) : grant.role if grant.member == "serviceAccount:${yandex_iam_service_account.cluster.id}"
    ]) == toset(["k8s.clusters.agent", "logging.writer", "vpc.publicAdmin"]) && length(yandex_resourcemanager_folder_iam_member.cluster) == 3
    error_message = "The public address and the log want a role each. load-balancer.admin is not among them: Services of the type LoadBalancer have internal addresses."
  }

  assert {
    condition     = yandex_kubernetes_cluster.this.master[0].public_ip
    error_message = "The API has its address."
  }

  assert {
    condition     = toset(keys(output.service_account_folder_roles)) == toset(values(yandex_resourcemanager_folder_iam_member.cluster)[*].role) && alltrue([for reason in values(output.service_account_folder_roles) : length(reason) > 20])
    error_message = "There is a reason for each."
  }

  assert {
    condition     = startswith(yandex_iam_service_account.cluster.description, "k8s.clusters.agent, logging.writer, vpc.publicAdmin: ") && length(yandex_iam_service_account.cluster.description) <= 256
    error_message = "The account says its roles and what it is for."
  }

  assert {
    condition = one([
      for logs in yandex_kubernetes_cluster.this.master[0].master_logging :
      logs.enabled && logs.audit_enabled && logs.kube_apiserver_enabled && logs.cluster_autoscaler_enabled && logs.events_enabled && logs.log_group_id == "e2300000000000000000"
    ])
    error_message = "Audit, API server, autoscaler and events go into the group that was named."
  }
}

run "who_is_named_uses_this_cluster_alone" {
  command = apply

  variables {
    api_access = {
      ci     = { member = "serviceAccount:aje00000000000000000", role = "k8s.cluster-api.cluster-admin", reason = "CI installs releases, CRDs among them." }
      people = { member = "group:ajg00000000000000000", role = "k8s.cluster-api.viewer", reason = "Data scientists look at their runs." }
    }
  }

  assert {
    condition = {
      for key, grant in yandex_kubernetes_cluster_iam_member.api : key => "${grant.role} ${grant.member}" if grant.cluster_id == yandex_kubernetes_cluster.this.id
      } == {
      ci     = "k8s.cluster-api.cluster-admin serviceAccount:aje00000000000000000"
      people = "k8s.cluster-api.viewer group:ajg00000000000000000"
    }
    error_message = "Each has the role that was said, in this cluster and not in the folder."
  }

  assert {
    condition     = length(yandex_resourcemanager_folder_iam_member.cluster) == 1
    error_message = "Nobody else has a role in the folder."
  }
}

run "the_key_of_dev_may_be_deleted" {
  command = plan

  variables {
    deletion_protection = false
    key_rotation_days   = 30
  }

  assert {
    condition     = !yandex_kms_symmetric_key.secrets.deletion_protection && yandex_kms_symmetric_key.secrets.rotation_period == "720h"
    error_message = "Where it was said."
  }
}
