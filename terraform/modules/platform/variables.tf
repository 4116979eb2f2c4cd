variable "folder_id" {
  type        = string
  description = "Folder in which everything is made."

  validation {
    condition     = can(regex("^[a-z0-9]{20}$", var.folder_id))
    error_message = "folder_id is the 20 lower-case letters and digits that `yc resource-manager folder list` shows, such as b1g00000000000000000."
  }
}

variable "environment" {
  type        = string
  description = "Which one this is: `dev`, `staging` or `production`."

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "environment is dev, staging or production."
  }
}

variable "name" {
  type        = string
  description = "What the names of all resources begin with, such as `retraining-production`."

  validation {
    # The least that a module here takes.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$", var.name))
    error_message = "name has at most 38 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources, beside `environment` and `part-of`, by which the bill can be told apart."
  default     = {}

  validation {
    condition = length(var.labels) <= 60 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 60; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether whatever holds data refuses to be deleted. Only in an environment that may be lost, set it to false."
  default     = true
  nullable    = false
}

variable "network" {
  type = object({
    cidr = optional(string, "10.10.0.0/18")
    subnets = optional(map(string), {
      ru-central1-a = "10.10.0.0/20"
      ru-central1-b = "10.10.16.0/20"
      ru-central1-d = "10.10.32.0/20"
    })
    pods_cidr     = optional(string, "10.112.0.0/16")
    services_cidr = optional(string, "10.96.0.0/16")
    api_clients   = optional(list(string), [])
  })
  description = "Ranges of addresses: one that holds all subnets (`cidr`: network policies name it), of subnets, pods and Services, and of whoever may ask the API of Kubernetes."
  default     = {}
  nullable    = false

  validation {
    condition = can(cidrhost(var.network.cidr, 0)) ? cidrhost(var.network.cidr, 0) == split("/", var.network.cidr)[0] && alltrue([
      for range in concat(values(var.network.subnets), try(values(var.edge.balancer_subnets), [])) :
      try(cidrhost("${split("/", range)[0]}/${split("/", var.network.cidr)[1]}", 0) == cidrhost(var.network.cidr, 0) && tonumber(split("/", range)[1]) >= tonumber(split("/", var.network.cidr)[1]), true)
    ]) : false
    error_message = "network.cidr is written with its network address and holds all subnets, those of the edge's balancer too: pods may reach databases and gateways in it."
  }

  validation {
    condition = !anytrue([
      for other in [var.network.pods_cidr, var.network.services_cidr] : try(
        cidrhost("${split("/", var.network.cidr)[0]}/${split("/", other)[1]}", 0) == cidrhost(other, 0) ||
        cidrhost("${split("/", other)[0]}/${split("/", var.network.cidr)[1]}", 0) == cidrhost(var.network.cidr, 0),
        false,
      )
    ])
    error_message = "network.cidr overlaps the range of pods or of Services: what is allowed to reach the one would reach the other."
  }
}

variable "kubernetes" {
  type = object({
    zones           = list(string)
    version         = string
    release_channel = optional(string, "REGULAR")
    public_endpoint = optional(bool, false)
    platform_nodes = optional(object({
      platform_id   = optional(string)
      cores         = optional(number)
      memory_gb     = optional(number)
      core_fraction = optional(number)
      disk_type     = optional(string)
      disk_gb       = optional(number)
      max_nodes     = optional(number)
      preemptible   = optional(bool)
    }), {})
    training_nodes = optional(object({
      zone          = optional(string)
      platform_id   = optional(string)
      cores         = optional(number)
      memory_gb     = optional(number)
      core_fraction = optional(number)
      disk_type     = optional(string)
      disk_gb       = optional(number)
      max_nodes     = optional(number)
      preemptible   = optional(bool)
    }), {})
    maintenance = optional(object({
      days       = optional(list(string))
      start_time = optional(string)
      duration_h = optional(number)
    }), {})
    api_access = optional(map(object({
      member = string
      role   = string
      reason = string
    })), {})
  })
  description = "The cluster, as the module `kubernetes` takes it; what is left out is as there."
  nullable    = false

  validation {
    condition     = !var.kubernetes.public_endpoint || length(var.network.api_clients) > 0
    error_message = "kubernetes.public_endpoint without network.api_clients is an address that nobody may ask."
  }
}

variable "secrets" {
  type = object({
    prefix    = string
    by_people = optional(map(set(string)), {})
  })
  description = "Lockbox: what names of secrets begin with, and the secrets that people fill, with their keys, beside those that are made here. Null: there are none, and the platform's chart makes its own."
  default     = null

  validation {
    condition = length(setintersection(keys(try(var.secrets.by_people, {})), [
      "serving", "mlflow-reader", "mlflow-editor", "mlflow-admin", "mlflow-server", "airflow", "airflow-api", "retraining-requests",
      "mlflow-artifacts", "pipeline-storage", "mlflow-database", "airflow-database",
    ])) == 0
    error_message = "secrets.by_people names some that are made here."
  }
}

variable "storage" {
  type = object({
    bucket_prefix     = string
    old_versions_days = optional(number, 90)
  })
  description = "Buckets: `<bucket_prefix>` for the pipeline, `-mlflow` for models, `-access-logs` for requests to both, each unique in the whole cloud; and for how long what was overwritten stays. Null: there are none, and the platform's chart brings a store."
  default     = null

  validation {
    condition     = var.storage == null || can(regex("^[a-z0-9][-a-z0-9]{1,48}[a-z0-9]$", var.storage.bucket_prefix))
    error_message = "storage.bucket_prefix has 3 to 50 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }

  validation {
    condition     = var.storage == null || var.secrets != null
    error_message = "storage needs secrets: keys of buckets go to Lockbox."
  }
}

variable "database" {
  type = object({
    zones       = list(string)
    version     = optional(string, "17")
    host_preset = optional(string, "s3-c2-m8")
    disk = optional(object({
      type     = optional(string)
      size_gb  = optional(number)
      limit_gb = optional(number)
    }), {})
    connections = optional(object({
      mlflow  = optional(number)
      airflow = optional(number)
    }), {})
    backup = optional(object({
      hour        = optional(number)
      minute      = optional(number)
      retain_days = optional(number)
    }), {})
    maintenance = optional(object({
      day  = optional(string)
      hour = optional(number)
    }), {})
  })
  description = "Managed PostgreSQL, as the module `database` takes it; what is left out is as there. Null: there is none, and the platform's chart brings one."
  default     = null

  validation {
    condition     = var.database == null || var.secrets != null
    error_message = "database needs secrets: passwords go to Lockbox."
  }
}

variable "edge" {
  type = object({
    host = string
    dns_zone = object({
      id     = optional(string)
      domain = optional(string)
    })
    balancer_subnets = map(string)
    allowed_clients  = optional(list(string), [])
    requests_per_second = optional(object({
      client = optional(number)
      total  = optional(number)
    }), {})
    captcha = optional(object({
      complexity = optional(string)
      first      = optional(string)
      then       = optional(string)
    }))
    balancer_units = optional(object({
      min_per_zone = optional(number)
      max          = optional(number)
    }), {})
    ddos_protection = optional(bool, false)
  })
  description = "The public way in, as the module `edge` takes it; what is left out is as there. Null: there is none, and nobody reaches the platform from the internet."
  default     = null
}

variable "monitoring" {
  type = object({
    log_retention_hours     = optional(number, 72)
    prometheus_workspace_id = optional(string)
    api_key_expires_at      = optional(string)
  })
  description = "How long logs of the managed parts stay, and the workspace of Managed Service for Prometheus that Prometheus also writes to."
  default     = {}
  nullable    = false

  validation {
    condition     = var.monitoring.prometheus_workspace_id == null || var.secrets != null
    error_message = "monitoring.prometheus_workspace_id needs secrets: the key to write with goes to Lockbox."
  }
}

variable "ci" {
  type = object({
    federation_id       = string
    external_subject_id = string
  })
  description = "Jobs that deploy to this environment, as the output `ci` of terraform/bootstrap has them: the federation, and the subject that jobs come as. They are the account that pushes to the registry, which gets a role in the cluster, too. Null: people deploy."
  default     = null

  validation {
    condition     = var.ci == null || can(regex("^repo:[^:*]+/[^:*]+:environment:${var.environment}$", var.ci.external_subject_id))
    error_message = "ci.external_subject_id is repo:OWNER/NAME:environment:${var.environment}: jobs of this environment alone, and no pattern."
  }
}
