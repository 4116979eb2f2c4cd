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
  description = "What the names of all resources begin with, such as `retraining-production`."

  validation {
    # A name in the cloud has 63 characters, and the longest suffix here takes 24.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,37}[a-z0-9])?$", var.name))
    error_message = "name has at most 39 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources."
  default     = {}
  nullable    = false

  validation {
    condition = length(var.labels) <= 64 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 64; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "log_retention_hours" {
  type        = number
  description = "For how many hours the log group keeps what is written to it, which is paid for by size and time. More than 72 wants a larger quota of the cloud."
  default     = 72
  nullable    = false

  validation {
    condition     = floor(var.log_retention_hours) == var.log_retention_hours && var.log_retention_hours >= 1 && var.log_retention_hours <= 8760
    error_message = "log_retention_hours is a whole number from 1 to 8760, a year."
  }
}

variable "cluster_id" {
  type        = string
  description = "Managed Kubernetes cluster on the dashboard. Null: no charts of it."
  default     = null
}

variable "database_cluster_id" {
  type        = string
  description = "Managed PostgreSQL cluster on the dashboard. Null: no charts of it."
  default     = null
}

variable "balancer_id" {
  type        = string
  description = "Application Load Balancer on the dashboard, with what Smart Web Security decides there. Null: no charts of it."
  default     = null
}

variable "remote_write" {
  type = object({
    workspace_id   = string
    kms_key_id     = string
    key_expires_at = optional(string)
  })
  description = <<-EOT
    Where Prometheus of the cluster also writes to: the id of a workspace of Managed Service for Prometheus (`mon...`, which a
    person makes: the provider cannot), the key that encrypts the Lockbox secret with its API key (`kms_key_id` of the secrets
    module), and when the API key expires. Null: nowhere.
  EOT
  default     = null

  validation {
    condition     = var.remote_write == null || can(regex("^mon[a-z0-9]{17}$", var.remote_write.workspace_id))
    error_message = "remote_write.workspace_id is the 20 characters, from mon on, that Monitoring shows at Prometheus, Workspaces."
  }

  validation {
    condition     = try(var.remote_write.key_expires_at, null) == null || can(formatdate("YYYY", var.remote_write.key_expires_at))
    error_message = "remote_write.key_expires_at is a time such as 2027-06-30T00:00:00Z."
  }
}
