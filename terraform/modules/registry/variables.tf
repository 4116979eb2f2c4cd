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
    # A name in the cloud has 63 characters, and the longest suffix here takes 13.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$", var.name))
    error_message = "name has at most 50 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
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

variable "rescan_days" {
  type        = number
  description = "After how many days images are scanned again: vulnerabilities are found in what was clean when it was pushed."
  default     = 1

  validation {
    condition     = var.rescan_days >= 1 && var.rescan_days <= 30 && floor(var.rescan_days) == var.rescan_days
    error_message = "rescan_days is a whole number from 1 to 30."
  }
}
