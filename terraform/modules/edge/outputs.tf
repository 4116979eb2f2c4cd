output "url" {
  description = "Where predictions are answered."
  value       = "https://${var.host}"
}

output "host" {
  description = "The name of it: `serving.gateway.host` of the chart."
  value       = var.host
}

output "address" {
  description = "The public address, to which the name leads."
  value       = yandex_vpc_address.public.external_ipv4_address[0].address
}

output "gateway_address" {
  description = "The internal address that Envoy Gateway's load balancer takes: `serving.gateway.loadBalancer.address`."
  value       = yandex_vpc_address.gateway.internal_ipv4_address[0].address
}

output "gateway_subnet_id" {
  description = "The subnet that it is in: the annotation `yandex.cloud/subnet-id`."
  value       = var.subnets[var.gateway.zone].id
}

output "client_cidrs" {
  description = "Where the balancer's nodes are: whom the gateway and TRUSTED_PROXIES believe, and `service_clients` of the module `network`. Known before anything is made."
  value       = values(var.balancer_subnets)
}

output "balancer_id" {
  description = "The application load balancer, for dashboards."
  value       = yandex_alb_load_balancer.this.id
}

output "security_group_id" {
  description = "The group that only the balancer is in."
  value       = yandex_vpc_security_group.balancer.id
}

output "security_profile_id" {
  description = "What Smart Web Security asks of a request, for dashboards."
  value       = yandex_sws_security_profile.this.id
}

output "name_servers" {
  description = "To whom the registrar of the domain delegates it. Empty where the zone was there before."
  value       = var.dns_zone.domain == null ? [] : ["ns1.yandexcloud.net", "ns2.yandexcloud.net"]
}
