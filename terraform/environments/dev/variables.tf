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
  description = "Minor version of Kubernetes; `yc managed-kubernetes list-versions` says which there are. Raised by one at a time, in dev first."
  default     = "1.33"

  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version, such as 1.33."
  }
}

variable "zone" {
  type        = string
  description = "Zone of the cluster."
  default     = "ru-central1-a"

  validation {
    condition     = contains(["ru-central1-a", "ru-central1-b", "ru-central1-d"], var.zone)
    error_message = "zone is ru-central1-a, -b or -d."
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

variable "ci" {
  type = object({
    federation_id       = string
    external_subject_id = string
  })
  description = "Jobs that deploy, as `terraform output ci` of terraform/bootstrap shows them for dev. Null: people deploy."
  default     = null

  validation {
    condition     = var.ci == null || can(regex("^repo:[^:*]+/[^:*]+:environment:dev$", var.ci.external_subject_id))
    error_message = "ci.external_subject_id is repo:OWNER/NAME:environment:dev: jobs of this environment alone, and no pattern."
  }
}
