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
    # A name in the cloud has 63 characters, and the longest suffix here takes 19.
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

variable "subnets" {
  type        = map(string)
  description = "Range of addresses of the subnet in each of three zones. Nodes, databases and internal load balancers take their addresses from here."
  default = {
    ru-central1-a = "10.10.0.0/20"
    ru-central1-b = "10.10.16.0/20"
    ru-central1-d = "10.10.32.0/20"
  }

  validation {
    condition     = length(var.subnets) == 3 && length(setsubtract(keys(var.subnets), ["ru-central1-a", "ru-central1-b", "ru-central1-d", "ru-central1-e"])) == 0
    error_message = "subnets has exactly three of the zones ru-central1-a, -b, -d and -e: a regional control plane and a database of three hosts need three. (ru-central1-c takes nothing new.)"
  }

  validation {
    condition = alltrue([
      for range in values(var.subnets) :
      can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 16 && tonumber(split("/", range)[1]) <= 24 : false
    ])
    error_message = "Each range of subnets is written with its network address, such as 10.10.16.0/20, and has between 256 (/24) and 65,536 (/16) addresses. A /28 would be allowed, and full with a dozen nodes."
  }

  # Two ranges overlap when the first address of one is in the other. What is no range at all is refused above.
  validation {
    condition = !anytrue([
      for pair in setproduct(keys(var.subnets), keys(var.subnets)) : pair[0] != pair[1] && try(
        cidrhost("${split("/", var.subnets[pair[0]])[0]}/${split("/", var.subnets[pair[1]])[1]}", 0) == cidrhost(var.subnets[pair[1]], 0) ||
        cidrhost("${split("/", var.subnets[pair[1]])[0]}/${split("/", var.subnets[pair[0]])[1]}", 0) == cidrhost(var.subnets[pair[0]], 0),
        false,
      )
    ])
    error_message = "Two ranges of subnets overlap."
  }

  validation {
    condition = alltrue([for range in values(var.subnets) : anytrue([
      for private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] :
      try(cidrhost("${split("/", range)[0]}/${split("/", private)[1]}", 0) == cidrhost(private, 0) && tonumber(split("/", range)[1]) >= tonumber(split("/", private)[1]), true)
    ])])
    error_message = "Ranges of subnets are within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the cloud insists on it."
  }
}

variable "pods_cidr" {
  type        = string
  description = "Range of addresses of pods, for the cluster to come. The charts know it as TRUSTED_PROXIES of serving."
  default     = "10.112.0.0/16"

  validation {
    condition     = can(cidrhost(var.pods_cidr, 0)) ? cidrhost(var.pods_cidr, 0) == split("/", var.pods_cidr)[0] && tonumber(split("/", var.pods_cidr)[1]) >= 12 && tonumber(split("/", var.pods_cidr)[1]) <= 20 : false
    error_message = "pods_cidr is written with its network address and is between /12 and /20: a node takes a /24 of it, so that /20 is enough for 16 nodes."
  }

  validation {
    condition = !anytrue([
      for other in values(var.subnets) : try(
        cidrhost("${split("/", var.pods_cidr)[0]}/${split("/", other)[1]}", 0) == cidrhost(other, 0) ||
        cidrhost("${split("/", other)[0]}/${split("/", var.pods_cidr)[1]}", 0) == cidrhost(var.pods_cidr, 0),
        false,
      )
    ])
    error_message = "pods_cidr must not overlap a subnet."
  }

  validation {
    condition = anytrue([
      for private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] :
      try(cidrhost("${split("/", var.pods_cidr)[0]}/${split("/", private)[1]}", 0) == cidrhost(private, 0) && tonumber(split("/", var.pods_cidr)[1]) >= tonumber(split("/", private)[1]), true)
    ])
    error_message = "pods_cidr is within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the cloud insists on it."
  }
}

variable "services_cidr" {
  type        = string
  description = "Range of addresses of Services, for the cluster to come."
  default     = "10.96.0.0/16"

  validation {
    condition     = can(cidrhost(var.services_cidr, 0)) ? cidrhost(var.services_cidr, 0) == split("/", var.services_cidr)[0] && tonumber(split("/", var.services_cidr)[1]) >= 12 && tonumber(split("/", var.services_cidr)[1]) <= 24 : false
    error_message = "services_cidr is written with its network address and is between /12 and /24."
  }

  validation {
    condition = !anytrue([
      for other in concat(values(var.subnets), [var.pods_cidr]) : try(
        cidrhost("${split("/", var.services_cidr)[0]}/${split("/", other)[1]}", 0) == cidrhost(other, 0) ||
        cidrhost("${split("/", other)[0]}/${split("/", var.services_cidr)[1]}", 0) == cidrhost(var.services_cidr, 0),
        false,
      )
    ])
    error_message = "services_cidr must not overlap a subnet, nor the range of pods."
  }

  validation {
    condition = anytrue([
      for private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] :
      try(cidrhost("${split("/", var.services_cidr)[0]}/${split("/", private)[1]}", 0) == cidrhost(private, 0) && tonumber(split("/", var.services_cidr)[1]) >= tonumber(split("/", private)[1]), true)
    ])
    error_message = "services_cidr is within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: the cloud insists on it."
  }
}

variable "api_clients" {
  type        = list(string)
  description = "Ranges of addresses from which people and CI reach the API of Kubernetes, such as an office or a VPN. Nodes reach it without."
  default     = []

  validation {
    condition = alltrue([
      for range in var.api_clients : can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] && tonumber(split("/", range)[1]) >= 16 : false
    ])
    error_message = "Each range of api_clients is written with its network address and is no larger than /16. The API of Kubernetes is not for the whole internet."
  }
}

variable "service_clients" {
  type        = list(string)
  description = "Ranges of addresses from which clients reach load balancers. Empty: only from the subnets, for internal load balancers. `[\"0.0.0.0/0\"]` where predictions are answered to the internet."
  default     = []

  validation {
    condition     = alltrue([for range in var.service_clients : can(cidrhost(range, 0)) ? cidrhost(range, 0) == split("/", range)[0] : false])
    error_message = "Each range of service_clients is written with its network address, such as 203.0.113.0/24."
  }
}

variable "internet_ports" {
  type = map(object({
    protocol = string
    port     = number
    reason   = string
  }))
  description = "What nodes, and pods on them, may open connections to in the internet, by NAT. Neither the registry nor Object Storage publish ranges of addresses, so that it is ports that are limited."
  default = {
    https = { protocol = "TCP", port = 443, reason = "Images, Object Storage, Lockbox, the authority of certificates" }
    http  = { protocol = "TCP", port = 80, reason = "cert-manager asks for its own challenge before the authority does" }
    git   = { protocol = "TCP", port = 22, reason = "Airflow fetches DAGs by ssh" }
    ntp   = { protocol = "UDP", port = 123, reason = "Clocks of nodes" }
  }

  validation {
    condition     = alltrue([for rule in values(var.internet_ports) : contains(["TCP", "UDP"], rule.protocol)])
    error_message = "The protocol of each of internet_ports is TCP or UDP."
  }

  validation {
    condition     = alltrue([for rule in values(var.internet_ports) : rule.port >= 1 && rule.port <= 65535 && floor(rule.port) == rule.port])
    error_message = "The port of each of internet_ports is a whole number from 1 to 65535."
  }

  validation {
    condition     = alltrue([for rule in values(var.internet_ports) : length(trimspace(rule.reason)) > 0 && length(rule.reason) <= 256])
    error_message = "Each of internet_ports says its reason, in at most 256 characters: it becomes the description of the rule."
  }
}

variable "webhook_ports" {
  type        = map(number)
  description = "Ports of pods that the control plane calls, by what listens there. Those of the charts in helm/upstream, and the metrics server of the cloud."
  default = {
    metrics-server = 4443
    envoy-gateway  = 9443
    # cert-manager, external-secrets and the operator of Prometheus.
    operators = 10250
  }

  validation {
    condition     = alltrue([for port in values(var.webhook_ports) : port >= 1024 && port <= 65535 && floor(port) == port])
    error_message = "Each of webhook_ports is a whole number from 1024 to 65535: pods here listen on no lower one."
  }
}
