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
    # A name in the cloud has 63 characters, and the longest suffix here takes 19; profiles have 50, and the suffix 5.
    condition     = can(regex("^[a-z]([-a-z0-9]{0,42}[a-z0-9])?$", var.name))
    error_message = "name has at most 44 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
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

variable "deletion_protection" {
  type        = bool
  description = "Whether the addresses, the zone and the certificate refuse to be deleted: a new public address is a change of DNS for everybody, and a new certificate waits for its authority."
  default     = true
}

variable "network_id" {
  type        = string
  description = "The network: `network_id` of the module `network`."

  validation {
    condition     = can(regex("^[a-z0-9]{20}$", var.network_id))
    error_message = "network_id is the 20 lower-case letters and digits that `yc vpc network list` shows."
  }
}

variable "subnets" {
  type        = map(object({ id = string, cidr = string }))
  description = "By zone, the subnets of the nodes: `subnets` of the module `network`. The gateway's address is taken from one of them."

  validation {
    condition     = length(var.subnets) > 0 && alltrue([for subnet in values(var.subnets) : can(cidrhost(subnet.cidr, 0)) ? cidrhost(subnet.cidr, 0) == split("/", subnet.cidr)[0] : false])
    error_message = "subnets has at least one subnet, and each has the range of its addresses, such as 10.10.16.0/20."
  }
}

variable "balancer_subnets" {
  type        = map(string)
  description = "By zone, the range of a subnet that is made for the balancer alone, so that its addresses can be trusted to say who a client is. As many zones as the balancer is to be in: each costs two resource units at least."

  validation {
    condition     = length(var.balancer_subnets) >= 1 && length(setsubtract(keys(var.balancer_subnets), ["ru-central1-a", "ru-central1-b", "ru-central1-d", "ru-central1-e"])) == 0
    error_message = "balancer_subnets has at least one of the zones ru-central1-a, -b, -d and -e. (ru-central1-c takes nothing new.)"
  }

  validation {
    condition = alltrue([
      for range in values(var.balancer_subnets) :
      can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 22 && tonumber(split("/", range)[1]) <= 27 : false
    ])
    error_message = "Each range of balancer_subnets is written with its network address, such as 10.10.48.0/26, and is between /22 and /27: the cloud advises two free addresses for each resource unit."
  }

  # Two ranges overlap when the first address of one is in the other. What is no range at all is refused above.
  validation {
    condition = !anytrue([
      for pair in setproduct(keys(var.balancer_subnets), concat(
        [for zone, range in var.balancer_subnets : { zone = zone, range = range }],
        [for subnet in values(var.subnets) : { zone = "", range = subnet.cidr }],
        )) : pair[0] != pair[1].zone && try(
        cidrhost("${split("/", var.balancer_subnets[pair[0]])[0]}/${split("/", pair[1].range)[1]}", 0) == cidrhost(pair[1].range, 0) ||
        cidrhost("${split("/", pair[1].range)[0]}/${split("/", var.balancer_subnets[pair[0]])[1]}", 0) == cidrhost(var.balancer_subnets[pair[0]], 0),
        false,
      )
    ])
    error_message = "A range of balancer_subnets overlaps another, or a subnet of the nodes."
  }

  validation {
    condition = alltrue([for range in values(var.balancer_subnets) : anytrue([
      for private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] :
      try(cidrhost("${split("/", range)[0]}/${split("/", private)[1]}", 0) == cidrhost(private, 0), true)
    ])])
    error_message = "Ranges of balancer_subnets are within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the cloud insists on it."
  }
}

variable "host" {
  type        = string
  description = "The name under which clients reach predictions, such as `scoring.example.com`. All other names are answered by 404."

  validation {
    condition     = can(regex("^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.host)) && length(var.host) <= 64
    error_message = "host is a whole name in lower case without a dot at its end, such as scoring.example.com, of at most 64 characters: authorities sign no longer one."
  }
}

variable "dns_zone" {
  type = object({
    id     = optional(string)
    domain = optional(string)
  })
  description = "Where `host` is: the `id` of a public zone of Cloud DNS that is there, or the `domain` for which one is made, such as `example.com` (delegate it to `name_servers` before you apply, or while it waits for the certificate)."

  validation {
    condition     = (var.dns_zone.id == null) != (var.dns_zone.domain == null)
    error_message = "dns_zone has either the id of a zone that is there, or the domain of one to be made."
  }

  validation {
    condition     = var.dns_zone.id == null || can(regex("^[a-z0-9]{20}$", var.dns_zone.id))
    error_message = "dns_zone.id is the 20 lower-case letters and digits that `yc dns zone list` shows."
  }

  validation {
    condition     = var.dns_zone.domain == null || try(var.host == var.dns_zone.domain || endswith(var.host, ".${var.dns_zone.domain}"), false)
    error_message = "host must be in dns_zone.domain, or be it: scoring.example.com is in example.com. The domain has no dot at its end."
  }
}

variable "gateway" {
  type = object({
    zone    = string
    address = optional(string)
    port    = optional(number, 80)
  })
  description = "Envoy Gateway behind the balancer: the zone from whose subnet its internal address is reserved, the address (empty: the cloud chooses one), and the port of its listener (`gateway.port` of the chart)."

  validation {
    condition     = contains(keys(var.subnets), var.gateway.zone)
    error_message = "gateway.zone is one of the zones of subnets."
  }

  validation {
    condition = var.gateway.address == null || try(
      cidrhost("${var.gateway.address}/${split("/", var.subnets[var.gateway.zone].cidr)[1]}", 0) == cidrhost(var.subnets[var.gateway.zone].cidr, 0) &&
      # The cloud keeps the first two addresses of a subnet and the last one.
      !contains([cidrhost(var.subnets[var.gateway.zone].cidr, 0), cidrhost(var.subnets[var.gateway.zone].cidr, 1), cidrhost(var.subnets[var.gateway.zone].cidr, 2), cidrhost(var.subnets[var.gateway.zone].cidr, -1)], var.gateway.address),
      false,
    )
    error_message = "gateway.address is an address of the subnet in gateway.zone, and none of its first three or its last, which the cloud keeps."
  }

  validation {
    condition     = var.gateway.port >= 1 && var.gateway.port <= 65535 && floor(var.gateway.port) == var.gateway.port
    error_message = "gateway.port is a whole number from 1 to 65535."
  }
}

variable "allowed_clients" {
  type        = list(string)
  description = "Ranges of addresses that may ask, such as an office, a VPN or a partner. Empty: the whole internet may, and Smart Protection looks at it. What is named is let through without that look, and keeps to the same limits."
  default     = []

  validation {
    condition     = alltrue([for range in var.allowed_clients : can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 8 : false])
    error_message = "Each range of allowed_clients is written with its network address, such as 203.0.113.0/24, and is no larger than /8. For the whole internet leave the list empty."
  }

  validation {
    condition     = length(var.allowed_clients) <= 50
    error_message = "allowed_clients has at most 50 ranges: a rule of a security group has no more. Join neighbours into larger ones."
  }
}

variable "requests_per_second" {
  type = object({
    client = optional(number, 200)
    total  = optional(number, 5000)
  })
  description = "How many requests pass in a second: of one address, and of all together. More get 429 before they cost anything. `total` is what the tier can answer at its largest, with room: what lies between the two is the tier's to refuse."
  default     = {}

  validation {
    condition     = alltrue([for limit in values(var.requests_per_second) : limit >= 1 && floor(limit) == limit])
    error_message = "Both of requests_per_second are whole numbers from 1."
  }

  validation {
    condition     = var.requests_per_second.client <= var.requests_per_second.total
    error_message = "requests_per_second.client is at most requests_per_second.total: one client is one of all."
  }

  validation {
    condition     = var.requests_per_second.total <= 20000
    error_message = "requests_per_second.total is at most 20000: a security profile looks at no more."
  }
}

variable "captcha" {
  type = object({
    complexity = optional(string, "MEDIUM")
    first      = optional(string, "CHECKBOX")
    then       = optional(string, "SILHOUETTES")
  })
  description = "A captcha of your own, which costs by the check: how hard it is, what everybody is asked `first`, and whoever looks like a robot `then`. Null: that of Smart Web Security, which is in its price. Either is shown for `captcha_paths` alone."
  default     = null

  validation {
    condition     = var.captcha == null || contains(["EASY", "MEDIUM", "HARD", "FORCE_HARD"], try(var.captcha.complexity, ""))
    error_message = "captcha.complexity is EASY, MEDIUM, HARD or FORCE_HARD."
  }

  validation {
    condition     = var.captcha == null || contains(["CHECKBOX", "SLIDER"], try(var.captcha.first, ""))
    error_message = "captcha.first is CHECKBOX or SLIDER."
  }

  validation {
    condition     = var.captcha == null || contains(["IMAGE_TEXT", "SILHOUETTES", "KALEIDOSCOPE"], try(var.captcha.then, ""))
    error_message = "captcha.then is IMAGE_TEXT, SILHOUETTES or KALEIDOSCOPE."
  }
}

variable "balancer_units" {
  type = object({
    min_per_zone = optional(number, 2)
    max          = optional(number, 12)
  })
  description = "Resource units of the balancer: at rest in each zone, and at most in all. A unit takes 1,000 requests, 300 new connections and 22 MB a second, and is paid by the hour; `max` is the ceiling of what an attack can make of them."
  default     = {}

  validation {
    condition     = var.balancer_units.min_per_zone >= 2 && floor(var.balancer_units.min_per_zone) == var.balancer_units.min_per_zone
    error_message = "balancer_units.min_per_zone is a whole number from 2: the cloud makes no fewer."
  }

  validation {
    condition     = var.balancer_units.max >= var.balancer_units.min_per_zone * length(var.balancer_subnets) && floor(var.balancer_units.max) == var.balancer_units.max
    error_message = "balancer_units.max is a whole number, and no less than min_per_zone times the zones of balancer_subnets."
  }

  validation {
    # What Terraform can't ask the cloud: how much room subnets have. Five addresses of each are the cloud's own.
    condition = alltrue([
      for range in values(var.balancer_subnets) : try(pow(2, 32 - tonumber(split("/", range)[1])) - 5 >= 2 * ceil(var.balancer_units.max / length(var.balancer_subnets)), true)
    ])
    error_message = "balancer_subnets are too small for balancer_units.max: a unit wants two free addresses of its zone's subnet."
  }
}

variable "log_group_id" {
  type        = string
  description = "Log group for what the balancer answers: a tenth of what failed, a hundredth of all else, so that an attack does not cost by its log. Null: nothing is logged."
  default     = null

  validation {
    condition     = var.log_group_id == null || can(regex("^[a-z0-9]{20}$", var.log_group_id))
    error_message = "log_group_id is the 20 lower-case letters and digits that `yc logging group list` shows."
  }
}

variable "ddos_protection" {
  type        = bool
  description = "Whether the public address is one with protection against floods of packets (Qrator), which is paid by the gigabyte. It belongs to the address from its beginning: to have it later is to have another address."
  default     = false
}
