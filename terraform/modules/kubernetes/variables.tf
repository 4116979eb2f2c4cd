variable "folder_id" {
  type        = string
  description = "Folder in which everything is made."

  validation {
    condition     = can(regex("^[a-z0-9]{20}$", var.folder_id))
    error_message = "folder_id is the 20 lower-case letters and digits that `yc resource-manager folder list` shows, such as b1g00000000000000000."
  }
}

variable "name" {
  type        = string
  description = "Name of the cluster, and what the names of all other resources begin with, such as `retraining-production`."

  validation {
    # A name in the cloud has 63 characters, and the longest suffix here takes 11.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$", var.name))
    error_message = "name has at most 52 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources. Nodes have one more, `node-pool`, by which their cost can be told apart."
  default     = {}

  validation {
    condition = length(var.labels) <= 63 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 63; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "network_id" {
  type        = string
  description = "Network of the cluster: `network_id` of the module network."
  nullable    = false
}

variable "subnets" {
  type = map(object({
    id   = string
    cidr = string
  }))
  description = "By zone: the subnet's id and its range of addresses, as `subnets` of the module network has them."

  validation {
    condition     = alltrue([for subnet in values(var.subnets) : can(cidrhost(subnet.cidr, 0)) ? cidrhost(subnet.cidr, 0) == split("/", subnet.cidr)[0] : false])
    error_message = "Each cidr of subnets is written with its network address, such as 10.10.16.0/20."
  }
}

variable "zones" {
  type        = list(string)
  description = "One zone: a control plane of one host, which is away while it is upgraded, and three nodes beside each other. Three zones: a control plane and a node in each, so that any zone may fail."

  validation {
    condition     = contains([1, 3], length(var.zones))
    error_message = "zones has one zone or three: a control plane has one host or three."
  }

  validation {
    condition     = length(distinct(var.zones)) == length(var.zones)
    error_message = "zones names a zone twice."
  }

  validation {
    condition     = length(setsubtract(var.zones, keys(var.subnets))) == 0
    error_message = "zones names some that have no subnet: ${join(", ", setsubtract(var.zones, keys(var.subnets)))}."
  }
}

variable "pods_cidr" {
  type        = string
  description = "Range of addresses of pods: `pods_cidr` of the module network. Each node takes a /24."

  validation {
    condition     = can(cidrhost(var.pods_cidr, 0)) ? cidrhost(var.pods_cidr, 0) == split("/", var.pods_cidr)[0] && tonumber(split("/", var.pods_cidr)[1]) >= 12 && tonumber(split("/", var.pods_cidr)[1]) <= 20 : false
    error_message = "pods_cidr is written with its network address and is between /12 and /20."
  }

  validation {
    condition     = try(pow(2, 24 - tonumber(split("/", var.pods_cidr)[1])) >= local.most_nodes, true)
    error_message = "pods_cidr has too few addresses: ${local.most_nodes} nodes, with those that come and go in an upgrade, take a /24 each."
  }

  validation {
    condition = !anytrue([
      for other in values(var.subnets)[*].cidr : try(
        cidrhost("${split("/", var.pods_cidr)[0]}/${split("/", other)[1]}", 0) == cidrhost(other, 0) ||
        cidrhost("${split("/", other)[0]}/${split("/", var.pods_cidr)[1]}", 0) == cidrhost(var.pods_cidr, 0),
        false,
      )
    ])
    error_message = "pods_cidr must not overlap a subnet: databases and load balancers there would be taken for pods."
  }
}

variable "services_cidr" {
  type        = string
  description = "Range of addresses of Services: `services_cidr` of the module network."

  validation {
    condition     = can(cidrhost(var.services_cidr, 0)) ? cidrhost(var.services_cidr, 0) == split("/", var.services_cidr)[0] && tonumber(split("/", var.services_cidr)[1]) >= 12 && tonumber(split("/", var.services_cidr)[1]) <= 24 : false
    error_message = "services_cidr is written with its network address and is between /12 and /24: the cloud takes no wider one."
  }

  validation {
    condition = !anytrue([
      for other in concat(values(var.subnets)[*].cidr, [var.pods_cidr]) : try(
        cidrhost("${split("/", var.services_cidr)[0]}/${split("/", other)[1]}", 0) == cidrhost(other, 0) ||
        cidrhost("${split("/", other)[0]}/${split("/", var.services_cidr)[1]}", 0) == cidrhost(var.services_cidr, 0),
        false,
      )
    ])
    error_message = "services_cidr must not overlap a subnet, nor the range of pods."
  }
}

variable "control_plane_security_group_ids" {
  type        = list(string)
  description = "Security groups of the control plane: `control_plane_security_group_ids` of the module network."

  validation {
    condition     = length(var.control_plane_security_group_ids) > 0
    error_message = "control_plane_security_group_ids is empty: the control plane would get the network's default group, which lets nothing through, or everything."
  }
}

variable "nodes_security_group_ids" {
  type        = list(string)
  description = "Security groups of all nodes: `nodes_security_group_ids` of the module network."

  validation {
    condition     = length(var.nodes_security_group_ids) > 0
    error_message = "nodes_security_group_ids is empty: nodes would get the network's default group, which lets nothing through, or everything."
  }
}

variable "nodes_service_account_id" {
  type        = string
  description = "Account with which nodes pull images: `nodes_service_account_id` of the module registry. It needs no other role."
  nullable    = false
}

variable "kubernetes_version" {
  type        = string
  description = "Minor version of the control plane and of nodes. `yc managed-kubernetes list-versions` says which there are. It is raised one minor version at a time, and never lowered; patches come by themselves."
  nullable    = false

  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version, such as 1.33: patches come by themselves."
  }

  validation {
    condition     = try(tonumber(split(".", var.kubernetes_version)[1]) >= tonumber(split(".", local.oldest_version)[1]), true)
    error_message = "kubernetes_version is ${local.oldest_version} or later: the charts in helm/ install on nothing older."
  }
}

variable "release_channel" {
  type        = string
  description = "Where patches come from: `RAPID`, `REGULAR` or `STABLE`. To change it makes a new cluster."
  default     = "REGULAR"

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE"], var.release_channel)
    error_message = "release_channel is RAPID, REGULAR or STABLE."
  }
}

variable "public_endpoint" {
  type        = bool
  description = "Whether the API of Kubernetes has an address in the internet, for `api_clients` of the module network. Without one it is reached from the network alone: by VPN, or from a machine in it. To change it makes a new cluster."
  default     = false
  nullable    = false
}

variable "platform_nodes" {
  type = object({
    platform_id   = optional(string, "standard-v3")
    cores         = optional(number, 4)
    memory_gb     = optional(number, 16)
    core_fraction = optional(number, 100)
    disk_type     = optional(string, "network-ssd")
    disk_gb       = optional(number, 96)
    max_nodes     = optional(number, 6)
    preemptible   = optional(bool, false)
  })
  description = <<-EOT
    Nodes for everything but training, `node-pool=platform`. There are three at rest, and `max_nodes` in all zones together
    where pods find no room. `preemptible` ones cost less, and each is gone at least once a day.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = contains(keys(local.hardware), var.platform_nodes.platform_id)
    error_message = "platform_id of platform_nodes is one of ${join(", ", keys(local.hardware))}."
  }

  validation {
    condition = !contains(keys(local.hardware), var.platform_nodes.platform_id) || anytrue([
      for sizes in try(local.hardware[var.platform_nodes.platform_id], []) : sizes.core_fraction == var.platform_nodes.core_fraction &&
      contains(sizes.cores, var.platform_nodes.cores) && contains(sizes.gb_per_core, var.platform_nodes.memory_gb / max(var.platform_nodes.cores, 1))
    ])
    error_message = "platform_nodes has cores, memory_gb and core_fraction that ${var.platform_nodes.platform_id} does not have together: see hardware.tf."
  }

  validation {
    condition     = var.platform_nodes.cores >= 2 && var.platform_nodes.memory_gb >= 8
    error_message = "platform_nodes has at least 2 cores and 8 GB, of which a node keeps 2 GB for itself."
  }

  validation {
    condition     = contains(local.disk_types, var.platform_nodes.disk_type)
    error_message = "disk_type of platform_nodes is one of ${join(", ", local.disk_types)}."
  }

  validation {
    condition     = var.platform_nodes.disk_gb >= 64 && var.platform_nodes.disk_gb <= 1024 && floor(var.platform_nodes.disk_gb) == var.platform_nodes.disk_gb
    error_message = "disk_gb of platform_nodes is a whole number from 64, which is the cloud's, to 1024: what is to stay is on volumes, not on nodes."
  }

  validation {
    condition     = !contains(local.disk_types_by_93, var.platform_nodes.disk_type) || var.platform_nodes.disk_gb % 93 == 0
    error_message = "disk_gb of platform_nodes is a multiple of 93 for ${join(" and ", local.disk_types_by_93)}."
  }

  validation {
    condition     = var.platform_nodes.max_nodes >= 3 && var.platform_nodes.max_nodes <= 30 && floor(var.platform_nodes.max_nodes) == var.platform_nodes.max_nodes
    error_message = "max_nodes of platform_nodes is a whole number from 3, which are there at rest, to 30: somebody pays for them."
  }

  validation {
    condition     = length(var.zones) != 3 || var.platform_nodes.max_nodes % 3 == 0
    error_message = "max_nodes of platform_nodes is a multiple of 3 in three zones: each has as many."
  }
}

variable "training_nodes" {
  type = object({
    zone          = optional(string)
    platform_id   = optional(string, "standard-v3")
    cores         = optional(number, 8)
    memory_gb     = optional(number, 32)
    core_fraction = optional(number, 100)
    disk_type     = optional(string, "network-ssd")
    disk_gb       = optional(number, 96)
    max_nodes     = optional(number, 2)
    preemptible   = optional(bool, false)
  })
  description = <<-EOT
    Nodes for training alone, `node-pool=training` with the taint `dedicated=training:NoSchedule`. There are none at rest, and
    up to `max_nodes` in one zone, the first of `zones` unless `zone` says another. On `preemptible` ones a training that was
    cut off starts again.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = var.training_nodes.zone == null ? true : contains(var.zones, var.training_nodes.zone)
    error_message = "zone of training_nodes is one of zones."
  }

  validation {
    condition     = contains(keys(local.hardware), var.training_nodes.platform_id)
    error_message = "platform_id of training_nodes is one of ${join(", ", keys(local.hardware))}."
  }

  validation {
    condition = !contains(keys(local.hardware), var.training_nodes.platform_id) || anytrue([
      for sizes in try(local.hardware[var.training_nodes.platform_id], []) : sizes.core_fraction == var.training_nodes.core_fraction &&
      contains(sizes.cores, var.training_nodes.cores) && contains(sizes.gb_per_core, var.training_nodes.memory_gb / max(var.training_nodes.cores, 1))
    ])
    error_message = "training_nodes has cores, memory_gb and core_fraction that ${var.training_nodes.platform_id} does not have together: see hardware.tf."
  }

  validation {
    condition     = contains(local.disk_types, var.training_nodes.disk_type)
    error_message = "disk_type of training_nodes is one of ${join(", ", local.disk_types)}."
  }

  validation {
    condition     = var.training_nodes.disk_gb >= 64 && var.training_nodes.disk_gb <= 1024 && floor(var.training_nodes.disk_gb) == var.training_nodes.disk_gb
    error_message = "disk_gb of training_nodes is a whole number from 64, which is the cloud's, to 1024."
  }

  validation {
    condition     = !contains(local.disk_types_by_93, var.training_nodes.disk_type) || var.training_nodes.disk_gb % 93 == 0
    error_message = "disk_gb of training_nodes is a multiple of 93 for ${join(" and ", local.disk_types_by_93)}."
  }

  validation {
    condition     = var.training_nodes.max_nodes >= 1 && var.training_nodes.max_nodes <= 20 && floor(var.training_nodes.max_nodes) == var.training_nodes.max_nodes
    error_message = "max_nodes of training_nodes is a whole number from 1 to 20: a training that asks for more waits, and nobody pays for a mistake in a DAG."
  }
}

variable "maintenance" {
  type = object({
    days       = optional(list(string), ["tuesday", "wednesday"])
    start_time = optional(string, "22:00")
    duration_h = optional(number, 4)
  })
  description = "When the cloud may upgrade the control plane and nodes: days of the week, the hour in UTC, and for how many hours. By default from one to five at night in Moscow, when somebody is at work the morning after."
  default     = {}
  nullable    = false

  validation {
    condition = length(var.maintenance.days) > 0 && length(distinct(var.maintenance.days)) == length(var.maintenance.days) && length(setsubtract(var.maintenance.days, [
      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ])) == 0
    error_message = "days of maintenance are one or more of monday to sunday, in lower case, each once."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.maintenance.start_time))
    error_message = "start_time of maintenance is hours and minutes in UTC, such as 22:00."
  }

  validation {
    condition     = var.maintenance.duration_h >= 2 && var.maintenance.duration_h <= 24 && floor(var.maintenance.duration_h) == var.maintenance.duration_h
    error_message = "duration_h of maintenance is a whole number from 2 to 24: nodes are replaced one after another, and pods take their time to leave."
  }
}

variable "control_plane_logs" {
  type = object({
    log_group_id = string
  })
  description = "Log group for what the control plane says and for who did what (audit). Null: nowhere. It is an object, so that whether there is one is known before the group is made."
  default     = null

  validation {
    condition     = var.control_plane_logs == null ? true : var.control_plane_logs.log_group_id != null
    error_message = "control_plane_logs has a log_group_id, or is null itself."
  }
}

variable "api_access" {
  type = map(object({
    member = string
    role   = string
    reason = string
  }))
  description = "Who uses the API of this cluster, in no other: a member such as `serviceAccount:<id>`, `userAccount:<id>` or `group:<id>`, a role, and why. Who administers the folder has access from there."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for access in values(var.api_access) : contains(["k8s.cluster-api.viewer", "k8s.cluster-api.editor", "k8s.cluster-api.cluster-admin"], access.role)])
    error_message = "A role of api_access is k8s.cluster-api.viewer, k8s.cluster-api.editor or k8s.cluster-api.cluster-admin."
  }

  validation {
    condition     = alltrue([for access in values(var.api_access) : can(regex("^(serviceAccount|userAccount|federatedUser|group):.", access.member))])
    error_message = "A member of api_access is serviceAccount:<id>, userAccount:<id>, federatedUser:<id> or group:<id>: nobody unnamed uses the API."
  }

  validation {
    condition     = alltrue([for access in values(var.api_access) : length(trimspace(access.reason)) > 0])
    error_message = "Each of api_access says its reason."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the key that encrypts secrets refuses to be deleted: without it nothing that was in the cluster's secrets can be read again. The cluster itself has no such switch."
  default     = true
  nullable    = false
}

variable "key_rotation_days" {
  type        = number
  description = "After how many days the key that encrypts secrets gets a new version. Older versions go on to decrypt."
  default     = 90

  validation {
    condition     = var.key_rotation_days >= 30 && var.key_rotation_days <= 365 && floor(var.key_rotation_days) == var.key_rotation_days
    error_message = "key_rotation_days is a whole number from 30 to 365."
  }
}
