output "network_id" {
  description = "The network."
  value       = yandex_vpc_network.this.id
}

output "subnets" {
  description = "By zone: the subnet's id and its range of addresses."
  value = {
    for zone, subnet in yandex_vpc_subnet.this : zone => { id = subnet.id, cidr = var.subnets[zone] }
  }
}

output "subnets_cidrs" {
  description = "Ranges of all subnets, by zone: where databases and internal load balancers are. Network policies of the charts name what holds them all."
  value       = local.subnet_ranges
}

output "pods_cidr" {
  description = "Range for pods: `cluster_ipv4_range` of the cluster, and TRUSTED_PROXIES of serving."
  value       = var.pods_cidr
}

output "services_cidr" {
  description = "Range for Services: `service_ipv4_range` of the cluster."
  value       = var.services_cidr
}

output "control_plane_security_group_ids" {
  description = "Security groups of the control plane."
  value       = [yandex_vpc_security_group.cluster.id, yandex_vpc_security_group.control_plane.id]
}

output "nodes_security_group_ids" {
  description = "Security groups of every node group."
  value       = [yandex_vpc_security_group.cluster.id, yandex_vpc_security_group.nodes.id]
}

output "nodes_security_group_id" {
  description = "The group that only nodes are in: whom a database lets in."
  value       = yandex_vpc_security_group.nodes.id
}
