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
    # A name in the cloud has 63 characters, and the name of an account has up to 24.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$", var.name))
    error_message = "name has at most 38 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources; of buckets, their tags."
  default     = {}

  validation {
    condition = length(var.labels) <= 64 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 64; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "buckets" {
  type = map(object({
    name              = string
    old_versions_days = optional(number, 90)
    expire_days       = optional(map(number), {})
    accounts = optional(map(object({
      role   = string
      reason = string
    })), {})
  }))
  description = <<-EOT
    Buckets by what they are for. `name` is unique in the whole cloud. What was deleted or overwritten stays `old_versions_days`;
    what begins with a prefix of `expire_days` is deleted so many days after it was written. `accounts` are made, each with a
    role in this bucket alone and the reason for it: `storage.viewer` reads, `storage.uploader` also writes, `storage.editor`
    also deletes.
  EOT

  validation {
    condition     = length(var.buckets) > 0 && alltrue([for bucket in values(var.buckets) : can(regex("^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$", bucket.name))])
    error_message = "There is a bucket or more, and names of buckets have 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends; no dots, which certificates do not match."
  }

  validation {
    condition     = length(distinct([for bucket in values(var.buckets) : bucket.name])) == length(var.buckets)
    error_message = "Two buckets have one name."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.old_versions_days >= 7 && bucket.old_versions_days <= 3650 && floor(bucket.old_versions_days) == bucket.old_versions_days])
    error_message = "old_versions_days is a whole number from 7 to 3650: a mistake is found within a week, if not within a day."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for prefix in keys(bucket.expire_days) : can(regex("^[^/].*[^/]", prefix))]]))
    error_message = "A prefix of expire_days has two characters or more and does not begin with a slash: an empty one would empty the bucket."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for days in values(bucket.expire_days) : days >= 1 && floor(days) == days]]))
    error_message = "Days of expire_days are whole numbers from 1."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for account in values(bucket.accounts) : contains(["storage.viewer", "storage.uploader", "storage.editor"], account.role)]]))
    error_message = "The role of an account is storage.viewer, storage.uploader or storage.editor. Nobody who uses a bucket has to administer it."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for account in values(bucket.accounts) : length(trimspace(account.reason)) > 0 && length(account.reason) <= 200]]))
    error_message = "Each account says the reason for its role, in at most 200 characters: it becomes its description."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for account in keys(bucket.accounts) : can(regex("^[a-z]([-a-z0-9]{0,22}[a-z0-9])?$", account))]]))
    error_message = "Names of accounts have at most 24 lower-case letters, digits and hyphens, begin with a letter and do not end with a hyphen."
  }

  validation {
    condition     = length(distinct(flatten([for bucket in values(var.buckets) : keys(bucket.accounts)]))) == length(flatten([for bucket in values(var.buckets) : keys(bucket.accounts)]))
    error_message = "An account is for one bucket: whoever has its key reaches nothing else."
  }
}

variable "access_keys" {
  type        = map(string)
  description = "For accounts that need a static key, the Lockbox secret that it goes to, as `access-key-id` and `secret-access-key`: account => id of the secret."
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.access_keys), flatten([for bucket in values(var.buckets) : keys(bucket.accounts)]))) == 0
    error_message = "access_keys names accounts that no bucket has: ${join(", ", setsubtract(keys(var.access_keys), flatten([for bucket in values(var.buckets) : keys(bucket.accounts)])))}."
  }
}

variable "access_log_bucket" {
  type        = string
  description = "Name of one bucket more, which the requests to all others are logged to. Unique in the whole cloud."

  validation {
    condition     = can(regex("^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket has 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }

  validation {
    condition     = !contains([for bucket in values(var.buckets) : bucket.name], var.access_log_bucket)
    error_message = "access_log_bucket is a bucket of its own: one that logged to itself would log its own logs."
  }
}

variable "access_log_days" {
  type        = number
  description = "How long requests stay in the log."
  default     = 180

  validation {
    condition     = var.access_log_days >= 30 && var.access_log_days <= 3650 && floor(var.access_log_days) == var.access_log_days
    error_message = "access_log_days is a whole number from 30 to 3650: who asks what happened asks weeks later."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether buckets with objects in them, and the key that encrypts them, refuse to be deleted. Only where the data may be lost, as in dev, set it to false."
  default     = true
}

variable "key_rotation_days" {
  type        = number
  description = "After how many days the key that encrypts objects gets a new version. Older versions go on to decrypt."
  default     = 90

  validation {
    condition     = var.key_rotation_days >= 30 && var.key_rotation_days <= 365 && floor(var.key_rotation_days) == var.key_rotation_days
    error_message = "key_rotation_days is a whole number from 30 to 365."
  }
}
