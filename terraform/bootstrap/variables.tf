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
  description = "What the names of all resources begin with."
  default     = "retraining"

  validation {
    # A name in the cloud has 63 characters, and the name of an account of the state takes up to 24.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$", var.name))
    error_message = "name has at most 38 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of all resources."
  default     = { part-of = "retraining" }

  validation {
    condition = length(var.labels) <= 64 && alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][-_./\\\\@0-9a-z]{0,62}$", key)) && can(regex("^[-_./\\\\@0-9a-z]{0,63}$", value))
    ])
    error_message = "labels are at most 64; keys begin with a lower-case letter; keys and values have at most 63 of a-z 0-9 - _ . / \\ @."
  }
}

variable "state_bucket" {
  type        = string
  description = "Name of the bucket for states, unique in the whole cloud. The log of requests to it is `<this>-access-logs`."

  validation {
    condition     = can(regex("^[a-z0-9][-a-z0-9]{1,48}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket has 3 to 50 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "operators" {
  type        = set(string)
  description = "Who makes environments, as IAM writes it: `userAccount:<id>`, `federatedUser:<id>`, `group:<id>`. They take the place of Terraform's account and read the key of the state."

  validation {
    condition     = length(var.operators) > 0 && alltrue([for operator in var.operators : can(regex("^(userAccount|federatedUser|group):[a-z0-9]{20}$", operator))])
    error_message = "operators are one or more of userAccount:<id>, federatedUser:<id>, group:<id>, with the id of 20 letters and digits. Programs are none: CI deploys, and makes no environments."
  }
}

variable "github_repository" {
  type        = string
  description = "The repository whose jobs deploy, as `owner/name`."

  validation {
    condition     = can(regex("^[0-9A-Za-z]([-0-9A-Za-z]{0,37}[0-9A-Za-z])?/[-_.0-9A-Za-z]{1,100}$", var.github_repository))
    error_message = "github_repository is owner/name, as in the address of the repository."
  }
}

variable "environments" {
  type        = set(string)
  description = "Environments of GitHub that deploy into this folder, for the output `ci`."
  default     = ["staging", "production"]

  validation {
    condition     = alltrue([for environment in var.environments : contains(["dev", "staging", "production"], environment)])
    error_message = "environments are of dev, staging and production."
  }
}
