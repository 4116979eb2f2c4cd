variable "folder_id" {
  type        = string
  description = "Folder in which everything is made."

  validation {
    condition     = can(regex("^[a-z0-9]{20}$", var.folder_id))
    error_message = "folder_id is the 20 lower-case letters and digits that `yc resource-manager folder list` shows, such as b1g00000000000000000."
  }
}

variable "kubernetes_version" {
  type        = string
  description = "Minor version of Kubernetes; `yc managed-kubernetes list-versions` says which there are. Raised by one at a time, in dev and staging first."
  default     = "1.33"

  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version, such as 1.33."
  }
}

variable "api_clients" {
  type        = list(string)
  description = "Ranges of addresses from which people and CI reach the API of Kubernetes, such as an office, a VPN or a runner of your own. Empty: the API has no address in the internet, and is reached from the network alone."
  default     = []

  validation {
    condition     = alltrue([for range in var.api_clients : can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 16 : false])
    error_message = "Each range of api_clients is written with its network address and is no larger than /16: the API of Kubernetes is not for the whole internet."
  }
}

variable "host" {
  type        = string
  description = "The name under which clients reach predictions, such as `scoring.example.com`."

  validation {
    condition     = can(regex("^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.host)) && length(var.host) <= 64
    error_message = "host is a whole name in lower case without a dot at its end, such as scoring.example.com, of at most 64 characters."
  }
}

variable "dns_zone" {
  type = object({
    id     = optional(string)
    domain = optional(string)
  })
  description = "Where `host` is: the `id` of a public zone of Cloud DNS that is there, or the `domain` for which one is made."

  validation {
    condition     = (var.dns_zone.id == null) != (var.dns_zone.domain == null)
    error_message = "dns_zone has either the id of a zone that is there, or the domain of one to be made."
  }
}

variable "allowed_clients" {
  type        = list(string)
  description = "Ranges of addresses that may ask, such as those of partners. Empty: the whole internet may, behind limits and captcha."
  default     = []

  validation {
    condition     = alltrue([for range in var.allowed_clients : can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 8 : false])
    error_message = "Each range of allowed_clients is written with its network address and is no larger than /8. For the whole internet leave the list empty."
  }
}

variable "bucket_prefix" {
  type        = string
  description = "What names of buckets begin with, unique in the whole cloud: the pipeline's is called so itself."
  default     = "retraining-production"

  validation {
    condition     = can(regex("^[a-z0-9][-a-z0-9]{1,48}[a-z0-9]$", var.bucket_prefix))
    error_message = "bucket_prefix has 3 to 50 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "prometheus_workspace_id" {
  type        = string
  description = "Workspace of Managed Service for Prometheus that Prometheus also writes to, so that its metrics outlive the cluster. A person makes it: the provider cannot. Null: nowhere."
  default     = null

  validation {
    condition     = var.prometheus_workspace_id == null || can(regex("^mon[a-z0-9]{17}$", var.prometheus_workspace_id))
    error_message = "prometheus_workspace_id is the 20 characters, from mon on, that Monitoring shows at Prometheus, Workspaces."
  }
}

variable "ci" {
  type = object({
    federation_id       = string
    external_subject_id = string
  })
  description = "Jobs that deploy, as `terraform output ci` of terraform/bootstrap shows them for production. Null: people deploy."
  default     = null

  validation {
    condition     = var.ci == null || can(regex("^repo:[^:*]+/[^:*]+:environment:production$", var.ci.external_subject_id))
    error_message = "ci.external_subject_id is repo:OWNER/NAME:environment:production: jobs of this environment alone, and no pattern."
  }
}
