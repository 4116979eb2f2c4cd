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
    # A name in the cloud has 63 characters, and the longest suffix here takes 11.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$", var.name))
    error_message = "name has at most 52 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
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

variable "network_id" {
  type        = string
  description = "Network of the hosts: `network_id` of the network module."
}

variable "subnets" {
  type        = map(object({ id = string, cidr = string }))
  description = "Subnets by zone: `subnets` of the network module."
}

variable "zones" {
  type        = list(string)
  description = "Zones of the hosts, one host in each: one zone, which a maintenance takes away for minutes, or three, of which one may be lost."

  validation {
    condition     = contains([1, 3], length(var.zones)) && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones names one zone or three different ones: with two hosts, neither knows whether the other is gone or unreachable."
  }

  validation {
    condition     = length(setsubtract(var.zones, keys(var.subnets))) == 0
    error_message = "subnets has no subnet in ${join(", ", setsubtract(var.zones, keys(var.subnets)))}."
  }
}

variable "nodes_security_group_id" {
  type        = string
  description = "Whoever is in this security group may connect, and nobody else: `nodes_security_group_id` of the network module."
}

variable "postgresql_version" {
  type        = string
  description = "Major version of PostgreSQL. It can be raised in place, one at a time, and never lowered."
  default     = "17"
  nullable    = false

  validation {
    condition     = contains(["14", "15", "16", "17"], var.postgresql_version)
    error_message = "postgresql_version is 14, 15, 16 or 17."
  }
}

variable "host_preset" {
  type        = string
  description = "Class of the hosts, such as `s3-c2-m8` (2 cores, 8 GB): https://yandex.cloud/en/docs/managed-postgresql/concepts/instance-types. Its cores bound the connections: 200 each."
  default     = "s3-c2-m8"
  nullable    = false

  validation {
    condition     = var.host_preset == "b2.medium" || can(regex("^(s3|m3|c3|s4a|c4a|m4a|s4af|c4af|m4af)-c[0-9]+-m[0-9]+$", var.host_preset))
    error_message = "host_preset is a class of Ice Lake or later, such as s3-c2-m8 or c3-c4-m8, or b2.medium, which has half of each of two cores."
  }
}

variable "disk" {
  type = object({
    type     = optional(string, "network-ssd")
    size_gb  = optional(number, 20)
    limit_gb = optional(number, 100)
  })
  description = "Disk of each host: its type, the size it begins with, and the size that it grows to by itself at most. A disk never shrinks."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["network-ssd", "network-hdd", "network-ssd-nonreplicated", "network-ssd-io-m3"], var.disk.type)
    error_message = "disk.type is network-ssd, network-hdd, network-ssd-nonreplicated or network-ssd-io-m3. Local disks are neither encrypted nor resized in place."
  }

  validation {
    condition     = floor(var.disk.size_gb) == var.disk.size_gb && var.disk.size_gb >= 10 && var.disk.size_gb <= 8192
    error_message = "disk.size_gb is a whole number from 10 to 8192."
  }

  validation {
    condition     = floor(var.disk.limit_gb) == var.disk.limit_gb && var.disk.limit_gb > var.disk.size_gb && var.disk.limit_gb <= 8192
    error_message = "disk.limit_gb is a whole number above size_gb, up to 8192: where the disk cannot grow, the database becomes read-only at 97%."
  }

  validation {
    condition     = !contains(["network-ssd-nonreplicated", "network-ssd-io-m3"], var.disk.type) || var.disk.size_gb % 93 == 0 && var.disk.limit_gb % 93 == 0
    error_message = "Sizes of network-ssd-nonreplicated and network-ssd-io-m3 are multiples of 93."
  }

  validation {
    condition     = var.disk.type != "network-ssd-nonreplicated" || length(var.zones) == 3
    error_message = "network-ssd-nonreplicated wants three hosts: its disks have no second copy."
  }
}

variable "connections" {
  type = object({
    mlflow  = optional(number, 80)
    airflow = optional(number, 100)
  })
  description = "How many connections each user may have to a host, which is as many as its clients' pools together: see README."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for limit in values(var.connections) : limit >= 10 && floor(limit) == limit])
    error_message = "A limit of connections is a whole number from 10."
  }

  validation {
    condition     = sum(values(var.connections)) <= 200 * try(tonumber(regex("-c([0-9]+)-", var.host_preset)[0]), 1) - 15
    error_message = "connections are more together than a host has: 200 a core, 200 for b2.medium, of which the service keeps 15."
  }
}

variable "backup" {
  type = object({
    hour        = optional(number, 1)
    minute      = optional(number, 0)
    retain_days = optional(number, 14)
  })
  description = "When the daily backup begins (UTC), and for how many days one can go back, to any moment."
  default     = {}
  nullable    = false

  validation {
    condition     = floor(var.backup.hour) == var.backup.hour && var.backup.hour >= 0 && var.backup.hour <= 23 && floor(var.backup.minute) == var.backup.minute && var.backup.minute >= 0 && var.backup.minute <= 59
    error_message = "backup.hour is from 0 to 23 and backup.minute from 0 to 59, in UTC."
  }

  validation {
    condition     = floor(var.backup.retain_days) == var.backup.retain_days && var.backup.retain_days >= 7 && var.backup.retain_days <= 60
    error_message = "backup.retain_days is a whole number from 7 to 60."
  }
}

variable "maintenance" {
  type = object({
    day  = optional(string, "SUN")
    hour = optional(number, 3)
  })
  description = "The hour of the week, in UTC, that maintenance is kept to, as hours are counted here: 1 is from 00:00 to 01:00, 24 from 23:00."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], var.maintenance.day)
    error_message = "maintenance.day is MON, TUE, WED, THU, FRI, SAT or SUN."
  }

  validation {
    condition     = floor(var.maintenance.hour) == var.maintenance.hour && var.maintenance.hour >= 1 && var.maintenance.hour <= 24
    error_message = "maintenance.hour is a whole number from 1 to 24."
  }
}

variable "secret_ids" {
  type        = map(string)
  description = "Lockbox secrets by name, of which `mlflow-database` and `airflow-database` are filled here: `secret_ids` of the secrets module."

  validation {
    condition     = length(setsubtract(["mlflow-database", "airflow-database"], keys(var.secret_ids))) == 0
    error_message = "secret_ids has the secrets mlflow-database and airflow-database."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the cluster, its databases, its users and the key of its disks refuse to be deleted. Only where runs and models may be lost, set it to false."
  default     = true
  nullable    = false
}

variable "key_rotation_days" {
  type        = number
  description = "After how many days the key that encrypts the disks gets a new version. Older versions go on to decrypt."
  default     = 90
  nullable    = false

  validation {
    condition     = var.key_rotation_days >= 30 && var.key_rotation_days <= 365 && floor(var.key_rotation_days) == var.key_rotation_days
    error_message = "key_rotation_days is a whole number from 30 to 365."
  }
}
