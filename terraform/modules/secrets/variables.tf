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
    # A name in the cloud has 63 characters, and the longest suffix here takes 15.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,46}[a-z0-9])?$", var.name))
    error_message = "name has at most 48 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources."
  default     = {}

  validation {
    condition = length(var.labels) <= 64 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 64; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "prefix" {
  type        = string
  description = "What the secrets' names in Lockbox begin with, such as `production-`: `externalSecrets.lockbox.prefix` of the platform's chart."

  validation {
    condition     = can(regex("^[a-z][-a-z0-9]{0,30}-$", var.prefix))
    error_message = "prefix has at most 32 lower-case letters, digits and hyphens, begins with a letter and ends with a hyphen, such as production-."
  }
}

variable "secrets" {
  type        = map(map(string))
  description = <<-EOT
    The secrets, by the name that the platform's chart knows them by, with their keys, and for each key where its value comes from:
    `token` (made here, 256 random bits as letters and digits), `fernet-key` (made here, 32 random bytes in URL-safe base64),
    `text:VALUE` (no secret: the name of a user), or `elsewhere` (another module or a person adds the version).
  EOT
  default = {
    serving             = { ADMIN_TOKEN = "token", MLFLOW_WEBHOOK_SECRET = "token" }
    mlflow-reader       = { username = "text:serving", password = "token" }
    mlflow-editor       = { username = "text:training", password = "token" }
    mlflow-admin        = { username = "text:admin", password = "token" }
    mlflow-server       = { flask-secret-key = "token", webhook-encryption-key = "fernet-key" }
    mlflow-database     = { username = "elsewhere", password = "elsewhere" }
    mlflow-artifacts    = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
    pipeline-storage    = { access-key-id = "elsewhere", secret-access-key = "elsewhere" }
    airflow             = { fernet-key = "fernet-key", api-secret-key = "token", jwt-secret = "token" }
    airflow-database    = { username = "elsewhere", password = "elsewhere", connection = "elsewhere" }
    airflow-api         = { username = "text:admin", password = "token" }
    retraining-requests = { token = "token" }
  }

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[a-z]([-a-z0-9]{0,29}[a-z0-9])?$", name))])
    error_message = "Names of secrets have at most 31 lower-case letters, digits and hyphens, begin with a letter and do not end with a hyphen: Kubernetes has them, too."
  }

  validation {
    condition     = alltrue([for entries in values(var.secrets) : length(entries) >= 1 && length(entries) <= 32])
    error_message = "A secret has between 1 and 32 keys."
  }

  validation {
    condition     = alltrue(flatten([for entries in values(var.secrets) : [for key in keys(entries) : can(regex("^[-_.0-9a-zA-Z]{1,253}$", key))]]))
    error_message = "Keys have letters, digits and - _ . alone: Kubernetes takes no others."
  }

  validation {
    condition = alltrue(flatten([
      for entries in values(var.secrets) : [for source in values(entries) : contains(["token", "fernet-key", "elsewhere"], source) || can(regex("^text:.+$", source))]
    ]))
    error_message = "The value of a key is `token`, `fernet-key`, `text:VALUE` or `elsewhere`."
  }

  validation {
    condition     = alltrue([for entries in values(var.secrets) : length(distinct([for source in values(entries) : source == "elsewhere"])) <= 1])
    error_message = "A secret comes from elsewhere with all its keys, or with none: a version holds all of them."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether secrets and their key refuse to be deleted. Only where the platform may be lost, as in dev, set it to false: what they open goes with them."
  default     = true
}

variable "key_rotation_days" {
  type        = number
  description = "After how many days the key that encrypts the secrets gets a new version. Older versions go on to decrypt."
  default     = 90

  validation {
    condition     = var.key_rotation_days >= 30 && var.key_rotation_days <= 365 && floor(var.key_rotation_days) == var.key_rotation_days
    error_message = "key_rotation_days is a whole number from 30 to 365."
  }
}
